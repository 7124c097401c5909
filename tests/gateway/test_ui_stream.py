"""The channels of pages: what the bots' channels said, no more, no earlier, ten times a second."""

import asyncio
import selectors
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.house import House, socket_of
from tests.gateway.readers import Json, Reader

from itg.exchange.contract import BookDelta, TradeBusted, TradeExecuted
from itg.gateway.directory import Directory
from itg.gateway.feed import Feed
from itg.gateway.flushing import Flusher
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import (
    AccountId,
    OrderId,
    Seq,
    Shard,
    TradeId,
    UnderlyingId,
    first_id_of_shard,
)
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.market_data.contract import Mark, MarksPublished, PricesStepped, SpotPrice
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.translate.chain import is_option

FIRST, SECOND = UnderlyingId("SPX"), UnderlyingId("SPY")
NOW = Nanos(1_000_000)


@pytest.fixture(scope="module")
def directory() -> Directory:
    async def learned() -> Directory:
        async with House("demo") as house:
            return house.gateway.directory

    return asyncio.run(learned())


class Market:
    """A feed with a bot and a page that hear everything of two underlyings, and what they heard."""

    def __init__(self, directory: Directory) -> None:
        self.feed = Feed(1, VirtualClock(NOW))
        self.feed.begin(directory)
        self.directory = directory
        of = list(directory.instruments.values())
        self.instruments = [
            next(i.instrument_id for i in of if i.underlying_id == u and is_option(i))
            for u in (FIRST, SECOND)
        ]
        self.bot = self._reader(
            *(f"bbo.{u}" for u in (FIRST, SECOND)),
            *(f"chain.{u}" for u in (FIRST, SECOND)),
            *(f"book.{i}" for i in self.instruments),
            *("prices", "trades.*"),
        )
        self.page = self._reader(
            *(f"ui.{u}" for u in (FIRST, SECOND)), *(f"ui.book.{i}" for i in self.instruments)
        )
        self.seq = self.steps = 0
        self.told = Told()
        self.shown = Told()

    def _reader(self, *channels: str) -> Reader:
        reader = Reader(GatewaySettings())
        self.feed.fanout.enter(reader.session)
        for name in channels:
            if name.startswith(("bbo.", "ui.")) and ".book." not in name:
                self.feed.tops(UnderlyingId(name.partition(".")[2]), ())
            self.feed.join(reader.session, self.feed.channel(name))
        return reader

    def publish(self, *outputs: Message) -> None:
        self.seq += 1
        record = Record(Seq(self.seq), NOW, NOW, "", "", outputs[0], outputs)
        self.feed.publish(record)

    def act(self, kind: str, which: int, number: int) -> None:
        instrument_id, shard = self.instruments[which], Shard(which)
        if kind == "book":
            level = ((10_000 * (1 + number % 3), number % 4, 1),)
            bids, asks = (
                (level, ()) if number % 2 else ((), ((90_000 + level[0][0], *level[0][1:]),))
            )
            delta = BookDelta(
                shard=shard,
                instrument_id=instrument_id,
                book_seq=Seq(self.seq),
                bids=bids,
                asks=asks,
            )
            self.publish(delta)
        elif kind in {"trade", "bust"}:
            self.seq += kind == "trade"
            self.publish(self._trade(kind, which))
        elif kind == "prices":
            self.steps += 1
            prices = tuple(
                SpotPrice(u, Price(number), Price(50_000 + number)) for u in (FIRST, SECOND)
            )
            self.publish(PricesStepped(step=self.steps, prices=prices))
        elif kind == "marks":
            self.steps += 1
            marks = tuple(
                Mark(i, Price(number * (n + 1)), 1, 2, 3, 4, 5)
                for n, i in enumerate(self.instruments)
            )
            self.publish(MarksPublished(step=self.steps, marks=marks))
        else:
            self.feed.fanout.flush(paced=kind == "flush pages")

    def _trade(self, kind: str, which: int) -> TradeExecuted | TradeBusted:
        number = TradeId(first_id_of_shard(Shard(which)) + self.seq)
        fields: dict[str, Any] = {
            "shard": Shard(which),
            "trade_id": number,
            "instrument_id": self.instruments[which],
            "price": Price(20_000),
            "quantity": Quantity(1),
            "aggressor_side": Side.BUY,
            "maker_order_id": OrderId(1),
            "maker_account_id": AccountId("t1"),
            "taker_order_id": OrderId(2),
            "taker_account_id": AccountId("t2"),
        }
        return TradeExecuted(**fields) if kind == "trade" else TradeBusted(**fields)

    def read(self) -> None:
        """Read as the bot first, then as the page, which must know nothing else."""
        for frame in self.bot.take():
            self.told.hear(frame)
        for frame in self.page.take():
            rows = rows_of(frame)
            unheard = [row for row in rows if row not in self.told.ever]
            assert not unheard, (frame["channel"], unheard)
            self.shown.hear(frame)


class Told:
    """What a client knows: every row it was ever told, and the last of each thing."""

    def __init__(self) -> None:
        self.ever: list[tuple[str, Any]] = []
        self.last: dict[tuple[str, Any], Any] = {}
        self.trades: list[int] = []

    def hear(self, frame: Json) -> None:
        for kind, row in rows_of(frame):
            self.ever.append((kind, row))
            if kind == "trade":
                self.trades.append(row["trade_id"])
            else:
                self.last[kind, key_of(kind, row)] = row


def rows_of(frame: Json) -> list[tuple[str, Any]]:
    """Return what a frame says, piece by piece, in the words of no channel."""
    data, kind = frame["data"], frame["type"]
    if "levels" in data or "bids" in data:
        sides = ((side, level) for side in ("bids", "asks") for level in data[side])
        return [("level", (data["instrument_id"], side, *level)) for side, level in sides]
    if kind in {"trade", "bust"}:
        return [(kind, data)]
    lists = ("tops", "marks", "prices", "trades", "busts")
    return [(name[:-1], row) for name in lists for row in data.get(name, ())]


def key_of(kind: str, row: Any) -> object:
    if kind == "level":
        return row[:3]
    return row.get("instrument_id") or row["underlying_id"]


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
    assert numbers[-1] == market.feed.last_trades_of(Shard(0))[-1].trade_id
    assert (frame["first_seq"], frame["seq"]) == (1, 130)


async def test_who_comes_between_two_frames_hears_of_no_trade_twice(directory: Directory) -> None:
    market = Market(directory)
    market.act("trade", 0, 0)
    late = Reader(GatewaySettings())
    market.feed.fanout.enter(late.session)
    known = {trade.trade_id for trade in market.feed.last_trades_of(Shard(0))}
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


class JumpingSelector(selectors.DefaultSelector):
    """Waits for nothing: the time that a loop wants to wait has passed."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now_s += max(timeout or 0.0, 0.0)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to its next alarm."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now_s


@pytest.fixture
def jumping() -> Iterator[JumpingLoop]:
    loop = JumpingLoop()
    yield loop
    loop.close()


def frames_timed(
    loop: JumpingLoop, directory: Directory, at_s: Sequence[float], flush_s: float
) -> dict[str, list[float]]:
    """Publish at these instants; return when the bot and the page got frames."""
    heard: dict[str, list[float]] = {"bot": [], "page": []}

    async def play() -> None:
        market = Market(directory)
        fanout = market.feed.fanout
        flusher = Flusher(fanout, flush_s, 0.1)
        over = loop.create_future()

        def release(number: int) -> None:
            market.act("book", 0, number)
            flusher.see_release()

        whole = fanout.flush

        def flush(*, paced: bool = False) -> None:
            whole(paced=paced)
            for name, reader in (("bot", market.bot), ("page", market.page)):
                if reader.take():
                    heard[name].append(loop.time())

        fanout.flush = flush  # type: ignore[method-assign]  # to look at what each flush gave
        for number, instant in enumerate(at_s):
            # Odd numbers build, so that every publication changes something.
            loop.call_at(1 + instant, release, 2 * number + 1)
        loop.call_at(1 + max(at_s) + 1, over.set_result, None)
        await over

    loop.run_until_complete(play())
    return heard


@pytest.mark.parametrize("flush_s", [0.0, 0.05])
def test_a_busy_page_gets_ten_frames_a_second_and_the_last_word(
    jumping: JumpingLoop, directory: Directory, flush_s: float
) -> None:
    heard = frames_timed(jumping, directory, [0.003 * n for n in range(700)], flush_s)
    page = heard["page"]
    gaps = [later - earlier for earlier, later in pairwise(page)]
    assert min(gaps) >= 0.1 - 1e-9
    assert max(gaps) <= 0.15
    assert page[0] == pytest.approx(1.0)
    assert page[-1] >= 1 + 0.003 * 699
    assert len(heard["bot"]) > 1.5 * len(page)


def test_after_a_quiet_time_a_page_hears_at_once(
    jumping: JumpingLoop, directory: Directory
) -> None:
    heard = frames_timed(jumping, directory, [0.0, 1.0, 2.0], 0.05)
    assert heard["page"] == heard["bot"] == pytest.approx([1.0, 2.0, 3.0])


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
