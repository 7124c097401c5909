"""What correcting a trade would change, before it is done."""

from typing import Literal

from itg.wire.v1.orders import Body, PriceIn, Request, WireInt
from itg.wire.v1.scores import TeamScoreBody


class BustPreviewRequest(Request, frozen=True, kw_only=True):
    """As for the act itself, which needs a reason besides: undo a trade, or move it to a price."""

    price: PriceIn | None = None


class BustPreviewParams(BustPreviewRequest, frozen=True, kw_only=True):
    """`BustPreviewRequest` and the trade it is about."""

    trade_id: WireInt


class UndoneFillBody(Body, frozen=True, kw_only=True):
    """A half of the trade that is a team's; the fee is USD that it gets back, negative: pays back.

    `is_former_seat`: the team has begun anew since, and nothing of its position is moved.
    """

    order_id: int
    side: Literal["buy", "sell"]
    quantity: int
    price: float
    adjusted_price: float | None
    fee_returned: float
    is_former_seat: bool


class StandingBody(Body, frozen=True, kw_only=True):
    """A team in USD, and its contracts of the trade's instrument; `equity` moves as its P&L does.

    `score` has its terms without what they counted one by one; null where nothing is scored.
    """

    net_quantity: int
    cash: float
    fees: float
    realized_pnl: float
    unrealized_pnl: float
    equity: float
    score: TeamScoreBody | None


class CorrectedTeamBody(Body, frozen=True, kw_only=True):
    """A team as it stands, and as it would stand; `fills` is empty where only its score moves."""

    team_id: str
    team_name: str
    fills: list[UndoneFillBody]
    before: StandingBody
    after: StandingBody


class BustPreviewBody(Body, frozen=True, kw_only=True):
    """What correcting a trade would do, tried on a copy of the game as of `as_of_seq`.

    The teams that made it come first, then those whose score or rank would move, each in the order
    of registration. Scores are those of `round_id`: the round whose scores move, or the newest.
    While a round is under way, terms that are measured each second follow within the next one.
    """

    trade_id: int
    instrument_id: str
    price: float
    adjusted_price: float | None
    quantity: int
    as_of_seq: int
    game_us: int
    round_id: int | None
    is_final: bool
    items: list[CorrectedTeamBody]
