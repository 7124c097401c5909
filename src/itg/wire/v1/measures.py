"""What a team's profit and loss is made of, and what its trades were worth a while later."""

from typing import Annotated

from msgspec import Meta, field

from itg.wire.v1.orders import Body, Request, WireInt


class PnlParams(Request, frozen=True, kw_only=True):
    """A team's P&L from a game time to another, exclusive, both in microseconds.

    `step` is the length of an interval, whole minutes: seconds, or a number with `s`, `m` or `h`.
    """

    team_id: str = "me"
    from_us: WireInt = field(default=0, name="from")
    to_us: WireInt | None = field(default=None, name="to")
    step: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}[smh]?$")] = "1m"


class PnlPartsBody(Body, frozen=True, kw_only=True):
    """A P&L in USD, taken apart; the parts add up to `pnl`. Fees as they change cash."""

    pnl: float
    spread_capture: float
    delta: float
    gamma: float
    vega: float
    theta: float
    fees: float
    residual: float


class PnlIntervalBody(Body, frozen=True, kw_only=True):
    """One interval, from `start_us` on."""

    start_us: int
    parts: PnlPartsBody


class InstrumentPnlBody(Body, frozen=True, kw_only=True):
    """One instrument's P&L of the day."""

    instrument_id: str
    parts: PnlPartsBody


class PnlBody(Body, frozen=True, kw_only=True):
    """Intervals in which something was gained or lost, oldest first, and the day by instrument."""

    team_id: str
    step_s: int
    intervals: list[PnlIntervalBody]
    instruments: list[InstrumentPnlBody]


class MarkoutBody(Body, frozen=True, kw_only=True):
    """The day's trades against one role, as the maker's side or the taker's, in USD.

    `edge` is Σ side × (mark − price) × quantity × multiplier at the trade, `edges_later` the same
    with the marks `seconds` later.
    """

    counterparty_role: str
    is_maker: bool
    trades: int
    contracts: int
    edge: float
    edges_later: list[float]


class MarkoutsBody(Body, frozen=True, kw_only=True):
    """What a team's trades of the day were worth `seconds` later, once all of these have passed."""

    team_id: str
    seconds: list[int]
    rows: list[MarkoutBody]
