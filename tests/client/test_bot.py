"""A bot on a venue: what it knows, what it hears, what it sends, against the clock and in steps."""

import asyncio
from typing import Any

import pytest
from msgspec import Raw, json
from tests.client.venue import KEY, Venue, problem, running
from tests.waiting import until

from itg.client import Bot, Link, LinkOptions, SessionClosedError, run_bot
from itg.client.book import Book
from itg.client.bot import Setup
from itg.client.feed import BotFeed
from itg.client.frames import Frame
from itg.client.run import BotRun, BotSeat, run_many
from itg.wire.v1.account import FillPush, OrderPush, RejectedPush
from itg.wire.v1.game import RulesBody
from itg.wire.v1.market import InstrumentBody, PhasePush, PriceBody, TradeBody
from itg.wire.v1.news import NewsPush
from itg.wire.v1.signals import SignalPush

FAST = LinkOptions(backoff_first_s=0.001, backoff_max_s=0.01)
PHASE = {
    "underlying_id": "SPX", "instrument_id": None, "phase": "continuous", "previous": "pre_open",
    "next_phase": None, "next_transition_us": None,
}  # fmt: skip
PRICE = {"underlying_id": "SPX", "price": 4400.5, "is_moving": True, "game_us": 1}
TOP = {"instrument_id": "SPX", "bid": 4400.0, "bid_quantity": 5, "ask": 4401.0, "ask_quantity": 6}
TRADE = {
    "trade_id": 1, "instrument_id": "SPX", "price": 4400.0, "quantity": 1, "aggressor_side": "buy",
    "is_auction": False, "game_us": 1, "seq": 1,
}  # fmt: skip
NEWS = {
    "seq": 1, "news_id": 1, "headline_id": "calm", "headline": "calm before data",
    "origin": "arrival", "game_us": 1,
}  # fmt: skip
FORECAST = {
    "type": "volatility", "signal_id": 1, "seq": 1, "role": "hedge_fund", "game_us": 1,
    "regime": "low", "is_shift": True, "probabilities": {"low": 0.1, "medium": 0.7, "high": 0.2},
    "effective_us": 2, "accuracy": 0.66,
}  # fmt: skip


class Listener(Bot):
    """Writes down what it hears."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.heard: list[tuple[str, object]] = []

    def on_start(self) -> None:
        self.heard.append(("start", self.now_us))

    def on_book(self, book: Book) -> None:
        self.heard.append(("book", book.mid))

    def on_price(self, price: PriceBody) -> None:
        self.heard.append(("price", price.price))

    def on_trade(self, trade: TradeBody) -> None:
        self.heard.append(("trade", trade.price))

    def on_fill(self, fill: FillPush) -> None:
        self.heard.append(("fill", fill.last_quantity))

    def on_order(self, push: OrderPush) -> None:
        self.heard.append(("order", push.order.status))

    def on_reject(self, rejected: RejectedPush) -> None:
        self.heard.append(("reject", rejected.code))

    def on_news(self, news: NewsPush) -> None:
        self.heard.append(("news", news.headline))

    def on_signal(self, signal: SignalPush) -> None:
        self.heard.append(("signal", type(signal).__name__))

    def on_phase(self, phase: PhasePush) -> None:
        self.heard.append(("phase", phase.phase))

    def on_timer(self) -> None:
        self.heard.append(("timer", self.now_us))

    def on_stop(self) -> None:
        self.heard.append(("stop", None))


def instrument(name: str) -> InstrumentBody:
    return InstrumentBody(
        instrument_id=name, underlying_id="SPX", kind="underlying", multiplier=100, tick_size=0.01
    )


def prepared(bot: Bot) -> BotFeed:
    rules = RulesBody(
        scenario="s", scenario_hash="", open_registration=True, lock_step=False, speed=1.0,
        roles=[], problem_codes=[],
    )  # fmt: skip
    names = {name: instrument(name) for name in ("SPX", "SPX-C")}
    bot.prepare(Setup(role="hedge_fund", connection_number=3, rules=rules, instruments=names))
    return BotFeed(bot, lambda _, rejected: bot.on_reject(rejected))


def frame(channel: str, kind: str, data: Any, game_us: int = 0) -> Frame:
    return Frame(channel=channel, type=kind, game_us=game_us, data=Raw(json.encode(data)))


def test_before_the_start_state_is_folded_in_silence() -> None:
    bot = Listener()
    feed = prepared(bot)
    feed.take(frame("prices", "snapshot", {"prices": [PRICE]}))
    feed.take(frame("bbo.SPX", "snapshot", {"tops": [TOP]}))
    feed.take(frame("phase", "snapshot", {"phases": [PHASE]}))
    feed.take(frame("trades.*", "trade", TRADE))
    assert bot.heard == []
    assert (bot.prices, bot.phases) == ({"SPX": 4400.5}, {"SPX": "continuous"})
    assert bot.books["SPX"].mid == 4400.5


def test_every_hook_is_called_after_the_state_it_is_told_about() -> None:
    bot = Listener()
    feed = prepared(bot)
    feed.start(7)
    for channel, kind, data in (
        ("prices", "prices", {"prices": [PRICE]}),
        ("bbo.SPX", "tops", {"tops": [TOP]}),
        ("phase", "phase", PHASE),
        ("trades.*", "trade", TRADE),
        ("events", "news", NEWS),
        ("events", "of a later version", {}),
        ("signals", "volatility", FORECAST),
        ("signals", "of a later version", {"type": "of a later version"}),
        ("private", "quote.rejected", {"code": "WRONG_PHASE", "detail": ""}),
        ("unknown", "whatever", {}),
    ):
        feed.take(frame(channel, kind, data))
    assert bot.heard == [
        ("start", 7),
        ("price", 4400.5),
        ("book", 4400.5),
        ("phase", "continuous"),
        ("trade", 4400.0),
        ("news", "calm before data"),
        ("signal", "VolatilityPush"),
        ("reject", "WRONG_PHASE"),
    ]


def test_the_timer_rings_on_multiples_of_its_interval_and_once_after_a_jump() -> None:
    bot = Listener()
    feed = prepared(bot)
    feed.start(1_300_000)
    for at_us in (1_900_000, 2_000_000, 2_100_000, 2_999_999, 9_500_000, 10_000_000):
        feed.finish(at_us)
    assert [at for kind, at in bot.heard if kind == "timer"] == [2_000_000, 9_500_000, 10_000_000]


def test_an_underlying_s_phase_takes_its_instruments_along() -> None:
    bot = Listener()
    feed = prepared(bot)
    feed.take(frame("phase", "phase", PHASE))
    feed.take(frame("phase", "phase", {**PHASE, "instrument_id": "SPX-C", "phase": "halted"}))
    assert (bot.phase_of("SPX"), bot.phase_of("SPX-C")) == ("continuous", "halted")
    feed.take(frame("phase", "phase", {**PHASE, "phase": "closed"}))
    assert bot.phase_of("SPX-C") == "closed"


def test_an_uncross_is_heard_and_moves_no_phase() -> None:
    bot = Listener()
    feed = prepared(bot)
    feed.start(0)
    feed.take(frame("phase", "uncross", {**PHASE, "instrument_id": "SPX", "phase": "pre_open"}))
    assert bot.heard[-1] == ("phase", "pre_open")
    assert bot.phase_of("SPX") == "closed"


def test_a_bot_subscribes_to_what_its_hooks_want() -> None:
    base = ["private", "prices", "phase", "bbo.SPX"]
    assert prepared(Bot()).channels() == base
    assert prepared(Listener()).channels() == [*base, "trades.*", "events", "signals"]

    class Deep(Bot):
        follows_depth = True

    deep = Deep()
    feed = prepared(deep)
    assert feed.channels()[3:] == ["book.SPX", "book.SPX-C"]
    data = {"instrument_id": "SPX", "bids": [[4400.0, 1], [4399.0, 2]], "asks": []}
    feed.take(frame("book.SPX", "snapshot", data))
    assert len(deep.books["SPX"].bids) == 2


def test_a_queue_that_is_full_is_a_refusal() -> None:
    bot = Listener()
    prepared(bot)
    ids = [bot.place("SPX", "buy", 1, 1.0) for _ in range(257)]
    assert bot.heard == [("reject", "CLIENT_QUEUE_FULL")]
    assert ids[0] == "3-1"
    assert len(set(ids)) == 257


def test_a_limit_is_read_from_the_role_s_constraints() -> None:
    bot = Bot()
    assert bot.limit_of("position_limit") is None
    bot.role = "hedge_fund"
    bot.rules = json.decode(json.encode(rules_with_limit()), type=RulesBody)
    assert bot.limit_of("position_limit") == 50
    assert bot.limit_of("quote_size", "min_quantity") is None


def rules_with_limit() -> dict[str, object]:
    role = {
        "role": "hedge_fund", "maker_fee": 0, "taker_fee": 0, "starting_cash": 0,
        "quotes_allowed": False, "can_register": True,
        "constraints": [{"kind": "position_limit", "max_quantity": 50}],
    }  # fmt: skip
    return {
        "scenario": "s", "scenario_hash": "", "open_registration": True, "lock_step": False,
        "speed": 1, "roles": [role], "problem_codes": [],
    }  # fmt: skip


class Trader(Listener):
    """Buys once it starts, and cancels what rests."""

    def on_start(self) -> None:
        super().on_start()
        self.place("SPX", "buy", 5, 4400.0)

    def on_stop(self) -> None:
        super().on_stop()
        self.cancel_all()


def with_snapshots(venue: Venue) -> Venue:
    venue.bodies = {
        "prices": {"prices": [PRICE]},
        "phase": {"phases": [PHASE]},
        "bbo.SPX": {"tops": [TOP]},
        "trades.*": {"trades": []},
        "events": {"news": []},
        "signals": {"signals": []},
    }
    return venue


async def test_a_bot_trades_against_the_clock_until_the_round_ends() -> None:
    bot = Trader()
    async with running(with_snapshots(Venue(seed=3))) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: ("order", "working") in bot.heard)
        venue.game_us += 1_000_000
        await venue.beat()
        await until(lambda: bot.heard[-1][0] == "timer")
        await venue.system("round.ended", {"round_id": 1})
        await playing
        methods = [method for method, _ in venue.received]
    assert bot.heard[0] == ("start", 1_000_000)
    assert bot.heard[-1] == ("stop", None)
    assert methods[:2] == ["subscribe", "order.place"]
    assert methods[-1] == "order.cancel_all"
    assert (bot.role, bot.limit_of("position_limit")) == ("hedge_fund", 50)
    assert list(bot.instruments) == ["SPX", "SPX-20261217-C-4400"]


async def test_a_refusal_is_told_once_by_the_channel_or_by_the_answer() -> None:
    class Clumsy(Listener):
        def on_start(self) -> None:
            self.place("SPX", "buy", 9_999, 4400.0)  # refused by a rule: a private event too
            self.cancel("never")  # known to the answer alone

    bot = Clumsy()
    async with running(with_snapshots(Venue())) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: len([kind for kind, _ in bot.heard if kind == "reject"]) == 2)
        await venue.system("round.ended", {"round_id": 1})
        await playing
    codes = [told for kind, told in bot.heard if kind == "reject"]
    assert sorted(map(str, codes)) == ["ORDER_NOT_FOUND", "ORDER_SIZE_EXCEEDED"]


async def test_in_lock_step_commands_leave_at_the_turn_and_before_ready() -> None:
    bot = Trader()
    async with running(with_snapshots(Venue(seed=3, lock_step=True))) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(venue.subscriptions))
        venue.game_us += 250_000
        await venue.beat()
        await venue.system("sim.step", {"step": 0})
        await until(lambda: ("sim.ready", {"step": 0}) in venue.received)
        assert bot.heard[0] == ("start", 1_250_000)
        venue.game_us += 1_000_000
        await venue.publish("prices", "prices", {"prices": [PRICE]})
        await venue.beat()
        await venue.system("sim.step", {"step": 1})
        await until(lambda: ("sim.ready", {"step": 1}) in venue.received)
        await venue.system("sim.step", {"step": 2, "is_last": True})
        await playing
    methods = [method for method, _ in venue.received]
    assert methods[:3] == ["subscribe", "order.place", "sim.ready"]
    assert [at for kind, at in bot.heard if kind == "timer"] == [2_250_000]


async def test_a_turn_that_comes_before_the_snapshots_is_taken_after_them() -> None:
    bot = Trader()
    async with running(with_snapshots(Venue(seed=3, lock_step=True))) as venue:
        missing = venue.bodies.pop("phase")
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(venue.subscriptions))
        await venue.system("sim.step", {"step": 0})
        await until(lambda: ("price", 4400.5) not in bot.heard and bool(bot.prices))
        assert bot.heard == []
        await venue.publish("phase", "snapshot", missing)
        await until(lambda: ("sim.ready", {"step": 0}) in venue.received)
        await venue.system("sim.step", {"step": 1, "is_last": True})
        await playing
    assert bot.heard[0][0] == "start"


async def test_several_bots_connect_in_order_and_play_together() -> None:
    bots, ready = [Trader(seed=seed) for seed in range(3)], []
    async with running(with_snapshots(Venue(seed=3))) as venue:
        seats = [BotSeat(bot=bot, api_key=KEY) for bot in bots]
        playing = asyncio.create_task(
            run_many(seats, venue.url, on_ready=lambda: ready.append(len(venue.peers)))
        )
        await until(lambda: all(bot.heard for bot in bots))
        await venue.system("round.ended", {"round_id": 1})
        await playing
    assert ready == [3]
    placed = [p["client_order_id"] for m, p in venue.received if m == "order.place"]
    assert sorted(placed) == ["1-1", "2-1", "3-1"]


async def test_a_hook_that_raises_ends_the_run_with_its_exception() -> None:
    class Broken(Bot):
        def on_price(self, price: PriceBody) -> None:
            raise ZeroDivisionError

    async with running(with_snapshots(Venue())) as venue:
        playing = asyncio.create_task(run_many([BotSeat(Broken(), KEY)], venue.url))
        await until(lambda: bool(venue.subscriptions))
        await venue.publish("prices", "prices", {"prices": [PRICE]})
        with pytest.raises(ExceptionGroup) as raised:
            await playing
    assert raised.group_contains(ZeroDivisionError)


async def test_a_bot_that_is_stopped_says_goodbye() -> None:
    bot = Trader()
    async with running(with_snapshots(Venue(seed=3))) as venue:
        link = Link(venue.url, KEY, options=FAST)
        run = BotRun(bot, link)
        await run.open()
        playing = asyncio.create_task(run.play())
        await until(lambda: ("order", "working") in bot.heard)
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing
        await link.drain()
        await until(lambda: "order.cancel_all" in [m for m, _ in venue.received])
        await link.close()
    assert bot.heard[-1] == ("stop", None)


async def test_a_server_that_sends_the_bot_away_ends_the_run() -> None:
    bot = Trader()
    async with running(with_snapshots(Venue(seed=3))) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        await venue.peers[0].socket.close(code=1008)
        with pytest.raises(SessionClosedError, match="1008"):
            await playing
    assert bot.heard[-1] == ("stop", None)


async def test_a_command_lost_with_its_connection_is_told_as_unknown() -> None:
    bot = Trader()
    async with running(with_snapshots(Venue(seed=3))) as venue:
        venue.silent_methods.add("order.place")
        venue.refusals["order.cancel_all"] = problem("ORDER_NOT_FOUND", 404)
        seats = [BotSeat(bot, KEY)]
        playing = asyncio.create_task(run_many(seats, venue.url, options=FAST))
        await until(lambda: any(method == "order.place" for method, _ in venue.received))
        venue.peers[0].break_off()
        await until(lambda: ("reject", "PROCESSING_TIMEOUT") in bot.heard)
        await until(lambda: bool(venue.peers))
        await venue.system("round.ended", {"round_id": 1})
        await playing
