"""The part of Kubernetes' schema that the manifests use: kinds, and the fields each thing may have.

After the API reference of 1.34 and, for the mesh, Linkerd's definitions of its own kinds; a field
that is not here is either wrong or to be looked up first.
"""

from typing import Any

Schema = Any  # a type, a set of words, [schema of items], {field: schema}, or a name in TYPES

_LABELS = {"*": str}
_META = {"name": str, "labels": _LABELS, "annotations": _LABELS, "namespace": str}
_SELECTOR = {
    "matchLabels": _LABELS,
    "matchExpressions": [
        {"key": str, "operator": {"In", "NotIn", "Exists", "DoesNotExist"}, "values": [str]}
    ],
}
_QUANTITIES = {"cpu": str, "memory": str, "storage": str}
_PROBE = {
    "httpGet": {"path": str, "port": str},
    "exec": {"command": [str]},
    "periodSeconds": int,
    "timeoutSeconds": int,
    "failureThreshold": int,
}
_CONTAINER = {
    "name": str,
    "image": str,
    "command": [str],
    "args": [str],
    "env": [{"name": str, "value": str, "valueFrom": {"secretKeyRef": {"name": str, "key": str}}}],
    "ports": [{"name": str, "containerPort": int}],
    "startupProbe": _PROBE,
    "livenessProbe": _PROBE,
    "readinessProbe": _PROBE,
    "resources": {"requests": _QUANTITIES, "limits": _QUANTITIES},
    "securityContext": {
        "allowPrivilegeEscalation": bool,
        "readOnlyRootFilesystem": bool,
        "capabilities": {"drop": [{"ALL"}]},
    },
    "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}],
}
_POD = {
    "automountServiceAccountToken": bool,
    "serviceAccountName": str,
    "terminationGracePeriodSeconds": int,
    "securityContext": {
        "runAsNonRoot": bool,
        "runAsUser": int,
        "runAsGroup": int,
        "fsGroup": int,
        "seccompProfile": {"type": {"RuntimeDefault"}},
    },
    "initContainers": [_CONTAINER],
    "containers": [_CONTAINER],
    "volumes": [
        {
            "name": str,
            "configMap": {"name": str},
            "secret": {"secretName": str, "items": [{"key": str, "path": str}]},
            "persistentVolumeClaim": {"claimName": str},
            "emptyDir": {},
        }
    ],
}
_CLAIM = {
    "accessModes": [{"ReadWriteOnce", "ReadWriteMany"}],
    "resources": {"requests": _QUANTITIES},
}
_WORKLOAD = {
    "replicas": int,
    "selector": _SELECTOR,
    "template": {"metadata": _META, "spec": _POD},
}
_PLACE = {"service": {"name": str, "port": {"name": str}}}
_REFERENCE = {"group": {"policy.linkerd.io"}, "kind": str, "name": str}
_PROTOCOLS = {"unknown", "HTTP/1", "HTTP/2", "gRPC", "opaque", "TLS"}
_ACCESS = {
    *("deny", "audit", "all-unauthenticated", "all-authenticated"),
    *("cluster-unauthenticated", "cluster-authenticated"),
}

SPECS: dict[tuple[str, str], Schema] = {
    ("v1", "Namespace"): {},
    ("v1", "ServiceAccount"): {},
    ("v1", "PersistentVolumeClaim"): _CLAIM,
    ("v1", "Service"): {
        "clusterIP": {"None"},
        "selector": _LABELS,
        "ports": [{"name": str, "port": int, "targetPort": str}],
    },
    ("apps/v1", "Deployment"): _WORKLOAD,
    ("apps/v1", "StatefulSet"): {
        **_WORKLOAD,
        "serviceName": str,
        "volumeClaimTemplates": [{"metadata": _META, "spec": _CLAIM}],
    },
    ("policy/v1", "PodDisruptionBudget"): {"minAvailable": int, "selector": _SELECTOR},
    ("networking.k8s.io/v1", "NetworkPolicy"): {
        "podSelector": _SELECTOR,
        "policyTypes": [{"Ingress", "Egress"}],
        "ingress": [
            {
                "from": [{"podSelector": _SELECTOR}],
                "ports": [{"protocol": {"TCP", "UDP"}, "port": int}],
            }
        ],
    },
    ("networking.k8s.io/v1", "Ingress"): {
        "tls": [{"hosts": [str], "secretName": str}],
        "rules": [
            {
                "host": str,
                "http": {"paths": [{"path": str, "pathType": {"Prefix"}, "backend": _PLACE}]},
            }
        ],
    },
    ("policy.linkerd.io/v1beta3", "Server"): {
        "podSelector": _SELECTOR,
        "port": str,
        "proxyProtocol": _PROTOCOLS,
        "accessPolicy": _ACCESS,
    },
    ("policy.linkerd.io/v1alpha1", "AuthorizationPolicy"): {
        "targetRef": _REFERENCE,
        "requiredAuthenticationRefs": [_REFERENCE],
    },
    ("policy.linkerd.io/v1alpha1", "MeshTLSAuthentication"): {
        "identities": [str],
        "identityRefs": [{"kind": {"ServiceAccount"}, "name": str, "namespace": str}],
    },
    ("policy.linkerd.io/v1alpha1", "NetworkAuthentication"): {
        "networks": [{"cidr": str, "except": [str]}]
    },
}
META = _META


def faults(value: object, schema: Schema, place: str = "") -> list[str]:
    """Return where a value is not as its schema says."""
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return [f"{place}: no map"]
        inner = schema.get("*")
        unknown = [] if inner else [f"{place}.{n}: unknown" for n in value if n not in schema]
        return unknown + [
            fault
            for name, item in value.items()
            if inner or name in schema
            for fault in faults(item, inner or schema[name], f"{place}.{name}")
        ]
    if isinstance(schema, list):
        if not isinstance(value, list) or not value:
            return [f"{place}: no list, or an empty one"]
        return [f for n, item in enumerate(value) for f in faults(item, schema[0], f"{place}[{n}]")]
    if isinstance(schema, set):
        return [] if value in schema else [f"{place}: {value!r} is none of {sorted(schema)}"]
    is_right = isinstance(value, schema) and (schema is bool or not isinstance(value, bool))
    return [] if is_right else [f"{place}: {value!r} is no {schema.__name__}"]
