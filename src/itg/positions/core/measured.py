"""What is measured of accounts and trades: the state, and what a booking does to it.

An account's profit and loss since the day began is kept as what its bookings left (`gains`) plus
Σ net × what a contract has gained since (`Listing.rises`). A booking of `contracts` takes
`contracts × rises` from the first, so that what a contract gained before it was held counts for
nothing: nothing per account has to be done when a mark moves. And nothing is done when an account
trades but to note where: a holding knows its cash flow, and until a mark moves again everything
that its fills were worth can be accounted for at once.
"""

from array import array
from collections import deque
from collections.abc import Iterable

from itg.kernel.ids import AccountId, Role, TradeId, UnderlyingId
from itg.kernel.money import Price, Quantity
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.kernel.words import Side
from itg.positions.contract import MARKOUTS_S, MarkedTrade
from itg.positions.core.facts import Trade
from itg.positions.core.listings import Listing
from itg.positions.core.nets import (
    DELTA,
    FEES,
    GAMMA,
    PARTS,
    RESIDUAL,
    SPREAD_CAPTURE,
    THETA,
    VEGA,
    Nets,
)
from itg.positions.core.portfolio import Holding, Stake

MINUTE_FIELDS = 1 + PARTS  # its number since the epoch, and the parts
MINUTES_MAX = 14_400  # of one account: ten days of a market that never closes
DAYS_MAX = 10
TRADES_MAX = 20_000  # of the day; older ones can be neither undone nor moved any more

# When, the trade, what in, and when the last jump was.
Traded = tuple[Nanos, Trade, Listing, Nanos | None]
MarkoutKey = tuple[Role, bool]  # the counterparty's role; whether the account was the maker


class MarkoutSums:
    """Trades against one role on one side of liquidity; edges at the trade and later."""

    __slots__ = ("contracts", "edges", "trades")

    def __init__(self, trades: int = 0, contracts: int = 0, edges: Iterable[int] = ()) -> None:
        self.trades = trades
        self.contracts = contracts
        self.edges = list(edges) or [0] * (1 + len(MARKOUTS_S))

    def add(self, trades: int, contracts: int, edges: Iterable[int]) -> None:
        """Count trades in, or out when their number is negative."""
        self.trades += trades
        self.contracts += contracts
        self.edges = [sum(pair) for pair in zip(self.edges, edges, strict=True)]


class Measured:
    """What one account has made since the day began, and by the minute for ten days."""

    __slots__ = (
        "gains",
        "legs",
        "looked",
        "markouts",
        "minutes",
        "nets",
        "row",
        "told",
        "touched",
        "underlying",
    )

    def __init__(self, nets: Nets, row: int) -> None:
        self.nets = nets
        self.row = row
        self.gains = [0] * PARTS
        self.underlying = 0  # of `gains`, what is of underlyings
        self.told = [0] * PARTS  # the day's parts when the minute began
        self.looked: list[int] = []  # its row of `Nets.sums`, within a look at all accounts
        self.legs: list[int] = []  # then too: weighed deltas, 1e-12 of the leader's equivalents
        self.minutes: array[int] = array("q")
        self.markouts: dict[MarkoutKey, MarkoutSums] = {}
        self.touched: dict[int, Holding] = {}  # by the listing's index: filled, not settled up

    def begin_day(self) -> None:
        """Count from zero."""
        self.gains = [0] * PARTS
        self.told = [0] * PARTS
        self.underlying = 0
        self.markouts = {}

    def sit(self, holding: Holding) -> None:
        """Note what is held of an instrument already."""
        if holding.net:
            holding.listing.holders += 1
            self.nets.put(self.row, holding.listing, holding.net)

    def join(self, holding: Holding) -> None:
        """Measure a holding from now on."""
        stake = holding.stake = Stake()
        stake.follow(holding)
        self.sit(holding)
        before = [-holding.net * rise for rise in holding.listing.rises]
        stake.parts = before
        self.gains = [gained + part for gained, part in zip(self.gains, before, strict=True)]
        if not holding.listing.is_option:
            self.underlying += sum(before)

    def settle_up(self, holding: Holding, spread: int | None = None) -> None:
        """Account for what was booked in an instrument since the last time, at its mark of now.

        What fills are better than the mark is spread capture, side × (mark − price) × quantity ×
        multiplier; without a mark it is residual. With `spread` so much of it is capture, and the
        residual takes the rest: bookings that are no fills.
        """
        stake, listing, net = holding.stake, holding.listing, holding.net
        if stake is None:
            stake = holding.stake = Stake()
        contracts, fees = net - stake.net, stake.fees - holding.fees
        won, mark = holding.realized - stake.realized, listing.mark_price
        if mark is not None:
            won += mark * contracts * listing.multiplier - holding.cost + stake.cost
        if spread is None:
            spread = 0 if mark is None else won
        residual = won - spread
        stake.follow(holding)
        _, delta, gamma, vega, theta, _, left = listing.rises
        for parts in (stake.parts, self.gains):
            parts[SPREAD_CAPTURE] += spread
            parts[DELTA] -= contracts * delta
            parts[GAMMA] -= contracts * gamma
            parts[VEGA] -= contracts * vega
            parts[THETA] -= contracts * theta
            parts[FEES] += fees
            parts[RESIDUAL] += residual - contracts * left
        if not listing.is_option:
            self.underlying += won + fees - contracts * (delta + gamma + vega + theta + left)
        if contracts:
            listing.holders += (net != 0) - (net != contracts)
            self.nets.put(self.row, listing, net)

    def gain(self, holding: Holding, residual: int) -> None:
        """Add what a holding gained without a booking or a move of its mark."""
        assert holding.stake is not None
        holding.stake.parts[RESIDUAL] += residual
        self.gains[RESIDUAL] += residual
        if not holding.listing.is_option:
            self.underlying += residual

    def close_minute(self, minute: int, rises: list[int]) -> None:
        """Keep a minute that is over, if anything happened; `rises` is Σ net × rise by part."""
        now = [gained + rise for gained, rise in zip(self.gains, rises, strict=False)]
        if now != self.told:
            self.minutes.append(minute)
            self.minutes.extend(
                after - before for after, before in zip(now, self.told, strict=True)
            )
            self.told = now
            self.forget(len(self.minutes) - MINUTES_MAX * MINUTE_FIELDS)

    def forget(self, fields: int) -> None:
        """Drop the oldest minutes, as many as these fields are."""
        if fields > 0:
            del self.minutes[:fields]

    def forget_before(self, minute: int) -> None:
        """Drop the minutes before one."""
        starts = self.minutes[::MINUTE_FIELDS]
        self.forget(MINUTE_FIELDS * sum(start < minute for start in starts))


class Marking:
    """A trade of the day, with the marks it has had so far."""

    __slots__ = ("fact", "is_undone", "later", "listing", "roles")

    def __init__(
        self, fact: MarkedTrade, listing: Listing, roles: tuple[Role, Role], later: Iterable[Price]
    ) -> None:
        self.fact = fact  # without its later marks
        self.listing = listing
        self.roles = roles  # of the maker's account, of the taker's
        self.later = list(later)
        self.is_undone = False  # while it waited

    @property
    def is_done(self) -> bool:
        """Tell whether its last mark has come."""
        return len(self.later) == len(MARKOUTS_S)


class Tape:
    """The day's trades that are measured; those that wait stand in line for their next mark."""

    __slots__ = ("_lines", "trades")

    def __init__(self) -> None:
        self.trades: dict[TradeId, Marking] = {}
        self._lines: tuple[deque[Marking], ...] = tuple(deque() for _ in MARKOUTS_S)

    def add(self, marking: Marking) -> None:
        """Take a trade in, after all earlier ones."""
        self.trades[marking.fact.trade_id] = marking
        if not marking.is_done:
            self._lines[len(marking.later)].append(marking)
        if len(self.trades) > TRADES_MAX:
            oldest = next(iter(self.trades.values()))
            if oldest.is_done:
                del self.trades[oldest.fact.trade_id]

    def due(self, until_ns: int | None) -> list[Marking]:
        """Give the marks of now to trades that fall due before an instant; None: to all that wait.

        Return those whose last mark this was, oldest first.
        """
        done: list[Marking] = []
        nexts: tuple[list[Marking] | deque[Marking], ...] = (*self._lines[1:], done)
        for after_s, line, following in zip(MARKOUTS_S, self._lines, nexts, strict=True):
            while line and (
                until_ns is None or line[0].fact.traded_ns + after_s * NS_PER_S < until_ns
            ):
                marking = line.popleft()
                if not marking.is_undone:
                    assert marking.listing.mark_price is not None
                    marking.later.append(marking.listing.mark_price)
                    following.append(marking)
        return done

    def begin_day(self) -> None:
        """Forget the trades of the day before."""
        self.trades = {id_: one for id_, one in self.trades.items() if not one.is_done}


class Measuring:
    """What the desk keeps to measure by."""

    __slots__ = (
        "accounts",
        "days",
        "minute_ends_ns",
        "nets",
        "ran_ns",
        "runs_since_ns",
        "session_ns",
        "spots",
        "tape",
        "traded",
    )

    def __init__(self) -> None:
        self.session_ns = Nanos(0)  # the length of a session; 0: decay by time is not told apart
        self.accounts: list[tuple[AccountId, Measured]] = []  # in opening order
        self.traded: list[Traded] = []  # since a mark moved
        self.nets = Nets()
        self.tape = Tape()
        self.spots: dict[UnderlyingId, Price] = {}  # the last marks of the underlyings
        self.ran_ns = 0  # session time before `runs_since_ns`
        self.runs_since_ns: Nanos | None = None  # while a session runs
        self.minute_ends_ns = 0
        self.days: list[Nanos] = []  # when the last days began

    def begin_table(self) -> None:
        """Measure nobody, for a beginning."""
        self.accounts = []
        self.nets = Nets()

    def session_time(self, now: Nanos) -> int:
        """Return how long sessions have run in all."""
        since = self.runs_since_ns
        return self.ran_ns if since is None else self.ran_ns + now - since

    @property
    def minute(self) -> int:
        """Return the number of the minute that runs, since the epoch."""
        return self.minute_ends_ns // NS_PER_MINUTE - 1


def signed(side: Side, quantity: Quantity) -> int:
    """Return contracts as they change the position of who is on this side."""
    return quantity if side is Side.BUY else -quantity
