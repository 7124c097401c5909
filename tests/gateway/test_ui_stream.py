"""The channels of pages: what the bots' channels said, no more, no earlier, ten times a second."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.house import House, socket_of
from tests.gateway.readers import Json, Reader
from tests.gateway.ui_market import FIRST, SECOND, Market

from itg.gateway.directory import Directory
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import (
    AccountId,
    Shard,
)


@pytest.fixture(scope="module")
def directory() -> Directory:
    async def learned() -> Directory:
        async with House("demo") as house:
            return house.gateway.directory

    return asyncio.run(learned())


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["book", "book", "trade", "bust", "prices", "marks", "flush", "flush pages"]
        ),
        st.integers(0, 1),
        st.integers(0, 7),
    ),
    max_size=60,
)


@given(acts=ACTS)
async def test_a_page_is_told_nothing_that_bots_were_not_told_before_and_ends_where_they_do(
    directory: Directory, acts: list[tuple[str, int, int]]
) -> None:
    market = Market(directory)
    for act in (*acts, ("flush pages", 0, 0)):
        market.act(*act)
        market.read()
    assert market.shown.last == market.told.last
    assert sorted(market.shown.trades) == sorted(market.told.trades)


async def test_an_underlyings_page_has_its_own_prints_marks_tops_and_trades_alone(
    directory: Directory,
) -> None:
    market = Market(directory)
    for kind in ("book", "trade", "prices", "marks"):
        market.act(kind, 1, 3)
    market.feed.fanout.flush(paced=True)
    frames = {frame["channel"]: frame for frame in market.page.take()}
    assert frames[f"ui.{SECOND}"]["type"] == "frame"
    data = frames[f"ui.{SECOND}"]["data"]
    assert {row["instrument_id"] for row in data["tops"] + data["marks"] + data["trades"]} == {
        market.instruments[1]
    }
    other = frames[f"ui.{FIRST}"]["data"]
    assert [row["underlying_id"] for row in other["prices"]] == [FIRST]
    assert (other["tops"], other["trades"]) == ([], [])


async def test_a_frame_has_the_newest_hundred_trades_oldest_first(directory: Directory) -> None:
    market = Market(directory)
    for _ in range(130):
        market.act("trade", 0, 0)
    market.feed.fanout.flush(paced=True)
    (frame,) = [f for f in market.page.take() if f["channel"] == f"ui.{FIRST}"]
    numbers = [row["trade_id"] for row in frame["data"]["trades"]]
    assert len(numbers) == 100
    assert numbers == sorted(numbers)
    assert numbers[-1] == market.feed.tapes.of_shard(Shard(0))[-1].trade_id
    assert (frame["first_seq"], frame["seq"]) == (1, 130)


async def test_who_comes_between_two_frames_hears_of_no_trade_twice(directory: Directory) -> None:
    market = Market(directory)
    market.act("trade", 0, 0)
    late = Reader(GatewaySettings())
    market.feed.fanout.enter(late.session)
    known = {trade.trade_id for trade in market.feed.tapes.of_shard(Shard(0))}
    market.feed.join(late.session, market.feed.channel(f"ui.{FIRST}"))
    market.act("trade", 0, 0)
    market.feed.fanout.flush(paced=True)
    (frame,) = late.take()
    assert len(known) == 1
    assert [row["trade_id"] in known for row in frame["data"]["trades"]] == [False]


async def test_what_no_page_hears_costs_nothing_and_counts_nothing(directory: Directory) -> None:
    market = Market(directory)
    for reader in (market.bot, market.page):
        market.feed.leave(reader.session)
    feed = market.feed
    repeated = [f"bbo.{FIRST}", f"chain.{FIRST}", "prices", "trades.*"]
    repeated += [f"book.{i}" for i in market.instruments]
    for kind in ("book", "trade", "prices", "marks"):
        market.act(kind, 0, 3)
    assert [feed.channel(name).mirrors for name in repeated] == [[]] * len(repeated)
    assert feed.channel(f"ui.{FIRST}").seq == 0
    assert not feed.fanout.has_unflushed_paced
    assert feed._tops == {}


async def test_the_last_page_and_the_last_bot_leave_in_any_order(directory: Directory) -> None:
    market = Market(directory)
    market.feed.leave(market.bot.session)
    market.act("book", 0, 3)
    market.feed.fanout.flush(paced=True)
    assert [f["channel"] for f in market.page.take()] == [
        f"ui.book.{market.instruments[0]}",
        f"ui.{FIRST}",
    ]
    market.feed.leave(market.page.session)
    assert market.feed._tops == {}


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


async def test_a_page_starts_with_all_there_is_and_hears_what_follows(house: House) -> None:
    maker, taker = await house.register("Makers"), await house.register("Takers", "hedge_fund")
    instrument_id = house.instruments[-1]
    assert (await maker.place("sell", 5, 2.5)).status == 201
    assert (await taker.place("buy", 2, 2.5)).status == 201
    channels = ("ui.SPX", f"ui.book.{instrument_id}", "private")
    async with taker.socket(*channels) as page:
        shown = (await page.push("ui.SPX", "snapshot"))["data"]
        (top,) = [row for row in shown["tops"] if row["instrument_id"] == instrument_id]
        assert (top["ask"], top["ask_quantity"], top["bid"]) == (2.5, 3, None)
        assert len(shown["tops"]) == len(house.instruments)
        assert [(row["price"], row["quantity"]) for row in shown["trades"]] == [(2.5, 2)]
        book = (await page.push(f"ui.book.{instrument_id}", "snapshot"))["data"]
        assert (book["asks"], book["phase"]) == ([[2.5, 3]], "continuous")
        await page.push("private", "snapshot")

        await page.request(
            "order.place",
            {"instrument_id": instrument_id, "side": "buy", "quantity": 1, "price": 2.5},
        )
        assert [push["type"] for push in page.pushes if push["channel"] == "private"][:2] == [
            "order.accepted",
            "fill",
        ], "one's own stands before the answer"
        frame = await page.push("ui.SPX", "frame")
        assert frame["conflated"]
        assert [(row["price"], row["quantity"]) for row in frame["data"]["trades"]] == [(2.5, 1)]
        delta = await page.push(f"ui.book.{instrument_id}", "delta")
        assert delta["data"]["asks"] == [[2.5, 2]]


@pytest.mark.parametrize("name", ["ui.", "ui.NONE", "ui.book.NONE", "ui.book.", "ui.SPX.raw"])
async def test_a_page_of_what_is_not_listed_is_refused(house: House, name: str) -> None:
    team = await house.register("Makers")
    async with socket_of(house, team.key) as socket:
        answer = await socket.request("subscribe", {"channels": [name]})
        assert answer["error"]["code"] == "UNKNOWN_CHANNEL"


async def test_in_lock_step_a_page_hears_at_the_end_of_steps_and_of_the_game() -> None:
    settings = GatewaySettings(paced_flush_s=0.0)
    async with House(lock_step=True, settings=settings) as house:
        team = await house.register("Makers")
        house.gateway.expect_bots([AccountId(team.team_id)])
        async with team.socket("ui.SPX", "bbo.SPX") as socket:
            await house.open_market()
            order = {"instrument_id": house.instruments[-1], "side": "buy", "quantity": 1}
            heard: list[tuple[str, str]] = []
            await turns(socket.frame, socket.send, order, heard)
        assert ("ui.SPX", "frame") in heard
        first = heard.index(("bbo.SPX", "tops"))
        assert heard[first:][:3] == [
            ("bbo.SPX", "tops"),
            ("ui.SPX", "frame"),
            ("system", "sim.step"),
        ]


async def turns(
    frame: Callable[[], Any], send: Callable[..., Any], order: Json, heard: list[tuple[str, str]]
) -> None:
    """Play twenty steps with an order in each; keep what was pushed."""
    steps = 0
    while steps < 20:
        push = await frame()
        if "channel" not in push:
            continue
        heard.append((push["channel"], push["type"]))
        if push["type"] == "sim.step":
            steps += 1
            await send("order.place", {**order, "price": 1.0 + steps / 10})
            await send("sim.ready", {"step": push["data"]["step"]})
