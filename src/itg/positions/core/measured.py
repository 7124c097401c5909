"""What is measured of accounts and trades: the state, and what a booking does to it.

An account's profit and loss since the day began is kept as what its bookings left (`gains`) plus
Σ net × what a contract has gained since (`Listing.rises`). A booking of `contracts` takes
`contracts × rises` from the first, so that what a contract gained before it was held counts for
nothing: nothing per account has to be done when a mark moves.
"""

from array import array
from collections import deque
from collections.abc import Iterable

from itg.kernel.ids import AccountId, Role, TradeId, UnderlyingId
from itg.kernel.money import Price, Quantity
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.kernel.words import Side
from itg.positions.contract import MARKOUTS_S, MarkedTrade
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
from itg.positions.core.portfolio import Holding

MINUTE_FIELDS = 1 + PARTS  # its number since the epoch, and the parts
MINUTES_MAX = 14_400  # of one account: ten days of a market that never closes
DAYS_MAX = 10
TRADES_MAX = 20_000  # of the day; older ones can be neither undone nor moved any more
_MOVING = (DELTA, GAMMA, VEGA, THETA, RESIDUAL)  # the parts a mark's move has

MarkoutKey = tuple[Role, bool]  # the counterparty's role; whether the account was the maker
Booked = tuple[int, int, int]  # spread capture, fees, residual


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

    __slots__ = ("gains", "markouts", "minutes", "nets", "row", "told", "underlying")

    def __init__(self, nets: Nets, row: int) -> None:
        self.nets = nets
        self.row = row
        self.gains = [0] * PARTS
        self.underlying = 0  # of `gains`, what is of underlyings
        self.told = [0] * PARTS  # the day's parts when the minute began
        self.minutes: array[int] = array("q")
        self.markouts: dict[MarkoutKey, MarkoutSums] = {}

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

    def book(self, holding: Holding, net_before: int, booked: Booked) -> None:
        """Account for a booking, after it: what came of it, and contracts that came or went."""
        own = holding.gains
        if own is None:
            own = holding.gains = [0] * PARTS
        gains, listing, net = self.gains, holding.listing, holding.net
        spread_capture, fees, residual = booked
        own[SPREAD_CAPTURE] += spread_capture
        gains[SPREAD_CAPTURE] += spread_capture
        own[FEES] += fees
        gains[FEES] += fees
        own[RESIDUAL] += residual
        gains[RESIDUAL] += residual
        if not listing.is_option:
            self.underlying += spread_capture + fees + residual
        if net != net_before:
            self._carry(holding, own, net - net_before)
            listing.holders += (net != 0) - (net_before != 0)
            self.nets.put(self.row, listing, net)

    def _carry(self, holding: Holding, own: list[int], contracts: int) -> None:
        gains, rises = self.gains, holding.listing.rises
        for part in _MOVING:
            before = contracts * rises[part]
            own[part] -= before
            gains[part] -= before
            if not holding.listing.is_option:
                self.underlying -= before

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
    )

    def __init__(self) -> None:
        self.session_ns = Nanos(0)  # the length of a session; 0: decay by time is not told apart
        self.accounts: list[tuple[AccountId, Measured]] = []  # in opening order
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
