"""A scored round on nodes: its reports, its bundle and its facts, as of a game in one process."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from msgspec import convert
from tests.compose.test_relay import FaultyBus
from tests.ports import free_ports
from tests.system.desk import called
from tests.system.fleet import Fleet
from tests.system.nodes_facts import (
    Key,
    numbers_of,
    records_of,
    stream_of,
    told_by_nodes,
    until_carried,
)
from tests.system.server import GatewayProcess, Server

from itg.cli import exits
from itg.compose.backup import backups_of
from itg.compose.internal import TOKEN_FILE
from itg.compose.manifest import assert_whole
from itg.compose.nodes_read import layout_in, node_journals
from itg.compose.nodes_relay import NodesRelay
from itg.compose.report_again import report_again
from itg.compose.report_files import folder_of
from itg.runtime.arrival import Arrival
from itg.runtime.bus import Bus, BusNumbers
from itg.runtime.envelope import Envelope
from itg.wire.v1.operating import ServicesBody

pytestmark = [pytest.mark.nats, pytest.mark.system, pytest.mark.timeout(300)]
SCENARIO = """
extends = "demo"
teams = []
[clock]
start_on_create = false
[registration]
max_teams = 40
[session]
continuous_s = 120
"""
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")
REPORTED_S_MAX = 90.0
_NEVER = threading.Event()


class ClosedRound:
    """A round that nodes played, its teams' keys, and what the stream holds of it."""

    def __init__(self, fleet: Fleet, keys: list[str], facts: list[Envelope]) -> None:
        self.fleet = fleet
        self.data = fleet.data
        self.keys = keys
        self.facts = facts


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClosedRound]:
    folder = tmp_path_factory.mktemp("nodes")
    scenario = folder / "short.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    flags = ("--internal", str(free_ports(3)))
    with Fleet(folder / "data", str(scenario), topology="services", flags=flags) as fleet:
        keys = [fleet.door(1).register(f"team {n}", role)[1] for n, role in enumerate(ROLES)]
        door, organizer = fleet.door(2), fleet.door(0)
        start = ("POST", "/admin/rounds/1/start", None, organizer.admin_key)
        assert [d.call(*start)[0] for d in (door, organizer)] == [404, 200]
        trade_until_reported(door, keys, folder_of(fleet.data, 1))
        until_carried(fleet.door(0))
        facts = asyncio.run(stream_of(fleet))
        yield ClosedRound(fleet, keys, facts)


def trade_until_reported(door: Server, keys: list[str], folder: Path) -> None:
    """Let teams take what is offered while the market takes orders, until reports are there."""
    deadline = time.monotonic() + REPORTED_S_MAX
    names = {f"t{n}.{form}" for n in (1, 2, 3) for form in ("json", "html")}
    number = 0
    while not names <= {file.name for file in folder.glob("*")}:
        assert time.monotonic() < deadline, "the round is not reported"
        number += 1
        body = {
            "instrument_id": "SPX",
            "side": ("buy", "sell")[number % 2],
            "quantity": 1,
            "order_type": "market",
        }
        status, _ = door.call("POST", "/exchange/orders", body, keys[number % len(keys)])
        assert status in {201, 400, 409, 422, 429, 503, 504}, status
        _NEVER.wait(0.05)  # orders have a rate


def test_reports_are_written_at_the_close_and_equal_those_of_a_replay(
    closed: ClosedRound, tmp_path: Path
) -> None:
    written = {file.name: file.read_bytes() for file in folder_of(closed.data, 1).iterdir()}
    again = report_again(closed.data, 1, tmp_path)
    assert len(again) == len(written) == 2 * len(ROLES)
    for file in again:
        assert file.read_bytes() == written[file.name]
    orders = [json.loads(text)["quality"]["orders"] for n, text in written.items() if "json" in n]
    assert sum(orders) > 0


def test_every_door_gives_a_team_its_report(closed: ClosedRound) -> None:
    for number in range(3):
        door = closed.fleet.door(number)
        path = "/game/rounds/1/report?team_id=me&format=json"
        status, body = door.call("GET", path, key=closed.keys[1])
        assert status == 200, body
        assert body["team_name"] == "team 1"


def test_the_organizer_s_door_has_the_day_s_list_the_scenario_and_the_next_game(
    closed: ClosedRound,
) -> None:
    door, gateway = closed.fleet.door(0), closed.fleet.door(1)

    def call(path: str, body: dict[str, Any] | None = None) -> Any:
        method = "GET" if body is None else "POST"
        assert gateway.call(method, path, body, door.admin_key)[0] == 404
        status, told = door.call(method, path, body, door.admin_key)
        assert status in {200, 201, 202}, told
        return told

    rows = {row["name"]: row for row in call("/admin/preflight")["items"]}
    assert rows["seed committed"]["status"] == "green"
    assert rows["teams registered"]["found"] == "3"
    tables = {table["table"] for table in call("/admin/scenario")["tables"]}
    assert {"clock", "session", "registration"} <= tables
    told = call("/admin/games", {"name": "day-2", "scenario": "bare"})
    assert told["data"] == str(closed.data.parent / "day-2")
    assert call("/admin/dry-run", {"scenario": "bare", "minutes": 0})["status"] == "running"


def test_the_organizer_reads_which_nodes_play_what_and_which_processes_there_are(
    closed: ClosedRound,
) -> None:
    door = closed.fleet.door(0)
    status, told = door.call("GET", "/admin/services", key=door.admin_key)
    assert status == 200, told
    listed = convert(told, ServicesBody)
    assert all(item.is_reached for item in listed.items)
    played = {(item.node, item.service) for item in listed.items}
    assert played >= {("core", "exchange.0"), ("core", "positions"), ("world", "market_data")}
    processes = {each.process: each for each in listed.processes}
    assert processes.keys() == {"nats", "world", "core", "game", "gateway-1", "gateway-2"}
    assert {n for n, each in processes.items() if each.status == "leads"} == {
        "world",
        "core",
        "game",
    }
    serving = {each.serves: each.port for each in listed.processes if each.process != "gateway-2"}
    assert (serving["organizer"], serving["teams"]) == (door.port, closed.fleet.port + 1)


def items_of(body: Mapping[str, object]) -> list[dict[str, Any]]:
    return convert(body["items"], list[dict[str, Any]])


def money_of(body: Mapping[str, object]) -> list[object]:
    # Prices go on after a round: what a position is worth then is of the moment of the question.
    return [
        [row["team_id"], row["fills"], *(row[when][name] for when in ("before", "after")
            for name in ("net_quantity", "cash", "fees"))]
        for row in items_of(body)
    ]  # fmt: skip


def test_the_organizer_s_ports_tell_what_undoing_a_trade_would_do_and_the_game_stays_as_it_is(
    closed: ClosedRound,
) -> None:
    door, key = closed.fleet.door(0), closed.fleet.door(0).admin_key
    _, fills = door.call("GET", "/exchange/fills?limit=1", key=closed.keys[0])
    trade_id = items_of(fills)[0]["trade_id"]
    _, held = door.call("GET", "/positions/me", key=closed.keys[0])
    path = f"/admin/trades/{trade_id}/bust/preview"
    bus = f"nats://127.0.0.1:{closed.fleet.bus_port}"
    apart = Server(closed.data)
    apart.port = free_ports()
    flags = ("--bus", bus, "--admin-port", str(apart.port))
    with GatewayProcess(closed.data, *flags) as gateway:
        public = [closed.fleet.door(1), gateway]
        assert [d.call("POST", path, {}, key)[0] for d in public] == [404, 404]
        told = [d.call("POST", path, {}, key) for d in (door, apart)]
    assert [status for status, _ in told] == [200, 200], told
    assert money_of(told[0][1]) == money_of(told[1][1])
    rows = {row["team_name"]: row for row in items_of(told[0][1])}
    mine = rows["team 0"]
    assert (told[0][1]["trade_id"], len(mine["fills"])) == (trade_id, 1)
    assert mine["before"]["cash"] == held["cash"] != mine["after"]["cash"]
    assert mine["before"]["score"]["score"] is not None
    assert door.call("GET", "/positions/me", key=closed.keys[0])[1]["cash"] == held["cash"]


def test_the_round_s_bundle_is_signed_and_plays_again_to_the_same(
    closed: ClosedRound, tmp_path: Path
) -> None:
    file = tmp_path / "round-1.bundle.tar"
    made = called("game", "bundle", str(closed.data), "--round", "1", "--to", str(file))
    assert made.code == exits.DONE, made.complained
    status, told = closed.fleet.door(1).call("GET", "/game/bundle-key")
    assert status == 200
    checked = called("bundle", "check", str(file), "--key", str(told["public_key"]))
    assert checked.code == exits.DONE, checked.complained


def test_the_stream_holds_every_fact_of_every_node_once_and_in_its_order(
    closed: ClosedRound,
) -> None:
    told, held = numbers_of(told_by_nodes(closed.data)), numbers_of(closed.facts)
    assert {"exchange", "positions", "market_data", "game", "tape"} <= {s for s, _ in held}
    for key, seqs in held.items():
        assert seqs == told[key][: len(seqs)], key
        assert seqs == sorted(seqs)
    assert sum(map(len, held.values())) > 1_000


@pytest.mark.parametrize("room", [1, 7, 150, 1_201])
def test_a_relay_goes_on_wherever_the_last_one_was_cut_off(closed: ClosedRound, room: int) -> None:
    bus, whole = FaultyBus(room), FaultyBus(1_000_000)
    assert not asyncio.run(carried(closed.data, bus)).is_up
    bus.room = 1_000_000
    for each in (bus, whole):
        assert asyncio.run(carried(closed.data, each)).fault == ""
    held, told = (numbers_of([e for _, e in each._log]) for each in (bus, whole))
    assert held.keys() == told.keys()
    for key in held:
        shorter = min(len(held[key]), len(told[key]))
        assert held[key][:shorter] == told[key][:shorter]


async def carried(data: Path, bus: FaultyBus) -> BusNumbers:
    async def connect() -> Bus:
        return bus

    journals, numbers = node_journals(data), BusNumbers(game="toy")
    relay = NodesRelay(journals, layout_in(data), connect, numbers)
    relay.end()
    await relay.run()
    for journal in journals.values():
        journal.close()
    return numbers


def test_in_the_stream_no_fact_stands_before_what_caused_it(closed: ClosedRound) -> None:
    layout = layout_in(closed.data)
    owner = {s.name: name for name, services in layout.items() for s in services}
    seq_of: dict[Key, int] = {
        (owner[e.source], e.seq): n for n, e in enumerate(closed.facts) if e.source != "tape"
    }
    causes = 0
    for name, records in records_of(closed.data).items():
        for record in records:
            if not isinstance(record.body, Arrival):
                continue
            cause = seq_of.get((record.body.source, record.body.seq))
            effects = [seq_of.get((name, record.seq + n + 1)) for n in range(len(record.outputs))]
            if cause is not None:
                causes += 1
                assert all(effect is None or effect > cause for effect in effects)
    assert causes > 100


def test_a_running_game_on_nodes_is_backed_up_and_brought_back_to_the_same_states(
    closed: ClosedRound, tmp_path: Path
) -> None:
    made = called("backup", str(closed.data), "--to", str(tmp_path / "backups"), "--verify")
    assert made.code == exits.DONE, made.complained
    (backup,) = backups_of("data", tmp_path / "backups")
    manifest = assert_whole(backup)
    assert [end.node for end in manifest.nodes] == ["world", "core", "game"]
    names = {entry.name for entry in manifest.files}
    assert {"game.link", "admin.key", "reports/round-1/t1.json"} <= names
    assert not any(name.startswith("nats/") or name.endswith("lock") for name in names)
    back = called("restore", str(backup), "--to", str(tmp_path / "back"), "--verify")
    assert back.code == exits.DONE, back.complained
    damaged = backup / "nodes" / "world" / "journal.sqlite"
    with damaged.open("r+b") as file:
        file.seek(damaged.stat().st_size // 2)
        file.write(b"damaged")
    refused = called("restore", str(backup), "--to", str(tmp_path / "other"))
    assert refused.code == exits.FAILED
    assert "nodes/world/journal.sqlite" in refused.complained


def asked(fleet: Fleet, node: str, path: str, body: object = None) -> dict[str, object]:
    """Ask a node at its internal port; None as a body reads a path."""
    port = next(ship.internal for ship in fleet.state.ships if ship.name == node)
    token = (fleet.data / TOKEN_FILE).read_text().strip()
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    method, told = ("GET", None) if body is None else ("POST", json.dumps(body))
    connection.request(method, path, told, {"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    read = json.loads(answer.read())
    connection.close()
    assert isinstance(read, dict)
    return read


def held(answer: object) -> dict[str, int]:
    assert isinstance(answer, dict)
    return {row["instrument_id"]: row["net_quantity"] for row in answer["positions"]}


def test_each_node_answers_for_its_services_at_its_internal_port(closed: ClosedRound) -> None:
    for node, services in {"core": ["exchange", "positions"], "game": ["game"]}.items():
        paths = asked(closed.fleet, node, "/openapi.json")["paths"]
        assert isinstance(paths, dict)
        served = {path.split("/")[1] for path in paths} - {"internal"}
        assert served == set(services)
    door = closed.fleet.door(1)
    for key in closed.keys:
        status, public = door.call("GET", "/positions/me", None, key)
        assert status == 200, public
        told = asked(
            closed.fleet, "core", "/positions/GetPositions", {"account_id": public["team_id"]}
        )
        assert told["kind"] == "Positions"
        assert held(told["reply"]) == held(public)
        assert held(public)
