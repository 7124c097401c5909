"""Each underlying's exchange is a node of its own, and an order's id leads to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.compose.reported import SCENARIO, ReportedGame
from tests.gateway.house import ADMIN_KEY, House

from itg.compose.conducted import conducted
from itg.compose.verify import machine_of, opened_for_reading
from itg.exchange.contract import OrderAccepted
from itg.runtime.digest import EventDigest
from itg.runtime.journal import read

pytestmark = pytest.mark.gate

SHARDS = ("exchange.0", "exchange.1")


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(House, "topology", "apart")
    async with House("demo") as running:
        yield running


async def test_two_shards_are_two_nodes_and_orders_find_theirs_by_id(house: House) -> None:
    team = await house.register("alpha", "hedge_fund")
    await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
    placed = {}
    for name, price in (("SPX", 4_000.0), ("SPY", 400.0)):
        answer = await team.place("buy", 2, price, instrument_id=name)
        assert answer.status == 201, answer.body
        placed[name] = answer.json["order_id"]
    for name, order_id in placed.items():
        read_back = await team.call("GET", f"/exchange/orders/{order_id}")
        assert (read_back.status, read_back.json["instrument_id"]) == (200, name)
    replaced = await team.call("PATCH", f"/exchange/orders/{placed['SPY']}", {"quantity": 1})
    assert replaced.status == 200, replaced.body
    canceled = await team.call("DELETE", f"/exchange/orders/{placed['SPX']}")
    assert (canceled.status, canceled.json["status"]) == (200, "canceled")
    working = await team.call("GET", "/exchange/orders")
    assert [order["order_id"] for order in working.json["items"]] == [placed["SPY"]]
    for shard, name in zip(SHARDS, placed, strict=True):
        assert accepted_on(house, shard) == [(name, placed[name])]


def accepted_on(house: House, node: str) -> list[tuple[str, int]]:
    """Return what a node's journal says was accepted there for the team."""
    assert house.ensemble is not None
    pump = house.ensemble.nodes[node].pump
    return [
        (output.instrument_id, output.order_id)
        for record in read(pump.journal.reader(), pump.codec)
        for output in record.outputs
        if isinstance(output, OrderAccepted) and output.account_id == "t1"
    ]


@pytest.mark.timeout(300)
async def test_with_its_shards_on_nodes_of_their_own_a_game_has_the_same_events(
    tmp_path: Path,
) -> None:
    game = ReportedGame(tmp_path / "data", text=SCENARIO.replace("150", "40"), is_heard=False)
    game.play()
    await game.stop()
    assert {trade.shard for trade in game.trades} == {0, 1}
    journal = opened_for_reading(tmp_path / "data")
    report = await conducted(journal, "apart", lambda *_: None)
    recorded = EventDigest(machine_of(journal).codec)
    for record in read(journal, machine_of(journal).codec):
        recorded.add(record)
    journal.close()
    assert all(report.nodes[shard] > 0 for shard in SHARDS)
    assert (report.difference, report.event_digest) == (None, recorded.hexdigest())
