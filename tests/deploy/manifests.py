"""The deployment's files as data: documents, an overlay laid over its base, containers to start."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
BASE = KUBERNETES / "base"
OVERLAYS = sorted(path for path in (KUBERNETES / "overlays").iterdir())

Doc = dict[str, Any]
_VARIABLE = re.compile(r"\$\(([A-Z_]+)\)")
_COMPOSE_VARIABLE = re.compile(r"\$\{([A-Z_]+):\?\}")


class Container(NamedTuple):
    """A container of a workload, or a service of compose: what is started, and with what."""

    name: str
    command: list[str]
    environment: dict[str, str]


def documents(path: Path) -> list[Doc]:
    return [doc for doc in yaml.safe_load_all(path.read_text()) if doc is not None]


def kustomization(folder: Path) -> Doc:
    (doc,) = documents(folder / "kustomization.yaml")
    return doc


def rendered(folder: Path) -> list[Doc]:
    """Return what `kustomize build` makes of a folder, as far as these files use it."""
    docs: list[Doc] = []
    told = kustomization(folder)
    for name in told["resources"]:
        path = (folder / name).resolve()
        docs += rendered(path) if path.is_dir() else documents(path)
    for patch in told.get("patches", ()):
        for change in documents(folder / patch["path"]):
            docs = [merged(doc, change) if key(doc) == key(change) else doc for doc in docs]
    for image in told.get("images", ()):
        for container in (c for doc in docs for c in containers_of(doc)):
            if container["image"] == image["name"]:
                container["image"] = f"{image['name']}:{image['newTag']}"
    return docs


def key(doc: Doc) -> tuple[str, str, str]:
    return doc["apiVersion"], doc["kind"], doc["metadata"]["name"]


def merged(doc: Any, change: Any) -> Any:
    """Return a strategic merge: maps join, lists of named things join by name, others replace.

    What a patch names comes first, as the tool may order it.
    """
    if isinstance(doc, dict) and isinstance(change, dict):
        joined = {n: merged(doc[n], change[n]) if n in doc else change[n] for n in change}
        return {**doc, **joined}
    if isinstance(doc, list) and all(isinstance(item, dict) and "name" in item for item in change):
        theirs = {item["name"]: item for item in doc}
        first = [merged(theirs.get(item["name"], {}), item) for item in change]
        named = {item["name"] for item in change}
        return first + [item for item in doc if item["name"] not in named]
    return change


def pod_of(doc: Doc) -> Doc | None:
    pod: Doc | None = doc.get("spec", {}).get("template", {}).get("spec")
    return pod


def containers_of(doc: Doc) -> Iterator[Doc]:
    pod = pod_of(doc) or {}
    yield from pod.get("initContainers", ())
    yield from pod.get("containers", ())


def container(container: Doc, secrets: Mapping[str, str]) -> Container:
    """Return a container with its secrets filled in and its references expanded, as a kubelet."""
    environment: dict[str, str] = {}
    for entry in container.get("env", ()):
        if "value" in entry:
            value = _VARIABLE.sub(lambda found: environment[found[1]], entry["value"])
        else:
            value = secrets[entry["valueFrom"]["secretKeyRef"]["key"]]
        environment[entry["name"]] = value
    words = [*container.get("command", ()), *container.get("args", ())]
    return Container(container["name"], words, environment)


def compose() -> Doc:
    (doc,) = documents(DEPLOY / "compose.yaml")
    return doc


def compose_variables() -> set[str]:
    return set(_COMPOSE_VARIABLE.findall((DEPLOY / "compose.yaml").read_text()))


def compose_container(name: str, variables: Mapping[str, str]) -> Container:
    """Return a service of compose, its variables filled in; the image's entry point is `itg`."""
    service = compose()["services"][name]
    entry = service.get("entrypoint", ["itg"])
    environment = {
        word: _COMPOSE_VARIABLE.sub(lambda found: variables[found[1]], str(value))
        for word, value in service.get("environment", {}).items()
    }
    return Container(name, [*entry, *service.get("command", ())], environment)
