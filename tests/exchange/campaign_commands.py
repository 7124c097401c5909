"""Random commands, each as the engine's message and as the judge hears it.

Ids are mostly drawn from living orders, prices near the market and the collar's edges, so that
what a command meets is seldom nothing.
"""

from collections.abc import Callable
from typing import Any

from tests.dice import Dice
from tests.exchange.reference import ReferenceExchange
from tests.exchange.reference_market import TICK, Order

from itg.exchange.contract import (
    BustTrade,
    CancelOrder,
    HaltTrading,
    MassCancel,
    PlaceOrder,
    ReplaceOrder,
    ResumeTrading,
    SetPhase,
    SetQuote,
    SetSchedule,
)
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    ReservationId,
    Shard,
    TradeId,
    UnderlyingId,
)
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    CancelReason,
    InFreeze,
    OrderType,
    Phase,
    PhaseBoundary,
    SelfTradePolicy,
    Side,
    TimeInForce,
)
from itg.market_data.contract import Mark, MarksPublished, PricesStepped, SpotPrice

SHARD = Shard(0)
ACCOUNTS = ("ann", "ben", "cho", "dee")
POLICIES = tuple(policy.value for policy in SelfTradePolicy)
PHASES = ("pre_open", "opening_auction", "continuous", "closing_auction", "closed")
RESERVATION = ReservationId(1)
FORCES = (None, None, None, None, None, "day", "ioc", "ioc", "fok", "gtt", "gtt", "opg", "cls")
TYPES = ("limit",) * 12 + ("market",) * 2 + ("stop",) * 3 + ("stop_limit",) * 3
REASONS = ("mass_cancel", "kill_switch", "disconnected", "deadman")

# The engine's message, and the same act on the judge.
Command = tuple[Message, Callable[[], None]]


class Drawing:
    """Draws the next command from what the judge knows to be there."""

    def __init__(self, dice: Dice, judge: ReferenceExchange) -> None:
        self.dice = dice
        self.judge = judge
        self.names = [listing.name for listing in judge.shard.listings]
        self.spots = {"U": 2_200, "V": 220}
        self.now = 0  # of the command to come

    def place(self) -> Command:
        terms = self._terms()
        terms["instrument"] = "X" if self.dice.random() < 0.003 else self.dice.choice(self.names)
        message = PlaceOrder(
            shard=SHARD,
            reservation_id=RESERVATION,
            account_id=AccountId(terms["account"]),
            instrument_id=InstrumentId(terms["instrument"]),
            side=Side(terms["side"]),
            quantity=Quantity(terms["quantity"]),
            order_type=OrderType(terms["type"]),
            price=units(terms["price"]),
            time_in_force=None if terms["tif"] is None else TimeInForce(terms["tif"]),
            post_only=terms["post_only"],
            stp=SelfTradePolicy(terms["stp"]),
            stop_price=units(terms["stop"]),
            display_quantity=None if terms["display"] is None else Quantity(terms["display"]),
            expires_ns=None if terms["expires"] is None else Nanos(terms["expires"]),
        )
        return message, lambda: self.judge.place(terms)

    def _terms(self) -> dict[str, Any]:
        dice = self.dice
        kind, tif = dice.choice(TYPES), dice.choice(FORCES)
        slip = dice.random() < 0.03  # terms that do not go together
        if kind != "limit" and tif in ("opg", "cls", "gtt") and not slip and dice.random() < 0.7:
            tif = None
        quantity = dice.choice((0, 1, 1, 2, 2, 3, 3, 5, 5, 8, 8, 13))
        shows = kind == "limit" and tif in (None, "day", "gtt") and dice.random() < 0.25
        is_stop, is_priced = kind in ("stop", "stop_limit"), kind in ("limit", "stop_limit")
        expires = self.now + dice.choice((1, 3, 10, 40)) if tif == "gtt" else None
        if slip:
            is_stop, is_priced = dice.random() < 0.5, dice.random() < 0.5
            shows = dice.random() < 0.3
            expires = dice.choice((None, expires, self.now, self.now + 5))
        return {
            "account": dice.choice(ACCOUNTS),
            "side": dice.choice(("buy", "sell")),
            "type": kind,
            "price": self._price() if is_priced else None,
            "stop": self._price() if is_stop else None,
            "quantity": quantity,
            "tif": tif,
            "post_only": dice.random() < (0.1 if kind == "limit" or slip else 0.02),
            "stp": dice.choice(POLICIES),
            "display": dice.choice((0, 1, 1, 2, 3, 4)) if shows else None,
            "expires": expires,
        }

    def replace(self) -> Command:
        dice = self.dice
        order_id, account = self._target()
        changes: dict[str, Any] = {}
        if dice.random() < 0.5:
            changes["price"] = self._price()
        if dice.random() < 0.6:
            changes["quantity"] = dice.choice((1, 2, 3, 5, 8, 13))
        if dice.random() < 0.2:
            changes["revision"] = dice.choice((1, 1, 2, 3))
        message = ReplaceOrder(
            shard=SHARD,
            reservation_id=RESERVATION,
            account_id=AccountId(account),
            order_id=OrderId(order_id),
            price=units(changes.get("price")),
            quantity=Quantity(changes["quantity"]) if "quantity" in changes else None,
            expected_revision=changes.get("revision"),
        )
        return message, lambda: self.judge.replace(order_id, account, changes)

    def cancel(self) -> Command:
        order_id, account = self._target()
        message = CancelOrder(
            shard=SHARD, account_id=AccountId(account), order_id=OrderId(order_id)
        )
        return message, lambda: self.judge.cancel(order_id, account)

    def mass_cancel(self) -> Command:
        dice = self.dice
        orders = dice.random() < 0.8
        terms: dict[str, Any] = {
            "account": dice.choice(ACCOUNTS),
            "side": dice.choice((None, None, "buy", "sell")),
            "instrument": dice.choice((None, None, *self.names)),
            "quotes": not orders or dice.random() < 0.5,
            "orders": orders,
            "reason": dice.choice(REASONS),
            "in_freeze": dice.choice(("skip", "defer", "act")),
        }
        message = MassCancel(
            shard=SHARD,
            account_id=AccountId(terms["account"]),
            instrument_id=None
            if terms["instrument"] is None
            else InstrumentId(terms["instrument"]),
            side=None if terms["side"] is None else Side(terms["side"]),
            quotes=terms["quotes"],
            orders=orders,
            reason=CancelReason(terms["reason"]),
            in_freeze=InFreeze(terms["in_freeze"]),
        )
        return message, lambda: self.judge.mass_cancel(terms)

    def quote(self) -> Command:
        dice = self.dice
        account, stp, middle = dice.choice(ACCOUNTS), dice.choice(POLICIES), self._price()
        name = "X" if dice.random() < 0.003 else dice.choice(self.names)
        bid = (middle - dice.randint(0, 2), dice.randint(0, 9)) if dice.random() < 0.85 else None
        ask = (middle + dice.randint(0, 3), dice.randint(0, 9)) if dice.random() < 0.85 else None
        post_only = dice.random() < 0.3
        message = SetQuote(
            shard=SHARD,
            reservation_id=RESERVATION,
            account_id=AccountId(account),
            instrument_id=InstrumentId(name),
            bid=None if bid is None else Price(bid[0] * TICK),
            bid_quantity=0 if bid is None else bid[1],
            ask=None if ask is None else Price(ask[0] * TICK),
            ask_quantity=0 if ask is None else ask[1],
            stp=SelfTradePolicy(stp),
            post_only=post_only,
        )
        sides = {"buy": bid, "sell": ask}
        return message, lambda: self.judge.quote(account, name, stp, sides, post_only=post_only)

    # the organizer and the market ---------------------------------------------------------------

    def set_phase(self, phase: str, name: str | None = None) -> Command:
        message = SetPhase(shard=SHARD, phase=Phase(phase), instrument_id=named(name))
        return message, lambda: self.judge.set_phase(phase, name)

    def schedule(self, boundaries: list[tuple[int, str]]) -> Command:
        rows = (PhaseBoundary(at_ns=Nanos(at), phase=Phase(phase)) for at, phase in boundaries)
        message = SetSchedule(shard=SHARD, boundaries=tuple(rows))
        return message, lambda: self.judge.schedule(boundaries)

    def halt(self) -> Command:
        name, length = self._scope(), self.dice.choice((None, 1, 10, 30))
        held = None if length is None else Nanos(length)
        message = HaltTrading(shard=SHARD, instrument_id=named(name), halt_ns=held)
        return message, lambda: self.judge.halt(name, length)

    def resume(self) -> Command:
        name = self._scope()
        message = ResumeTrading(shard=SHARD, instrument_id=named(name))
        return message, lambda: self.judge.resume(name)

    def bust(self) -> Command:
        newest = len(self.judge.shard.trades)
        number = self.dice.randint(max(0, newest - 8), newest + 1)
        price = None if self.dice.random() < 0.5 else max(1, self._price())
        message = BustTrade(shard=SHARD, trade_id=TradeId(number), price=units(price))
        return message, lambda: self.judge.bust(number, price)

    def step(self) -> Command:
        """Move the simulated prices a little, or at once a lot, back towards where they began."""
        dice = self.dice
        is_moving = dice.random() < 0.95
        for name, home in (("U", 2_200), ("V", 220)):
            sigma = dice.choice((0.0004, 0.0004, 0.0015, 0.015))
            drawn = self.spots[name] * (1 + dice.gauss(0, sigma))
            self.spots[name] = max(home // 2, round(drawn + 0.02 * (home - drawn)))
        prices = dict(self.spots)
        rows = tuple(SpotPrice(UnderlyingId(n), Price(p), Price(p)) for n, p in prices.items())
        message = PricesStepped(step=self.now, prices=rows, is_moving=is_moving)
        return message, lambda: self.judge.prices(prices, is_moving=is_moving)

    def marks(self) -> Command:
        """Move the option's theory and vega."""
        theory = max(100, round(self.dice.gauss(2_200, 300)))
        vega = round(max(0.0, self.dice.gauss(2_500, 1_500)))
        mark = Mark(InstrumentId("U-C"), Price(theory), 200_000, 500_000, 0, vega, 0)
        message = MarksPublished(step=self.now, marks=(mark,))
        return message, lambda: self.judge.marks({"U-C": (theory, vega)})

    def _price(self) -> int:
        return 0 if self.dice.random() < 0.005 else max(0, round(self.dice.gauss(22, 3.5)))

    def _scope(self) -> str | None:
        return self.dice.choice((None, None, *self.names))

    def _target(self) -> tuple[int, str]:
        """Return an order id, mostly a living one, often one that waits, mostly its owner's."""
        dice, shard = self.dice, self.judge.shard
        living = [o for o in shard.living() if not o["quote"]]
        beside: list[Order] = [o for each in shard.listings for o in each.waiting] + [
            o for o in shard.held if not o["quote"]
        ]
        if living and dice.random() < 0.85:
            order = dice.choice(beside if beside and dice.random() < 0.3 else living)
            return order["id"], order["account"] if dice.random() < 0.95 else dice.choice(ACCOUNTS)
        return dice.randint(0, shard.order_count + 1), dice.choice(ACCOUNTS)


def units(ticks: int | None) -> Price | None:
    return None if ticks is None else Price(ticks * TICK)


def named(name: str | None) -> InstrumentId | None:
    return None if name is None else InstrumentId(name)
