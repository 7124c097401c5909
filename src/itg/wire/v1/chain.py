"""Option chains, the volatility surface and price history.

`iv` and `level_iv` are annual volatilities as fractions. delta: change of price per 1.00 of the
underlying. gamma: change of delta per 1.00. vega: USD per volatility point. theta: USD per session.
"""

from typing import Annotated, Literal

from msgspec import Meta

from itg.wire.v1.orders import Body, Request
from itg.wire.v1.reads import PageSize


class ChainRowBody(Body, frozen=True, kw_only=True):
    """One series: its book, its last trade, its fair value and greeks.

    `iv` is fair volatility, `mid_iv` that of the book's middle; null where a price has none.
    """

    instrument_id: str
    right: Literal["call", "put"]
    strike: float
    expires_us: int
    bid: float | None
    bid_quantity: int
    ask: float | None
    ask_quantity: int
    last: float | None
    mark_price: float | None
    iv: float | None
    mid_iv: float | None
    delta: float | None
    gamma: float | None
    vega: float | None
    theta: float | None


class ChainBody(Body, frozen=True, kw_only=True):
    """An underlying's series in listing order; `price` is its last print."""

    underlying_id: str
    price: float | None
    game_us: int
    items: list[ChainRowBody]


class MarkPush(Body, frozen=True, kw_only=True):
    """One series' fair value and greeks."""

    instrument_id: str
    mark_price: float
    iv: float
    delta: float
    gamma: float
    vega: float
    theta: float


class ChainPush(Body, frozen=True, kw_only=True):
    """Data of `chain.{underlying}`: the series whose marks changed, or all in a snapshot."""

    marks: list[MarkPush]


class SurfacePointBody(Body, frozen=True, kw_only=True):
    """Fair volatility at one strike; `moneyness` is ln(strike/spot)/sqrt(years)."""

    strike: float
    moneyness: float
    iv: float


class SurfaceSliceBody(Body, frozen=True, kw_only=True):
    """One expiry, strikes rising; `years` are of sessions, `level_iv` is before skew."""

    expires_us: int
    years: float
    level_iv: float
    strikes: list[SurfacePointBody]


class SurfaceBody(Body, frozen=True, kw_only=True):
    """An underlying's fair volatility, nearest expiry first; empty before the first step."""

    underlying_id: str
    slices: list[SurfaceSliceBody]


class CandleBody(Body, frozen=True, kw_only=True):
    """One interval of the published print, from `start_us` on."""

    start_us: int
    open_price: float
    high_price: float
    low_price: float
    close_price: float


class CandlePage(Body, frozen=True, kw_only=True):
    """The last candles of one underlying, oldest first; intervals without a print are left out."""

    underlying_id: str
    interval_s: int
    items: list[CandleBody]
    next_cursor: str | None


class ChainParams(Request, frozen=True, kw_only=True):
    """One underlying's chain."""

    underlying: str


class HistoryParams(Request, frozen=True, kw_only=True):
    """The last `limit` candles; `interval` is seconds, or a number with `s`, `m` or `h`.

    Whole minutes reach back some eighteen sessions, other intervals one hour.
    """

    underlying_id: str
    interval: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,4}[smh]?$")] = "1m"
    limit: PageSize = 1_000
