"""Halts, guards, listings, settlements and busts, from the exchange's facts to the sockets."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from msgspec.structs import replace
from tests.gateway.house import House, Json

from itg.exchange.contract import (
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    JumpGuardEnded,
    JumpGuardOpened,
    OpeningDelayed,
    TradeBusted,
    TradingHalted,
    TradingResumed,
)
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Shard, TradeId, UnderlyingId
from itg.kernel.messages import Event
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import HaltCause, Side
from itg.runtime.envelope import Record

S, U, X, T = Shard(0), UnderlyingId("SPX"), InstrumentId("SPX"), Nanos(7_000)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


WRITTEN: list[tuple[Event, str, Json]] = [
    (
        TradingHalted(shard=S, underlying_id=U, halt_cause=HaltCause.PRICE_MOVE, resumes_ns=T),
        "halt",
        {"instrument_id": None, "halt_cause": "price_move", "resumes_us": 7},
    ),
    (TradingResumed(shard=S, underlying_id=U, instrument_id=X), "resume", {"instrument_id": "SPX"}),
    (JumpGuardOpened(shard=S, underlying_id=U, ends_ns=T), "guard", {"ends_us": 7}),
    (JumpGuardEnded(shard=S, underlying_id=U), "guard", {"ends_us": None}),
    (
        OpeningDelayed(shard=S, instrument_id=X, indicative_price=Price(25_000), opens_ns=T),
        "delayed",
        {"instrument_id": "SPX", "indicative_price": 2.5, "opens_us": 7},
    ),
    (
        InstrumentSettled(
            shard=S, instrument_id=X, settlement_price=Price(0), official_close=Price(44_000_000)
        ),
        "settled",
        {"settlement_price": 0.0, "official_close": 4400.0},
    ),
]


@pytest.mark.parametrize(("event", "kind", "data"), WRITTEN)
async def test_what_befalls_the_market_is_told_on_phase(
    house: House, event: Event, kind: str, data: Json
) -> None:
    team = await house.register("alpha")
    async with team.socket("phase") as socket:
        before = await socket.push("phase", "snapshot")
        house.gateway.publish([record_of(house, event)])
        push = await socket.push("phase", kind)
    assert push["seq"] == before["seq"] + 1
    assert push["data"]["underlying_id"] == "SPX"
    assert data.items() <= push["data"].items()


async def test_a_busted_trade_is_told_where_it_was_told(house: House) -> None:
    team = await house.register("alpha")
    bust = TradeBusted(
        shard=S, trade_id=TradeId(7), instrument_id=X, price=Price(100_000), adjusted_price=None,
        quantity=Quantity(2), aggressor_side=Side.BUY, maker_order_id=OrderId(1),
        maker_account_id=AccountId("a"), taker_order_id=OrderId(2), taker_account_id=AccountId("b"),
    )  # fmt: skip
    async with team.socket("trades.*", "trades.SPX") as socket:
        house.gateway.publish([record_of(house, bust)])
        pushes = [await socket.push(name, "bust") for name in ("trades.*", "trades.SPX")]
    for push in pushes:
        assert push["data"] == {
            "trade_id": 7, "instrument_id": "SPX", "price": 10.0, "quantity": 2,
            "adjusted_price": None,
        }  # fmt: skip


async def test_listings_come_and_go_on_phase_in_the_directory_and_in_the_tops(
    house: House,
) -> None:
    team = await house.register("alpha")
    old = house.gateway.directory.instruments[InstrumentId(house.instruments[-1])]
    listed = replace(old, instrument_id=InstrumentId("SPX-NEW"))
    async with team.socket("phase", "bbo.SPX") as socket:
        house.gateway.publish(
            [
                record_of(house, InstrumentListed(shard=S, instrument=listed)),
                record_of(house, InstrumentDelisted(shard=S, instrument_id=old.instrument_id)),
            ]
        )
        told = await socket.push("phase", "listed")
        assert told["data"]["instrument"]["instrument_id"] == "SPX-NEW"
        gone = await socket.push("phase", "delisted")
        assert gone["data"] == {"underlying_id": "SPX", "instrument_id": old.instrument_id}
        assert "SPX-NEW" in house.instruments
        assert old.instrument_id not in house.instruments
        refused = await socket.request("subscribe", {"channels": [f"book.{old.instrument_id}"]})
        assert refused["error"]["code"] == "UNKNOWN_CHANNEL"


def record_of(house: House, *outputs: Event) -> Record:
    last = house.records[-1]
    return replace(last, outputs=outputs)
