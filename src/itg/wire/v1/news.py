"""News: published headlines, the public table of chances, and the organizer's hand on it."""

from typing import Annotated, Literal

from msgspec import Meta

from itg.wire.v1.orders import Body, ReasonText, Request, WireInt
from itg.wire.v1.reads import PageSize

JumpSignWord = Literal["up", "down", "either"]
NewsOriginWord = Literal["arrival", "organizer", "replay"]

# A signed log return of the leader: -0.02 is a fall by 2 %.
JumpIn = Annotated[float, Meta(ge=-0.5, le=0.5)]
HeadlineIdText = Annotated[str, Meta(min_length=1, max_length=64)]
AfterSeconds = Annotated[float, Meta(ge=0, le=1_000_000)]


class NewsPush(Body, frozen=True, kw_only=True):
    """A published headline; `seq` counts all of them from 1, what it brings nobody is told."""

    seq: int
    news_id: int
    headline_id: str
    headline: str
    origin: NewsOriginWord
    game_us: int


class NewsPage(Body, frozen=True, kw_only=True):
    """Published headlines, oldest first."""

    items: list[NewsPush]
    next_cursor: str | None


class LastNewsPush(Body, frozen=True, kw_only=True):
    """Data of a `snapshot` on `events`: the last headlines, oldest first; `news` is one of them."""

    news: list[NewsPush]


class HeadlineBody(Body, frozen=True, kw_only=True):
    """A row of the table: chances are fractions, sizes fractions of the price.

    `weight` is the relative chance to be the next.
    """

    headline_id: str
    headline: str
    weight: float
    shift: float
    jump: float
    sign: JumpSignWord
    size_min: float
    size_max: float


class HourWeightBody(Body, frozen=True, kw_only=True):
    """From `start_s` of the session on, news is `weight` times as frequent as on average."""

    start_s: int
    weight: float


class ArrivalsBody(Body, frozen=True, kw_only=True):
    """How news arrives in session time; none comes in the last `quiet_end_s` of a session."""

    mean_gap_s: float
    gap_min_s: float
    gap_max_s: float
    weights: list[HourWeightBody]
    quiet_end_s: int


class HeadlineTableBody(Body, frozen=True, kw_only=True):
    """The table of headlines; no `arrivals`: they come by the organizer's hand alone."""

    items: list[HeadlineBody]
    arrivals: ArrivalsBody | None


class ScheduledNewsBody(Body, frozen=True, kw_only=True):
    """News that will be published, or was just now; its outcome is nobody's to read."""

    news_id: int
    headline_id: str
    headline: str
    effective_us: int
    origin: NewsOriginWord
    has_signal: bool


class ScheduledNewsPage(Body, frozen=True, kw_only=True):
    """News to come, soonest first."""

    items: list[ScheduledNewsBody]
    next_cursor: str | None


class WithdrawnNewsBody(Body, frozen=True, kw_only=True):
    """News that will not be published."""

    news_id: int


class NewsParams(Request, frozen=True, kw_only=True):
    """Published headlines, oldest first; `since_seq` leaves out those up to it."""

    since_seq: WireInt | None = None
    cursor: str | None = None
    limit: PageSize = 1_000


class TriggerNewsRequest(Request, frozen=True, kw_only=True):
    """Publish a headline now, or in `effective_in_s` of game time; at 0 no signal warns of it.

    `is_shift` and `jump` fix its outcome; what is left out is drawn from the table.
    """

    headline_id: HeadlineIdText
    effective_in_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    is_shift: bool | None = None
    jump: JumpIn | None = None
    reason: ReasonText = ""


class ScheduleNewsRequest(Request, frozen=True, kw_only=True):
    """Publish a headline at an instant of game time; signals warn of it unless told not to."""

    headline_id: HeadlineIdText
    effective_us: WireInt
    has_signal: bool = True
    is_shift: bool | None = None
    jump: JumpIn | None = None
    reason: ReasonText = ""


class WithdrawNewsParams(Request, frozen=True, kw_only=True):
    """One item of scheduled news, and why it is withdrawn."""

    news_id: WireInt
    reason: ReasonText = ""


class ReplayItemIn(Request, frozen=True, kw_only=True):
    """One item of a history: a row of the table by its id or its text, or a text of its own.

    With both, the text is shown and the id says what its chances are; without a row nothing
    happens but what the item fixes.
    """

    after_s: AfterSeconds
    headline_id: HeadlineIdText | None = None
    headline: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    is_shift: bool | None = None
    jump: JumpIn | None = None


class ReplayNewsRequest(Request, frozen=True, kw_only=True):
    """Publish a recorded history, counted in seconds of game time from now."""

    items: Annotated[list[ReplayItemIn], Meta(min_length=1, max_length=1_000)]
    reason: ReasonText = ""
