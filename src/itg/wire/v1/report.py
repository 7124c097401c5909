"""What a team is told after a round: its score's terms, its P&L taken apart, how it was served.

Money is USD, instants are game time in microseconds. Null: not known, or nothing to tell of.
"""

from typing import Literal

from itg.wire.v1.measures import MarkoutsBody, PnlBody, PnlPartsBody
from itg.wire.v1.orders import Body, Request, SideWord, WireInt
from itg.wire.v1.scores import TeamScoreBody


class ScoringBody(Body, frozen=True, kw_only=True):
    """How terms become a score: the groups' weights, and what counts of the measured score."""

    formula_version: int
    ranking: str
    kpi_weight: int
    compliance_weight: int
    risk_weight: int
    points_per_spread: float
    spreads_max: float
    interval_s: int


class TradedSpreadBody(Body, frozen=True, kw_only=True):
    """Effective spread of trades on one side of liquidity, paid positive, earned negative.

    `total` is Σ 2 × side × (price − mark at the trade) × quantity × multiplier; `average` the same
    per contract of multiplier 1, in USD of price.
    """

    contracts: int
    total: float
    average: float | None


class ShortfallBody(Body, frozen=True, kw_only=True):
    """Implementation shortfall of what orders traded, cost positive.

    `total` is Σ side × (price − mark at the order's acceptance) × quantity × multiplier, `average`
    per contract of multiplier 1. `unmarked`: contracts whose order came before any mark.
    """

    contracts: int
    total: float
    average: float | None
    unmarked: int


class CoverageTotalsBody(Body, frozen=True, kw_only=True):
    """Series-seconds that an obligation to quote asked for and that counted as quoted."""

    obliged: int
    covered: int
    share: float | None


class QualityBody(Body, frozen=True, kw_only=True):
    """Orders and quotes, and what they got. `fill_ratio`: contracts filled ÷ contracts ordered."""

    orders: int
    orders_rejected: int
    orders_canceled: int
    ordered_contracts: int
    filled_contracts: int
    fill_ratio: float | None
    quote_updates: int
    quotes_rejected: int
    quoted_contracts: int
    taker_spread: TradedSpreadBody
    maker_spread: TradedSpreadBody
    shortfall: ShortfallBody
    coverage: CoverageTotalsBody


class TimelineItemBody(Body, frozen=True, kw_only=True):
    """One entry; `used` and `limit` in the limit's unit (contracts, equivalents, shares, USD)."""

    game_us: int
    kind: str
    subject: str
    used: float | None = None
    limit: float | None = None


class SocketsBody(Body, frozen=True, kw_only=True):
    """From this instant on so many sockets were open."""

    game_us: int
    sockets: int


class LatencyBucketBody(Body, frozen=True, kw_only=True):
    """Commands answered within `at_most_ms`, those of the buckets before not counted again."""

    at_most_ms: float | None
    answered: int


class PercentileBody(Body, frozen=True, kw_only=True):
    """So many percent were answered within `at_most_ms`; null: beyond the last bound."""

    percent: float
    at_most_ms: float | None


class ServiceBody(Body, frozen=True, kw_only=True):
    """How the server saw the team: looked at once a game minute, `connected` times with a socket.

    Latency is wall time from reading a command to its answer, network excluded.
    """

    notes: int
    connected: int
    uptime: float | None
    sockets: list[SocketsBody]
    answered: int
    latency: list[LatencyBucketBody]
    percentiles: list[PercentileBody]


class KnownBody(Body, frozen=True, kw_only=True):
    """What the team could know at a trade: the last headline and the last signal to its role."""

    headline: str | None
    headline_us: int | None
    signal: str | None
    signal_us: int | None


class DecisionBody(Body, frozen=True, kw_only=True):
    """A trade and what it was worth a minute later; `gain` = side × (mark later − price) × cash.

    `edge` is the same with the mark at the trade.
    """

    trade_id: int
    game_us: int
    instrument_id: str
    side: SideWord
    is_maker: bool
    is_auction: bool
    quantity: int
    price: float
    mark_price: float
    mark_later: float
    edge: float
    gain: float
    known: KnownBody


class ReportBody(Body, frozen=True, kw_only=True):
    """One team's report of a round; the first fields say of which.

    `pnl` has one-minute intervals, `pnl_total` their sum. `service` null: nothing was noted, as in
    lock step. `timeline_omitted`: so many entries of the team's own came after those told.
    """

    report_version: int
    scenario: str
    scenario_hash: str
    round_id: int
    trading_day: str
    team_id: str
    team_name: str
    role: str
    teams: int
    start_us: int
    scored_us: int
    scoring: ScoringBody
    score: TeamScoreBody
    pnl_total: PnlPartsBody
    pnl: PnlBody
    markouts: MarkoutsBody
    quality: QualityBody
    timeline: list[TimelineItemBody]
    timeline_omitted: int
    service: ServiceBody | None
    best: list[DecisionBody]
    worst: list[DecisionBody]


class ReportParams(Request, frozen=True, kw_only=True):
    """Whose report of an ended round, and in which form; only an organizer names a team.

    Without `format` the request's Accept header decides: HTML where it asks for it, else JSON.
    """

    round_id: WireInt
    team_id: str | None = None
    format: Literal["json", "html"] | None = None
