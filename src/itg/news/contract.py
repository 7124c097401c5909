"""The news service's only door: headlines, their arrivals and their hidden outcomes.

An outcome is drawn when news is scheduled and leaves through no gateway; everybody sees the
headline when it is published, and the table of chances at any time. Probabilities are plain
fractions, sizes of jumps fractions of the price; events carry integers, unit 1e-6 or as named.
"""

from enum import unique

from msgspec import Struct

from itg.kernel import words
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.messages import Command, Event, Query, Reply
from itg.kernel.times import Nanos
from itg.kernel.words import Word


@unique
class JumpSign(Word):
    """Which way a headline's jump goes."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


@unique
class NewsOrigin(Word):
    """Why news exists."""

    ARRIVAL = "arrival"
    ORGANIZER = "organizer"
    REPLAY = "replay"


class Headline(Struct, frozen=True, gc=False, kw_only=True):
    """A row of the public table; size = middle × exp(0.3 Z), clipped to its bounds."""

    headline_id: str  # slug
    headline: str
    weight: float = 1.0  # relative chance to be the next
    shift: float  # probability of a shift of the volatility regime
    jump: float  # probability of a jump of the leader's price
    sign: JumpSign = JumpSign.EITHER
    size_min: float = 0.0
    size_max: float = 0.0


class HourWeight(Struct, frozen=True, gc=False, kw_only=True):
    """From `start_s` of the session on, news is `weight` times as frequent.

    Weights are normalized to mean 1 over the session, whose quiet end has none.
    """

    start_s: int
    weight: float


class ArrivalModel(Struct, frozen=True, gc=False, kw_only=True):
    """Exponential gaps of weighted session time between bounds, `mean_gap_s` after clipping."""

    mean_gap_s: float
    gap_min_s: float
    gap_max_s: float
    weights: tuple[HourWeight, ...] = ()
    quiet_end_s: int = 300  # none in a session's last seconds: it comes in the next session


class ConfigureNews(Command, frozen=True, kw_only=True):
    """Set the table and the arrivals; `arrivals` None: by the organizer's hand alone."""

    seed: int
    headlines: tuple[Headline, ...]
    arrivals: ArrivalModel | None = None
    lead_s: int = 300  # an outcome is drawn at least this long before its news
    session_seconds: int = 19_800


class StartNews(Command, frozen=True, kw_only=True):
    """Let news come in this session; time to the next goes on where the last session ended.

    Again for a session under way it moves its end; what is scheduled stands.
    """

    session_start_ns: Nanos
    session_end_ns: Nanos


class StopNews(Command, frozen=True, kw_only=True):
    """Let no news come until the next start; what is scheduled by hand after it is canceled."""


class ScheduleNews(Command, frozen=True, kw_only=True):
    """Publish a headline at an instant, by the organizer's hand.

    `is_shift` and `jump_ppm` fix the outcome, None draws it from the table. `has_signal` False: no
    forecast warns of it.
    """

    headline_id: str
    effective_ns: Nanos
    has_signal: bool = True
    is_shift: bool | None = None
    jump_ppm: int | None = None


class CancelNews(Command, frozen=True, kw_only=True):
    """Withdraw news that has not been published."""

    news_id: int


ReplayItem = words.ReplayItem  # a word shared with the game, whose organizer replays


class ReplayNews(Command, frozen=True, kw_only=True):
    """Publish a recorded history from `start_ns` on; signals warn of it as of any news."""

    start_ns: Nanos
    items: tuple[ReplayItem, ...]


class NewsOutcome(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The hidden truth of one item.

    `shift_draw` (1e-9, uniform in [0, 1)) chooses the regime a shift leads to from the regime at
    publication; `jump_ppm` is the leader's signed log return, 0 for none.
    """

    is_shift: bool = False
    shift_draw: int = 0
    jump_ppm: int = 0


class NewsScheduled(Event, frozen=True, kw_only=True):
    """News will be published at `effective_ns`. Hidden: never leaves through a gateway."""

    news_id: int  # from 1
    headline_id: str
    headline: str
    effective_ns: Nanos
    origin: NewsOrigin
    has_signal: bool
    outcome: NewsOutcome


class NewsCanceled(Event, frozen=True, kw_only=True):
    """Scheduled news will not be published. Hidden like its schedule."""

    news_id: int


class NewsPublished(Event, frozen=True, kw_only=True):
    """A headline is out; jump and shift act in the market's next step. `outcome` stays hidden."""

    news_id: int
    headline_id: str
    headline: str
    origin: NewsOrigin
    outcome: NewsOutcome


class NewsRejected(Event, frozen=True, kw_only=True):
    """The organizer's act was refused; nothing was scheduled or withdrawn."""

    refusal: Refusal


class GetNews(Query, frozen=True, kw_only=True):
    """Read published news after a news number, oldest first, in order of publication."""

    after_seq: int = 0
    count: int = 1_000


class PublishedItem(Struct, frozen=True, gc=False, kw_only=True):
    """What everybody may know of published news; `seq` counts publications from 1."""

    seq: int
    news_id: int
    headline_id: str
    headline: str
    published_ns: Nanos
    origin: NewsOrigin


class NewsHistory(Reply, frozen=True, kw_only=True):
    """A page of published news; the last 10,000 are kept."""

    items: tuple[PublishedItem, ...]


class GetHeadlines(Query, frozen=True, kw_only=True):
    """Read the public table of headlines and their chances."""


class Headlines(Reply, frozen=True, kw_only=True):
    """The table; `arrivals` None: headlines come by the organizer's hand alone."""

    headlines: tuple[Headline, ...]
    arrivals: ArrivalModel | None


class GetScheduledNews(Query, frozen=True, kw_only=True):
    """Read what will be published, for the organizer alone."""


class ScheduledItems(Reply, frozen=True, kw_only=True):
    """Scheduled news, soonest first."""

    items: tuple[NewsScheduled, ...]


HEADLINE_NOT_FOUND = RejectReason(
    code="HEADLINE_NOT_FOUND", hint="Use a headline_id of GET /events/table.", status=404
)
NEWS_NOT_FOUND = RejectReason(
    code="NEWS_NOT_FOUND", hint="See GET /events/scheduled; it may be out already.", status=404
)
NEWS_WRONG_TIME = RejectReason(
    code="NEWS_WRONG_TIME",
    hint="News is published while a round is running, and not in the past.",
    status=409,
)
