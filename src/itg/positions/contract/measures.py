"""What is measured of accounts and trades, for reports and scores; money is cash."""

from msgspec import Struct

from itg.kernel.ids import AccountId, InstrumentId, TradeId
from itg.kernel.messages import Event, Query, Reply
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Side

MARKOUTS_S = (1, 5, 30, 60)  # seconds after a trade at which its mark is read again


class PnlParts(Struct, frozen=True, gc=False, array_like=True):
    """A profit and loss taken apart; the parts add up to it exactly.

    What a trade was better than the mark; what held contracts gained by the spot's move, its
    square, implied volatility and time; fees as they change cash; and what these leave over.
    """

    spread_capture: Cash = Cash(0)
    delta: Cash = Cash(0)
    gamma: Cash = Cash(0)
    vega: Cash = Cash(0)
    theta: Cash = Cash(0)
    fees: Cash = Cash(0)
    residual: Cash = Cash(0)


class Outside(Struct, frozen=True, gc=False, array_like=True):
    """A watched limit that is breached now: what is used of it, in its own unit."""

    kind: str
    used: int
    limit: int


class AccountMeasure(Struct, frozen=True, gc=False, array_like=True):
    """One account at an instant; sums count from the day's first leaving of `closed`.

    `delta` and `legs` are signed, 1e-6 of the leader's equivalents; a leg is one underlying with
    its options, in the order of the delta limit's weights. `obliged` and `covered` are
    series-seconds: how many an obligation to quote asked for, how many counted as quoted.
    """

    account_id: AccountId
    equity: Cash
    pnl: PnlParts = PnlParts()
    underlying_pnl: Cash = Cash(0)  # of `pnl`, what was made in underlyings, fees included
    delta: int = 0
    legs: tuple[int, ...] = ()
    options_held: int = 0  # Σ |net| over options
    obliged: int = 0
    covered: int = 0
    is_balanced: bool = True  # by the role's leg balance, grace not counted
    outside: tuple[Outside, ...] = ()


class AccountsMeasured(Event, frozen=True, kw_only=True):
    """The accounts of measured roles in opening order, once a second while the market is open.

    Open is every phase but `closed`.

    `is_trading`: a shard traded continuously, so that who was outside a limit could have acted.
    `is_asked`: `MeasureAccounts` asked for it; no second of the market.
    """

    is_trading: bool
    measures: tuple[AccountMeasure, ...]
    is_asked: bool = False


class MarkedTrade(Struct, frozen=True, gc=False, array_like=True):
    """A trade with its marks: then, and `MARKOUTS_S` later (the last one known at a day's end).

    `half_spread` is half the widest quote a maker may show there, `delta` one contract's, 1e-6 of
    the leader's equivalents. An adjusted trade has its new price.
    """

    trade_id: TradeId
    instrument_id: InstrumentId
    traded_ns: Nanos
    price: Price
    quantity: Quantity
    multiplier: int
    aggressor_side: Side
    maker_account_id: AccountId
    taker_account_id: AccountId
    is_auction: bool
    mark_price: Price
    marks_later: tuple[Price, ...]
    half_spread: Price
    delta: int


class TradesMarked(Event, frozen=True, kw_only=True):
    """Trades whose last mark has come, oldest first; a busted one is never told."""

    trades: tuple[MarkedTrade, ...]


class GetPnl(Query, frozen=True, kw_only=True):
    """Read an account's profit and loss by interval, from an instant to another, exclusive.

    Intervals are whole multiples of a minute; those of the last ten days are kept. The day by
    instrument is that of the seat the account has, or had at `seat_at_ns` if it left it since.
    """

    account_id: AccountId
    seat_at_ns: Nanos | None = None
    from_ns: Nanos = Nanos(0)
    to_ns: Nanos | None = None
    step_ns: Nanos = Nanos(60_000_000_000)


class PnlInterval(Struct, frozen=True, gc=False, kw_only=True):
    """One interval's profit and loss; `pnl` is the sum of the parts."""

    start_ns: Nanos
    pnl: Cash
    parts: PnlParts


class InstrumentPnl(Struct, frozen=True, gc=False, kw_only=True):
    """One instrument's profit and loss of the day."""

    instrument_id: InstrumentId
    pnl: Cash
    parts: PnlParts


class PnlHistory(Reply, frozen=True, kw_only=True):
    """Intervals in which something was gained or lost, oldest first, and the day by instrument."""

    account_id: AccountId
    intervals: tuple[PnlInterval, ...]
    instruments: tuple[InstrumentPnl, ...]


class GetMarkouts(Query, frozen=True, kw_only=True):
    """Read what an account's trades of the day were worth a while later.

    Trades of the seat the account has, or had at `seat_at_ns` if it left it since.
    """

    account_id: AccountId
    seat_at_ns: Nanos | None = None


class MarkoutRow(Struct, frozen=True, gc=False, kw_only=True):
    """Trades against one role, on one side of liquidity.

    `edge` is Σ side × (mark − price) × quantity × multiplier at the trade, `edges_later` the same
    with the marks `MARKOUTS_S` later.
    """

    counterparty_role: str
    is_maker: bool
    trades: int
    contracts: int
    edge: Cash
    edges_later: tuple[Cash, ...]


class Markouts(Reply, frozen=True, kw_only=True):
    """Rows by counterparty's role in the scenario's order, maker before taker."""

    account_id: AccountId
    rows: tuple[MarkoutRow, ...]


class GetCoverage(Query, frozen=True, kw_only=True):
    """Read how an account meets its obligation to quote."""

    account_id: AccountId


class SeriesCoverage(Struct, frozen=True, gc=False, kw_only=True):
    """One obligated series over the rolling window, 1e-6; `is_covered` at the last look.

    One that was chosen a moment ago is not asked for yet: its grace lasts.
    """

    instrument_id: InstrumentId
    coverage_ppm: int
    is_covered: bool
    is_asked: bool = True


class Coverage(Reply, frozen=True, kw_only=True):
    """The rolling window over all obligated series, 1e-6, and each; empty without obligation.

    `coverage_ppm` is None, too, before the day has asked for anything. `relief_ppm` is the share of
    the session that was counted as covered by full limits. `obliged` and `covered` are the day's
    series-seconds: asked for, and counted as quoted, relief included.
    """

    account_id: AccountId
    coverage_ppm: int | None
    relief_ppm: int = 0
    is_rebate_halved: bool = False
    series: tuple[SeriesCoverage, ...] = ()
    obliged: int = 0
    covered: int = 0
