"""Dashboard and alert rules speak of metrics and labels that a running game really serves."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.deploy.manifests import DEPLOY
from tests.system.server import Server

from itg.adapters.nats_server import NatsServer

NAME = re.compile(r"\b(itg_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?")
LABEL = re.compile(r"\s*([a-z]+)\s*(=~|!~|!=|=)\s*\"[^\"]*\"\s*")
BY = re.compile(r"\bby \(([^)]*)\)")
WORD = re.compile(r"\b([a-z_]+)\s*\(")
# Of Prometheus itself: who was scraped, and the edges of histograms.
SCRAPED = {"job", "instance"}
FUNCTIONS = {"rate", "increase", "sum", "by", "topk", "histogram_quantile", "and"}
SEVERITIES = {"page", "warn", "info"}

Labels = dict[str, set[str]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    return found


def rules() -> list[dict[str, Any]]:
    told = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for rule in rules():
        yield rule["expr"]


def faults_of(expression: str, served: Labels) -> list[str]:
    """Return the names and labels of an expression that are not served, and words unknown."""
    found: list[str] = []
    usable = set(SCRAPED)
    for name, matchers in NAME.findall(expression):
        if name not in served:
            found.append(f"{name} is not served")
            continue
        usable |= served[name]
        for matcher in filter(None, matchers.split(",")):
            label = LABEL.fullmatch(matcher)
            if label is None or label[1] not in served[name] | SCRAPED:
                found.append(f"{name}: {matcher}")
    for labels in BY.findall(expression):
        found += [label for label in labels.split(", ") if label not in usable]
    found += [word for word in WORD.findall(expression) if word not in FUNCTIONS]
    if expression.count("(") != expression.count(")"):
        found.append("parentheses")
    return found


def served_by(text: str) -> Labels:
    served: Labels = {"up": set()}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            served.setdefault(sample.name, set()).update(sample.labels)
    return served


async def ask_on_a_socket(server: Server, key: str) -> None:
    headers = {"X-API-Key": key}
    async with (
        asyncio.timeout(10),
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{server.url}/ws") as socket,
    ):
        await socket.send_json({"id": 1, "method": "orders.list", "params": {}})
        while "id" not in await socket.receive_json():
            continue


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Labels:
    """Return what a game with a bus serves after some requests and one socket."""
    folder: Path = tmp_path_factory.mktemp("watched")
    broker = NatsServer(folder / "nats")
    broker.start()
    flags = ("--bus", broker.url, "--backup-to", str(folder / "backups"))
    try:
        with Server(folder / "data", "bare", *flags) as server:
            _, key = server.register("Watched", "market_maker")
            for _ in range(40):  # handlers are timed at every sixteenth input
                server.call("POST", "/exchange/orders", {"side": "buy"}, key)
                server.call("DELETE", "/exchange/orders", key=key)
            asyncio.run(ask_on_a_socket(server, key))
            return served_by(server.call_raw("GET", "/metrics")[1])
    finally:
        broker.stop()


@pytest.mark.nats
@pytest.mark.system
def test_every_metric_and_label_of_dashboard_and_rules_is_served(served: Labels) -> None:
    told = [*expressions()]
    assert len(told) > 20
    assert not {e: faults for e in told if (faults := faults_of(e, served))}
    missing = {name for name in served if name.startswith("itg_")} - {
        name for e in told for name, _ in NAME.findall(e)
    }
    # Of a histogram its buckets are shown; when a counter was made is nobody's question.
    beside = ("_sum", "_count", "_created", "itg_pump_snapshots_total", "itg_pump_batches_total")
    assert not [name for name in missing if not name.endswith(beside)]


@pytest.mark.parametrize(
    "expression",
    [
        "itg_pump_input_total",
        'itg_pump_depth{team="a"}',
        "sum by (team) (itg_pump_depth)",
        "avg(itg_pump_depth)",
        "rate(itg_pump_depth[1m]",
    ],
)
def test_a_wrong_expression_is_found(expression: str) -> None:
    known: Labels = {"itg_pump_depth": set(), "up": set()}
    assert not faults_of('sum by (instance) (rate(itg_pump_depth{job="itg"}[1m]))', known)
    assert faults_of(expression, known)


def test_every_rule_says_what_is_wrong_how_bad_it_is_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in SEVERITIES
        assert rule["annotations"].keys() == {"summary", "description"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))


def test_panels_stand_beside_each_other_and_ask_the_chosen_source() -> None:
    taken: set[tuple[int, int]] = set()
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])
        }
        assert not cells & taken
        taken |= cells
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert 'instance=~"$instance"' in target["expr"]
