"""What the judge knows: its listings, its orders (plain dicts), and the questions asked of them.

Order prices are in ticks, theories and simulated prices in price units; only edges and references
may lie between two ticks. Nothing is shared with the engine but the words of the rules.
"""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Fact = tuple[Any, ...]
Order = dict[str, Any]
TICK = 100
COLLECTING = ("pre_open", "opening_auction", "closing_auction", "halted")
TAKING = ("pre_open", "continuous", "closing_auction", "halted")


@dataclass(frozen=True)
class Collar:
    """Distances from theory, in the units of the rules."""

    option_ppm: int = 200_000
    vol_points: int = 15
    option_width: int = 500
    underlying_ppm: int = 30_000


@dataclass(frozen=True)
class Rules:
    """How one shard matches and what protects it; None switches a protection off."""

    auction_rule: str = "maximum_volume"
    is_drawn: bool = False
    collar: Collar | None = None
    move_halt: tuple[int, int, int] | None = None  # ppm, window, length
    guard: tuple[int, int] | None = None  # ppm, length
    opening_delay: int = 1_000


@dataclass
class Listing:
    """One instrument: its phase, its book in order of arrival, and what waits beside it."""

    name: str
    underlying: str
    is_option: bool = False
    previous_close: Fraction | int | None = None
    phase: str = "closed"
    queue: list[Order] = field(default_factory=list)
    waiting: list[Order] = field(default_factory=list)  # stops, and orders for the closing auction
    last_price: int | None = None
    indicative: Fact | None = None
    theory: tuple[int, int] | None = None  # price, vega
    opens_at: int | None = None  # a delayed opening is forced then
    has_halt: bool = False  # of its own, beside the shard's
    resumes_at: int | None = None
    deferred: list[dict[str, Any]] = field(default_factory=list)
    auctions: int = 0

    @property
    def reference(self) -> Fraction | int | None:
        return self.previous_close if self.last_price is None else self.last_price


class Shard:
    """The whole state; every act appends what it tells to `facts`."""

    def __init__(self, rules: Rules, listings: list[Listing]) -> None:
        self.rules = rules
        self.listings = listings
        self.phase = "closed"
        self.now = 0
        self.facts: list[Fact] = []
        self.boundaries: list[tuple[int, str]] = []
        self.held: list[Order] = []  # by the jump guard, in order of arrival
        self.order_count = 0
        self.trades: dict[int, Fact] = {}
        self.busted: set[int] = set()
        self.resumes_at: int | None = None
        self.guard_ends_at: int | None = None
        self.guard_moved = False
        self.window: list[tuple[int, dict[str, int]]] = []
        self.spots: dict[str, int] = {}
        self.draws: list[tuple[str, int, tuple[int, ...], tuple[int, ...]]] = []
        self.counts: Counter[str] = Counter()  # of what no fact tells
        self.deepest = 0  # cascade

    def tell(self, *fact: Any) -> None:
        self.facts.append(fact)

    def listing(self, name: str) -> Listing | None:
        return next((each for each in self.listings if each.name == name), None)

    def home(self, order: Order) -> Listing:
        return next(each for each in self.listings if each.name == order["instrument"])

    def find(self, order_id: int) -> Order | None:
        """Return a living order, wherever it stands."""
        return next((o for o in self.living() if o["id"] == order_id), None)

    def living(self) -> list[Order]:
        return [o for each in self.listings for o in each.queue + each.waiting] + self.held

    def new_id(self) -> int:
        self.order_count += 1
        return self.order_count

    def remove(self, order: Order) -> None:
        """Take an order from wherever it stands."""
        home = self.home(order)
        for place in (home.queue, home.waiting, self.held):
            if any(o is order for o in place):
                place[:] = [o for o in place if o is not order]

    def cancel(self, order: Order, reason: str) -> None:
        self.remove(order)
        self.tell("canceled", order["id"], left(order), reason)

    def expire(self, order: Order) -> None:
        self.remove(order)
        self.tell("expired", order["id"], left(order), order["tif"])


def left(order: Order) -> int:
    return int(order["quantity"] - order["filled"])


def show(order: Order) -> None:
    """Show a fresh part: the display quantity, or all there is."""
    order["shown"] = min(order["display"] or left(order), left(order))


def levels(listing: Listing, side: str) -> list[tuple[int, int, int]]:
    """Return (price, displayed quantity, orders), best first."""
    rows: dict[int, tuple[int, int]] = {}
    for o in listing.queue:
        if o["side"] == side and o["price"] is not None:
            quantity, count = rows.get(o["price"], (0, 0))
            rows[o["price"]] = (quantity + o["shown"], count + 1)
    return [(p, *rows[p]) for p in sorted(rows, reverse=side == "buy")]


def edges(shard: Shard, listing: Listing) -> tuple[Fraction, Fraction] | None:
    """Return the collar's low and high edge in ticks; None without a collar or a theory."""
    collar = shard.rules.collar
    if collar is None or listing.theory is None:
        return None
    theory, vega = listing.theory
    if listing.is_option:
        share = Fraction(collar.option_ppm * theory, 1_000_000)
        by_vol = Fraction(collar.vol_points * vega, 100)
        distance = max(share, by_vol, Fraction(collar.option_width))
    else:
        distance = Fraction(collar.underlying_ppm * theory, 1_000_000)
    return (theory - distance) / TICK, (theory + distance) / TICK


def outside(shard: Shard, listing: Listing, side: str, price: int) -> bool:
    """Return whether the collar refuses an order of this side at this price."""
    band = edges(shard, listing)
    return band is not None and (price > band[1] if side == "buy" else price < band[0])


def limit_of(shard: Shard, order: Order) -> Fraction | int | None:
    """Return the worst price an entering order trades at: its own, or the collar's edge."""
    if order["price"] is not None:
        return int(order["price"])
    band = edges(shard, shard.home(order))
    return None if band is None else band[1] if order["side"] == "buy" else band[0]


def opposite(listing: Listing, side: str) -> list[Order]:
    """Return the resting orders of the other side, best price first, then in their order."""
    there = [o for o in listing.queue if o["side"] != side and o["price"] is not None]
    return sorted(there, key=lambda o: o["price"] if side == "buy" else -o["price"])


def crosses(side: str, price: Fraction | int | None, other: int) -> bool:
    return price is None or (other <= price if side == "buy" else other >= price)


def would_take(listing: Listing, side: str, price: int | None, but: str | None = None) -> bool:
    """Return whether an order at this price meets the best opposite; `but` an account's quote."""
    there = [o for o in opposite(listing, side) if not (o["quote"] and o["account"] == but)]
    return bool(there) and crosses(side, price, there[0]["price"])
