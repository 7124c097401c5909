"""A market on paper for one bot: prices walk, a house quotes, the bot's commands are carried out.

Every command is held to the role's rules before it is carried out; a breach is an assertion. Frames
are those of the wire, so a bot cannot tell it from a server.
"""

from itertools import count, product
from math import exp, sqrt
from typing import Any, Literal

from msgspec import Raw, Struct, json
from tests.bots.waiting import Waiting

from itg.client import greeks
from itg.client.bot import Bot, Setup
from itg.client.commands import BotCommand
from itg.client.dice import Dice
from itg.client.feed import BotFeed
from itg.client.frames import Frame
from itg.client.greeks import Option
from itg.client.pacing import Pacer
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.game import RoleBody, RulesBody
from itg.wire.v1.market import InstrumentBody, TopPush
from itg.wire.v1.orders import BudgetBody, QuoteBody, QuoteRequest, QuotesRequest
from itg.wire.v1.socket import CancelParams, PlaceParams, PullParams, ReplaceParams

STEP_US = 250_000
VOL_PER_STEP = 0.00006
DEVIATION = {"SPX": 0.03, "SPY": 0.03}
YEARS_PER_STEP = 0.25 / (252 * 1800)
TOLERANCE = 1e-9
Data = dict[str, Any]


class Limits(Struct, frozen=True, kw_only=True):
    """A role's numbers, by the names of the rules."""

    position: int
    portfolio: int
    underlying: int
    orders_per_s: int
    quotes_allowed: bool = False
    width: float = 0.06  # of the quotes this role meets, as a fraction of theory


MAKER = Limits(
    position=50, portfolio=200, underlying=200, orders_per_s=10, quotes_allowed=True, width=0.15
)
FUND = Limits(position=150, portfolio=500, underlying=200, orders_per_s=5)
DESK = Limits(position=100, portfolio=300, underlying=200, orders_per_s=7)


class PaperMarket:
    """One bot's market; `log` holds its deals. `years` to expiry: fair values are published."""

    def __init__(self, bot: Bot, limits: Limits, seed: int, *, years: float | None = None) -> None:
        self.bot = bot
        self.years = years
        self.waiting = Waiting(self.tell)
        self.limits = limits
        self.dice = Dice(seed)
        self.feed = BotFeed(bot, lambda _, rejected: bot.on_reject(rejected))
        self.spot = {"SPX": 4400.0, "SPY": 440.0}
        self.gap = 0.0
        self.costs = 0.00008  # half-spread of an underlying, of its price
        self.deviation = dict(DEVIATION)
        self.instruments = {i.instrument_id: i for i in chain()}
        self.nets = dict.fromkeys(self.instruments, 0)
        self.quotes: dict[str, QuoteBody] = {}
        self.tops: dict[str, TopPush] = {}
        self.game_us = 1_000_000
        self.seq = count(1)
        self.order_count = 0
        self.quote_count = 0
        self.log: list[Data] = []
        budgets = [
            BudgetBody(kind="orders", per_s=n, burst=n, remaining=n) for n in (limits.orders_per_s,)
        ]
        self.pacer = Pacer([*budgets, quote_budget()], has_jitter=False)
        self.open(role_of(limits))

    def open(self, role: RoleBody) -> None:
        rules = RulesBody(
            scenario="paper", scenario_hash="", open_registration=True, lock_step=True, speed=1.0,
            roles=[role], problem_codes=[],
        )  # fmt: skip
        self.bot.prepare(
            Setup(role="me", connection_number=1, rules=rules, instruments=self.instruments)
        )
        for underlying in self.spot:
            self.tell("phase", "phase", phase(underlying, "continuous"))
        self.publish()
        self.feed.start(self.game_us)

    def run(self, seconds: int) -> None:
        self.run_steps(seconds * 4)

    def run_steps(self, steps: int) -> None:
        for _ in range(steps):
            self.game_us += STEP_US
            self.walk()
            self.publish()
            self.trade_against_quotes()
            self.trade_against_waiting()
            self.feed.finish(self.game_us)
            self.release()

    def release(self) -> None:
        """Carry out what the bot may send now."""
        for command in self.bot.lanes.release(self.pacer, self.game_us):
            self.carry_out(command)

    def walk(self) -> None:
        move = VOL_PER_STEP * self.noise()
        self.gap += -0.0004 * self.gap + 0.00006 * self.noise()
        self.spot["SPX"] = round(self.spot["SPX"] * exp(move), 2)
        self.spot["SPY"] = round(self.spot["SPX"] / 10 * exp(self.gap), 2)
        for name in self.deviation:
            self.deviation[name] *= exp(0.0008 * self.noise())

    def noise(self) -> float:
        return sqrt(12) * (sum(self.dice.uniform() for _ in range(4)) - 2) / 2

    # -- what the bot is shown ------------------------------------------------

    def publish(self) -> None:
        prices = [
            {"underlying_id": name, "price": spot, "is_moving": True, "game_us": self.game_us}
            for name, spot in self.spot.items()
        ]
        self.tell("prices", "prices", {"prices": prices})
        if self.years is not None:
            self.years -= YEARS_PER_STEP
            for underlying in self.spot:
                self.tell(f"chain.{underlying}", "marks", {"marks": self.marks(underlying)})
        for underlying in self.spot if self.game_us % 1_000_000 == 0 else ():
            rows = [self.top(i) for i in self.instruments.values() if i.underlying_id == underlying]
            changed = [row for row in rows if self.tops.get(row.instrument_id) != row]
            self.tops.update((row.instrument_id, row) for row in changed)
            self.tell(f"bbo.{underlying}", "tops", {"tops": changed})

    def marks(self, underlying: str) -> list[MarkPush]:
        assert self.years is not None
        deviation, spot = self.deviation[underlying], self.spot[underlying]
        rows: list[MarkPush] = []
        for name, one in self.instruments.items():
            if one.underlying_id == underlying and one.right and one.strike:
                value = greeks.greeks(Option(one.right, one.strike, 1.0), spot, deviation)
                rows.append(
                    MarkPush(
                        instrument_id=name,
                        mark_price=value.price,
                        iv=deviation / sqrt(self.years),
                        delta=value.delta,
                        gamma=value.gamma,
                        vega=value.vega,
                        theta=0.0,
                    )
                )
        return rows

    def theory(self, instrument: InstrumentBody) -> float:
        spot = self.spot[instrument.underlying_id]
        if instrument.strike is None or instrument.right is None:
            return spot
        option = Option(instrument.right, instrument.strike, 1.0)
        return greeks.price(option, spot, self.deviation[instrument.underlying_id])

    def top(self, instrument: InstrumentBody) -> TopPush:
        theory = self.theory(instrument)
        half = self.costs * theory if instrument.strike is None else self.limits.width / 2 * theory
        half = max(half, 0.01)
        bid, ask = max(round(theory - half, 2), 0.01), round(theory + half, 2)
        sizes, own = [20, 20], self.quotes.get(instrument.instrument_id)
        if own is not None and own.bid is not None and own.bid >= bid:
            bid, sizes[0] = own.bid, own.bid_quantity
        if own is not None and own.ask is not None and own.ask <= ask:
            ask, sizes[1] = own.ask, own.ask_quantity
        return TopPush(
            instrument_id=instrument.instrument_id, bid=bid, bid_quantity=sizes[0], ask=ask,
            ask_quantity=sizes[1],
        )  # fmt: skip

    def tell(self, channel: str, kind: str, data: object) -> None:
        text = Raw(json.encode(data))
        self.feed.take(
            Frame(channel=channel, type=kind, game_us=self.game_us, seq=next(self.seq), data=text)
        )

    # -- what the bot does ----------------------------------------------------

    def carry_out(self, command: BotCommand) -> None:
        match command.params:
            case PlaceParams():
                self.place(command.params)
            case ReplaceParams():
                self.waiting.replace(command.params)
            case CancelParams():
                self.waiting.cancel(command.params)
            case QuotesRequest():
                for quote in command.params.quotes:
                    self.set_quote(quote)
            case PullParams():
                for name in [command.params.instrument_id] if command.params.instrument_id else []:
                    self.quotes.pop(name, None)
                    self.tell("private", "quote", {"quote": empty(name)})
            case _:
                raise AssertionError(command)

    def place(self, order: PlaceParams) -> None:
        self.order_count += 1
        is_market = order.order_type == "market"
        assert 0 < order.quantity <= 500
        signed = order.quantity if order.side == "buy" else -order.quantity
        waiting = sum(self.waiting.signed(order.instrument_id))
        self.assert_within(order.instrument_id, self.nets[order.instrument_id] + signed + waiting)
        if not is_market and order.time_in_force != "ioc":
            self.waiting.add(order)
            return
        assert waiting * signed >= 0, "would trade with itself"
        top = self.tops[order.instrument_id]
        price = top.ask if order.side == "buy" else top.bid
        assert price is not None
        if is_market or order.price == price:
            self.settle(order.instrument_id, signed, price)

    def trade_against_waiting(self) -> None:
        # Now and then somebody takes; and what is better than the other side's best trades at once.
        for body in list(self.waiting.orders.values()):
            top, price = self.tops[body.instrument_id], body.price or 0.0
            crosses = price >= (top.ask or 1e9) if body.side == "buy" else price <= (top.bid or 0.0)
            if crosses or self.dice.below(40) == 0:
                self.settle(body.instrument_id, self.waiting.fill(body), price)

    def assert_within(self, name: str, net: int) -> None:
        is_option = self.instruments[name].kind == "option"
        limit = self.limits.position if is_option else self.limits.underlying
        assert abs(net) <= limit or abs(net) < abs(self.nets[name]), (name, net)
        held = sum(abs(n) for i, n in self.nets.items() if self.instruments[i].kind == "option")
        if is_option and abs(net) > abs(self.nets[name]):
            assert held - abs(self.nets[name]) + abs(net) <= self.limits.portfolio

    def set_quote(self, quote: QuoteRequest) -> None:
        self.quote_count += 1
        assert self.limits.quotes_allowed
        bid, ask = (float(p) if p is not None else None for p in (quote.bid, quote.ask))
        if bid is not None and ask is not None:
            assert 0.0 < bid < ask
            assert ask - bid <= max(0.1 * (bid + ask) / 2, 0.05) + TOLERANCE, (bid, ask)
        for size, worst in ((quote.bid_quantity, 1), (quote.ask_quantity, -1)):
            if size:
                assert size >= 10
                net = self.nets[quote.instrument_id] + worst * size
                assert abs(net) <= self.limits.position, (quote, net)
        body = QuoteBody(
            instrument_id=quote.instrument_id, bid_order_id=1, bid=bid,
            bid_quantity=quote.bid_quantity or 0, ask_order_id=2, ask=ask,
            ask_quantity=quote.ask_quantity or 0,
        )  # fmt: skip
        self.quotes[quote.instrument_id] = body
        self.tell("private", "quote", {"quote": body})

    def trade_against_quotes(self) -> None:
        names = list(self.quotes)
        if not names or self.dice.below(2):
            return
        quote = self.quotes[names[self.dice.below(len(names))]]
        is_buy = self.dice.below(2) == 0
        price, size = (quote.bid, quote.bid_quantity) if is_buy else (quote.ask, quote.ask_quantity)
        if price is not None and size:
            taken = 1 + self.dice.below(size)
            left = size - taken
            sides: Data = {"bid_quantity": left} if is_buy else {"ask_quantity": left}
            reduced = {**json.decode(json.encode(quote)), **sides}
            if not left:
                reduced.update({"bid": None} if is_buy else {"ask": None})
            self.quotes[quote.instrument_id] = json.decode(json.encode(reduced), type=QuoteBody)
            self.tell("private", "quote", {"quote": reduced})
            self.settle(quote.instrument_id, taken if is_buy else -taken, price)

    def settle(self, name: str, signed: int, price: float) -> None:
        self.nets[name] += signed
        self.log.append({"instrument_id": name, "signed": signed, "price": price})
        held = {
            "instrument_id": name, "net_quantity": self.nets[name], "average_price": price,
            "realized_pnl": 0.0, "unrealized_pnl": 0.0, "fees": 0.0,
        }  # fmt: skip
        self.tell("private", "position", {"position": held, "cash": 0.0})


def chain() -> list[InstrumentBody]:
    listed: list[InstrumentBody] = []
    for underlying, spot in (("SPX", 4400.0), ("SPY", 440.0)):
        listed.append(underlying_body(underlying))
        for week, step in product((1, 2), (-2, -1, 0, 1, 2)):
            strike = spot * (1 + step / 100)
            listed += [option_body(underlying, week, strike, right) for right in ("call", "put")]
    return listed


def underlying_body(name: str) -> InstrumentBody:
    return InstrumentBody(
        instrument_id=name, underlying_id=name, kind="underlying", multiplier=100, tick_size=0.01
    )


def option_body(
    underlying: str, week: int, strike: float, right: Literal["call", "put"]
) -> InstrumentBody:
    return InstrumentBody(
        instrument_id=f"{underlying}-{week}-{right}-{strike:g}",
        underlying_id=underlying,
        kind="option",
        multiplier=100,
        tick_size=0.01,
        right=right,
        strike=strike,
        expiry_date="2026-12-17",
        expires_us=week * 10**15,
    )


def role_of(limits: Limits) -> RoleBody:
    return RoleBody(
        role="me", maker_fee=0.0, taker_fee=0.0, starting_cash=0.0,
        quotes_allowed=limits.quotes_allowed, can_register=True,
        constraints=[
            {"kind": "position_limit", "max_quantity": limits.position},
            {"kind": "portfolio_limit", "max_quantity": limits.portfolio},
            {"kind": "underlying_limit", "max_quantity": limits.underlying},
            {"kind": "quote_size", "min_quantity": 10},
        ],
    )  # fmt: skip


def quote_budget() -> BudgetBody:
    return BudgetBody(kind="quotes", per_s=120, burst=240, remaining=240)


def phase(underlying: str, word: str) -> Data:
    return {
        "underlying_id": underlying, "instrument_id": None, "phase": word, "previous": None,
        "next_phase": None, "next_transition_us": None,
    }  # fmt: skip


def empty(name: str) -> Data:
    return {
        "instrument_id": name, "bid_order_id": None, "bid": None, "bid_quantity": 0,
        "ask_order_id": None, "ask": None, "ask_quantity": 0,
    }  # fmt: skip
