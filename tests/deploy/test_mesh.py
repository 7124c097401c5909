"""The overlay of a mesh: who may open a connection to which port, and nobody else to none."""

from collections import Counter
from ipaddress import ip_network

import pytest
from tests.deploy.manifests import (
    KUBERNETES,
    Doc,
    containers_of,
    pod_of,
    rendered,
)

OVERLAY = KUBERNETES / "overlays" / "mesh"
POLICY = "policy.linkerd.io"
OPAQUE = "config.linkerd.io/opaque-ports"
PROXY_PORT = 4143
NEEDED = {
    "Server": {"podSelector", "port", "proxyProtocol", "accessPolicy"},
    "AuthorizationPolicy": {"targetRef", "requiredAuthenticationRefs"},
    "MeshTLSAuthentication": {"identityRefs"},
    "NetworkAuthentication": {"networks"},
}
# Who reaches what: our own processes the bus and the database, a scraper the node, all a gateway.
REACH = {
    "nats.clients": {"itg/node", "itg/gateway"},
    "postgres.sql": {"itg/node", "itg/gateway"},
    "node.http": {"monitoring/prometheus"},
    "gateway.http": {"anybody"},
    "nats.monitor": set(),
}


def of_kind(docs: list[Doc], kind: str) -> dict[str, Doc]:
    return {doc["metadata"]["name"]: doc for doc in docs if doc["kind"] == kind}


def place_of(server: Doc) -> str:
    """Return the workload and the port that a Server speaks for."""
    spec = server["spec"]
    return f"{spec['podSelector']['matchLabels']['app.kubernetes.io/name']}.{spec['port']}"


def who(docs: list[Doc], reference: Doc) -> set[str]:
    """Return whom an authentication knows: accounts as namespace/name, or anybody."""
    spec = of_kind(docs, reference["kind"])[reference["name"]]["spec"]
    if reference["kind"] == "NetworkAuthentication":
        widths = {ip_network(network["cidr"]).prefixlen for network in spec["networks"]}
        return {"anybody"} if widths == {0} else {str(spec["networks"])}
    return {f"{one.get('namespace', 'itg')}/{one['name']}" for one in spec["identityRefs"]}


def reach(docs: list[Doc]) -> dict[str, set[str]]:
    """Return who may reach each port: of each policy those whom all its authentications know."""
    servers = of_kind(docs, "Server")
    found: dict[str, set[str]] = {place_of(server): set() for server in servers.values()}
    for policy in of_kind(docs, "AuthorizationPolicy").values():
        target = servers[policy["spec"]["targetRef"]["name"]]
        known = [who(docs, one) for one in policy["spec"]["requiredAuthenticationRefs"]]
        found[place_of(target)] |= set.intersection(*known)
    return found


def ports_of(docs: list[Doc]) -> dict[str, int]:
    """Return every port that a container of a workload listens on."""
    return {
        f"{doc['metadata']['name']}.{port['name']}": port["containerPort"]
        for doc in docs
        for one in containers_of(doc)
        for port in one.get("ports", ())
    }


def annotation(doc: Doc, name: str) -> str | None:
    found: str | None = doc["metadata"].get("annotations", {}).get(name)
    return found


@pytest.fixture(scope="module")
def docs() -> list[Doc]:
    return rendered(OVERLAY)


def test_each_port_is_reached_by_whom_it_serves_and_by_nobody_else(docs: list[Doc]) -> None:
    assert reach(docs) == REACH
    assert {server["spec"]["accessPolicy"] for server in of_kind(docs, "Server").values()} == {
        "deny"
    }


def test_every_port_of_every_container_is_one_server_s(docs: list[Doc]) -> None:
    places = Counter(place_of(server) for server in of_kind(docs, "Server").values())
    assert places == Counter(ports_of(docs).keys())


def test_whatever_is_not_named_is_refused_and_every_pod_has_a_proxy(docs: list[Doc]) -> None:
    (namespace,) = of_kind(docs, "Namespace").values()
    assert annotation(namespace, "config.linkerd.io/default-inbound-policy") == "deny"
    assert annotation(namespace, "linkerd.io/inject") == "enabled"
    # `tables` asks the database before any other container runs: the proxy must be there by then.
    assert annotation(namespace, "config.beta.linkerd.io/proxy-enable-native-sidecar") == "true"


def test_each_workload_has_an_identity_of_its_own(docs: list[Doc]) -> None:
    pods = {doc["metadata"]["name"]: pod for doc in docs if (pod := pod_of(doc)) is not None}
    assert {name: pod["serviceAccountName"] for name, pod in pods.items()} == {n: n for n in pods}
    assert of_kind(docs, "ServiceAccount").keys() == pods.keys()
    ours = {one for callers in REACH.values() for one in callers if one.startswith("itg/")}
    assert ours <= {f"itg/{name}" for name in pods}


def test_ports_that_speak_no_http_are_opaque_at_both_ends(docs: list[Doc]) -> None:
    numbers = ports_of(docs)
    opaque = {
        place_of(server).partition(".")[0]: str(numbers[place_of(server)])
        for server in of_kind(docs, "Server").values()
        if server["spec"]["proxyProtocol"] == "opaque"
    }
    assert opaque == {"nats": "4222", "postgres": "5432"}
    services = {n: annotation(doc, OPAQUE) for n, doc in of_kind(docs, "Service").items()}
    assert {name: ports for name, ports in services.items() if ports is not None} == opaque
    pods = {
        doc["metadata"]["name"]: annotation(doc["spec"]["template"], OPAQUE)
        for doc in docs
        if pod_of(doc) is not None
    }
    assert {name: ports for name, ports in pods.items() if ports is not None} == opaque


def test_a_connection_between_proxies_passes_the_network_policy(docs: list[Doc]) -> None:
    (policy,) = of_kind(docs, "NetworkPolicy").values()
    (rule,) = policy["spec"]["ingress"]
    assert {port["port"] for port in rule["ports"]} == {4222, 5432, PROXY_PORT}


def test_policies_have_the_fields_they_need_and_name_what_there_is(docs: list[Doc]) -> None:
    for doc in docs:
        if doc["apiVersion"].startswith(POLICY):
            assert doc["spec"].keys() == NEEDED[doc["kind"]]
    for policy in of_kind(docs, "AuthorizationPolicy").values():
        target = policy["spec"]["targetRef"]
        assert target["kind"] == "Server"
        for reference in (target, *policy["spec"]["requiredAuthenticationRefs"]):
            assert reference["name"] in of_kind(docs, reference["kind"])


def test_a_policy_that_lets_in_another_or_is_missing_is_found(docs: list[Doc]) -> None:
    without = [doc for doc in docs if doc["metadata"]["name"] != "game-to-journal"]
    assert reach(without)["postgres.sql"] == set()
    wider = {
        "apiVersion": f"{POLICY}/v1alpha1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "more"},
        "spec": {
            "targetRef": {"kind": "Server", "name": "postgres-sql"},
            "requiredAuthenticationRefs": [{"kind": "NetworkAuthentication", "name": "anybody"}],
        },
    }
    assert "anybody" in reach([*docs, wider])["postgres.sql"]
