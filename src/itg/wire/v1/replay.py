"""An ended round, step by step: what was told to everybody, and what to one team."""

from typing import Literal

from itg.wire.v1.account import PrivateSnapshot
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.market import (
    BookPush,
    InstrumentBody,
    PhasePush,
    PriceBody,
    TradeBody,
)
from itg.wire.v1.news import NewsPush
from itg.wire.v1.orders import Body, Request, WireInt

MarkerWord = Literal["phase", "halt", "news", "fill"]


class ReplayParams(Request, frozen=True, kw_only=True):
    """Whose replay of an ended round; only an organizer names a team."""

    round_id: WireInt
    team_id: str | None = None


class ReplayChunkParams(Request, frozen=True, kw_only=True):
    """One stretch of a replay, counted from 0; only an organizer names a team."""

    round_id: WireInt
    chunk: WireInt
    team_id: str | None = None


class ReplayMarkerBody(Body, frozen=True, kw_only=True):
    """Something on the timeline: a phase, a halt, a headline, an own fill."""

    kind: MarkerWord
    seq: int
    game_us: int
    text: str


class ReplayStretchBody(Body, frozen=True, kw_only=True):
    """Where a chunk stands: the numbers and game times of its first and last step."""

    from_seq: int
    to_seq: int
    from_us: int
    to_us: int
    steps: int


class ReplayBody(Body, frozen=True, kw_only=True):
    """The table of contents of a round's replay, and its timeline in order.

    `team_id` is whose own stream the chunks hold, null for none.
    """

    round_id: int
    team_id: str | None
    trading_day: str
    start_us: int
    end_us: int
    chunks: list[ReplayStretchBody]
    markers: list[ReplayMarkerBody]


class ReplayFrame(Body, frozen=True, kw_only=True):
    """What a channel said, as on the socket; marks are thinned to at most one in a game second."""

    channel: str
    type: str
    data: Body


class ReplayCause(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What the step answers to: one's own command, an organizer's act, or the house's own input."""

    by: Literal["own", "organizer", "house"]
    command: str
    client_order_id: str | None = None
    order_id: int | None = None
    instrument_id: str | None = None


class ReplayStep(Body, frozen=True, kw_only=True):
    """Everything one input of the journal led to; `seq` is its number there.

    Commands of other participants are not told; their `cause` is null.
    """

    seq: int
    game_us: int
    frames: list[ReplayFrame]
    cause: ReplayCause | None = None


class ReplayKeyframe(Body, frozen=True, kw_only=True):
    """The market as it stood before a chunk's first step."""

    instruments: list[InstrumentBody]
    phases: list[PhasePush]
    books: list[BookPush]
    prices: list[PriceBody]
    marks: list[MarkPush]
    trades: list[TradeBody]
    news: list[NewsPush]


class ReplayOwn(Body, frozen=True, kw_only=True):
    """A team's own part of a chunk: what it had before it, and its steps."""

    snapshot: PrivateSnapshot
    steps: list[ReplayStep]


class ReplayChunkBody(Body, frozen=True, kw_only=True):
    """A stretch of a round; a step with both public and own frames is in both lists by its `seq`.

    `own` is null for whoever has no team.
    """

    chunk: int
    keyframe: ReplayKeyframe
    steps: list[ReplayStep]
    own: ReplayOwn | None
