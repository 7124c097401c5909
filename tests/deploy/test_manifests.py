"""Compose file and Kubernetes manifests: fields there are, names that meet, commands that parse."""

import re
from pathlib import Path
from typing import Any

import pytest
from cyclopts import CycloptsError
from tests.deploy.fields import META, SPECS, faults
from tests.deploy.manifests import (
    BASE,
    DEPLOY,
    OVERLAYS,
    ROOT,
    Container,
    Doc,
    compose,
    compose_container,
    compose_variables,
    container,
    containers_of,
    documents,
    key,
    kustomization,
    pod_of,
    rendered,
)

from itg import __version__
from itg.cli import app
from itg.compose.logs import FORMS

FOLDERS = [BASE, *OVERLAYS]
HOW_TO = ROOT / "docs" / "how-to" / "deploy.md"
each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
SECRET = re.compile(r"--from-literal=([a-z-]+)=")
SERVICES = ("tables", "node", "gateway-1", "gateway-2")


def workloads(folder: Path) -> list[Doc]:
    return [doc for doc in rendered(folder) if pod_of(doc) is not None]


def faults_of(doc: Doc) -> list[str]:
    spec = SPECS.get((doc.get("apiVersion", ""), doc.get("kind", "")))
    if spec is None:
        return [f"no such kind: {doc.get('apiVersion')} {doc.get('kind')}"]
    whole = {"apiVersion": str, "kind": str, "metadata": META, "spec": spec}
    return faults(doc, whole, doc["metadata"]["name"])


def labels_of(doc: Doc) -> dict[str, str]:
    labels: dict[str, str] = doc["spec"]["template"]["metadata"]["labels"]
    return labels


def check_command(told: Container) -> None:
    """Fail unless the command line parses and every variable is one of the program."""
    assert told.command[0] == "itg"
    app.parse_args(told.command[1:], print_error=False, exit_on_error=False)
    pages = [ROOT / "docs" / "reference" / name for name in ("cli.md", "nats-permissions.conf")]
    known = set(re.findall(r"ITG_[A-Z_]+", "".join(page.read_text() for page in pages)))
    assert set(told.environment) <= {*known, "ITG_POSTGRES_PASSWORD"}
    assert told.environment.get("ITG_LOG", "json") in FORMS


@each_folder
def test_every_kind_and_every_field_is_one_there_is(folder: Path) -> None:
    found = [fault for doc in rendered(folder) for fault in faults_of(doc)]
    assert not found


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("spec", "replica"), 2),
        (("spec", "replicas"), "2"),
        (("spec", "replicas"), True),
        (("spec", "template", "spec", "containers", 0, "ports", 0, "containerPort"), "http"),
        (("spec", "template", "spec", "volumes"), []),
        (("spec", "selector"), ["node"]),
        (("apiVersion",), "apps/v1beta1"),
    ],
)
def test_a_wrong_field_a_wrong_type_and_a_wrong_kind_are_found(
    place: tuple[str | int, ...], value: object
) -> None:
    (node,) = (doc for doc in rendered(BASE) if key(doc)[1:] == ("StatefulSet", "node"))
    assert not faults_of(node)
    *way, last = place
    inner: Any = node
    for step in way:
        inner = inner[step]
    inner[last] = value
    assert faults_of(node)


@each_folder
def test_selectors_meet_labels_and_ports_meet_names(folder: Path) -> None:
    pods = [(labels_of(doc), doc) for doc in workloads(folder)]
    ports: dict[str, set[str]] = {}
    for doc in workloads(folder):
        assert doc["spec"]["selector"]["matchLabels"].items() <= labels_of(doc).items()
    for doc in rendered(folder):
        kind, name, spec = doc["kind"], doc["metadata"]["name"], doc.get("spec", {})
        if kind == "Service":
            chosen = [pod for labels, pod in pods if spec["selector"].items() <= labels.items()]
            assert [pod["metadata"]["name"] for pod in chosen] == [name]
            named = {p["name"] for c in containers_of(chosen[0]) for p in c.get("ports", ())}
            assert {port["targetPort"] for port in spec["ports"]} <= named
            ports[name] = {port["name"] for port in spec["ports"]}
        if kind == "PodDisruptionBudget":
            wanted = spec["selector"]["matchLabels"].items()
            assert any(wanted <= labels.items() for labels, _ in pods)
    for doc in rendered(folder):
        if doc["kind"] == "StatefulSet":
            assert doc["spec"]["serviceName"] in ports
        for rule in doc.get("spec", {}).get("rules", ()):
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                assert service["port"]["name"] in ports[service["name"]]


@each_folder
def test_volumes_secrets_and_maps_that_are_named_exist(folder: Path) -> None:
    docs = rendered(folder)
    claims = {d["metadata"]["name"] for d in docs if d["kind"] == "PersistentVolumeClaim"}
    maps = {m["name"] for m in kustomization(BASE)["configMapGenerator"]}
    secrets = set(SECRET.findall(HOW_TO.read_text()))
    assert secrets
    for doc in workloads(folder):
        pod = pod_of(doc) or {}
        volumes = {volume["name"]: volume for volume in pod.get("volumes", ())}
        own = {t["metadata"]["name"] for t in doc["spec"].get("volumeClaimTemplates", ())}
        for one in containers_of(doc):
            mounted = {mount["name"] for mount in one.get("volumeMounts", ())}
            assert mounted <= volumes.keys() | own
            for entry in one.get("env", ()):
                if "valueFrom" in entry:
                    told = entry["valueFrom"]["secretKeyRef"]
                    assert told["name"] == "itg-passwords"
                    assert told["key"] in secrets
        for volume in volumes.values():
            assert volume.get("configMap", {}).get("name", "nats-configuration") in maps
            assert volume.get("persistentVolumeClaim", {}).get("claimName", "game") in claims
            secret = volume.get("secret", {}).get("secretName")
            assert secret is None or secret in HOW_TO.read_text()


@each_folder
def test_no_container_is_root_writes_its_own_root_or_is_without_bounds(folder: Path) -> None:
    for doc in workloads(folder):
        context = (pod_of(doc) or {})["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        for one in containers_of(doc):
            assert one["securityContext"]["readOnlyRootFilesystem"] is True
            assert one["securityContext"]["allowPrivilegeEscalation"] is False
            assert one["resources"].keys() == {"requests", "limits"}
        for one in (pod_of(doc) or {})["containers"]:
            assert {"livenessProbe", "readinessProbe"} <= one.keys()
            assert any(mount["mountPath"] == "/data" for mount in one["volumeMounts"])


@each_folder
def test_commands_parse_variables_are_known_and_probes_ask_for_health(folder: Path) -> None:
    secrets = dict.fromkeys(SECRET.findall(HOW_TO.read_text()), "secret")
    started: set[str] = set()
    for doc in workloads(folder):
        for one in containers_of(doc):
            told = container(one, secrets)
            assert not any("secret" in word for word in told.command)
            if not one["image"].startswith("itg:"):
                continue
            started.add(told.command[1])
            check_command(told)
            assert one["image"] == f"itg:{__version__}"
            probes = {n: p["httpGet"]["path"] for n, p in one.items() if n.endswith("Probe")}
            if one in (pod_of(doc) or {})["containers"]:
                live = dict.fromkeys(("startupProbe", "livenessProbe"), "/health/live")
                assert probes == {**live, "readinessProbe": "/health/ready"}
                port = one["ports"][0]["containerPort"]
                assert f"--port={port}" in told.command
    assert started == {"db", "serve", "gateway"}


def test_a_flag_or_a_variable_that_the_program_does_not_have_is_found() -> None:
    check_command(Container("node", ["itg", "serve", "--port=8000"], {"ITG_LOG": "json"}))
    with pytest.raises(CycloptsError):
        check_command(Container("node", ["itg", "serve", "--gateways=2"], {}))
    with pytest.raises(AssertionError):
        check_command(Container("node", ["itg", "serve"], {"ITG_BUS_URL": "nats://nats"}))


def test_a_patch_changes_what_is_there() -> None:
    for folder in OVERLAYS:
        known = {key(doc) for doc in rendered(BASE)}
        for patch in kustomization(folder)["patches"]:
            for change in documents(folder / patch["path"]):
                assert key(change) in known
                base = next(doc for doc in rendered(BASE) if key(doc) == key(change))
                names = {one["name"] for one in containers_of(base)}
                assert {one["name"] for one in containers_of(change)} <= names


def test_the_permissions_beside_the_manifests_are_those_of_the_reference() -> None:
    reference = ROOT / "docs" / "reference" / "nats-permissions.conf"
    assert (BASE / reference.name).read_bytes() == reference.read_bytes()


def test_composes_services_wait_for_each_other_and_are_looked_at() -> None:
    services = compose()["services"]
    assert set(SERVICES) < set(services)
    declared = set(compose()["volumes"])
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            done = condition["condition"] == "service_completed_successfully"
            assert done or "healthcheck" in services[other]
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in declared or (DEPLOY / source).exists()
        assert service["read_only"] is True
        assert "mem_limit" in service
        assert service["restart"] in {"unless-stopped", "no"}
        assert name == "tables" or "healthcheck" in service


def test_composes_commands_parse_and_passwords_stand_in_the_environment_alone() -> None:
    variables = dict.fromkeys(compose_variables(), "secret")
    for name in SERVICES:
        told = compose_container(name, variables)
        check_command(told)
        assert not any("secret" in word for word in told.command)
        service = compose()["services"][name]
        assert service["image"] == f"itg:{__version__}"
        assert service["user"] == "10001:10001"
        check = service.get("healthcheck", {}).get("test")
        if check is not None:
            check_command(Container(name, check[1:], {}))
    for variable in compose_variables():
        assert variable in HOW_TO.read_text()


def test_the_image_runs_the_command_as_the_manifests_user() -> None:
    lines = (DEPLOY / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["itg"]' in lines
    assert "USER 10001:10001" in lines
    for copied in re.findall(r"^COPY (?!--from)(.*) \./.*$", lines, re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists()
            kept = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
            assert f"!{name}" in kept
