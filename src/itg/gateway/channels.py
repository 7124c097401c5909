"""Numbered streams, and where each session stands in them.

A channel has one of three classes. *State* is what is so now: publications may be merged, for
everybody within the flush interval, and further for a session that does not read; *paced* state,
for pages that people watch, at longer intervals and always merged. *Private facts* reach their
owner all, or the session ends. *Public facts* come in order; a session that does not read loses
some, and is told which.
"""

from collections.abc import Callable, Sequence
from enum import Enum, unique
from functools import partial

from msgspec import Struct

from itg.gateway.framing import Fact
from itg.gateway.sessions import Session
from itg.translate.conflation import (
    merged_book,
    merged_marks,
    merged_page,
    merged_prices,
    merged_tops,
)
from itg.wire.v1.orders import Body

Merge = Callable[[Sequence[Body]], Body]
UI = "ui."
UI_BOOK = "ui.book."


@unique
class Delivery(Enum):
    """How a channel treats a session that does not read."""

    STATE = "state"
    PRIVATE = "private"
    PUBLIC = "public"


class Mirror(Struct, frozen=True):
    """A paced channel that repeats what another says, as far as it `takes` it."""

    channel: "Channel"
    takes: Callable[[Body], bool]


class Channel:
    """A numbered stream and who hears it; `merge` makes one body of several of a state channel."""

    __slots__ = (
        "batch",
        "delivery",
        "is_paced",
        "merge",
        "merged_kind",
        "mirrors",
        "name",
        "seq",
        "subscribers",
    )

    def __init__(
        self, name: str, delivery: Delivery, seq: int = 0, merge: tuple[str, Merge] | None = None
    ) -> None:
        assert (delivery is Delivery.STATE) == (merge is not None), "state is what can be merged"
        self.name = name
        self.delivery = delivery
        self.seq = seq
        self.merged_kind = "" if merge is None else merge[0]
        self.merge = None if merge is None else merge[1]
        self.subscribers: list[Subscription] = []
        self.batch: list[Fact] = []  # of a state channel: published and not yet flushed
        self.mirrors: list[Mirror] = []
        self.is_paced = name.startswith(UI)

    @property
    def is_heard(self) -> bool:
        """Whether a publication reaches anybody, here or on a channel that repeats it."""
        return bool(self.subscribers or self.mirrors)

    def merged(self, facts: Sequence[Fact]) -> Fact:
        """Return one fact for several, as of the last."""
        if len(facts) == 1 and not self.is_paced:
            return facts[0]
        assert self.merge is not None, "only state is merged"
        data = self.merge([fact.data for fact in facts])
        return Fact(self.merged_kind, data, facts[-1].times_us, is_merged=True)


class Subscription:
    """One session's place in one channel: `seq` is the last number it was given, or told lost."""

    __slots__ = ("channel", "held", "lost_seq", "seq", "session")

    def __init__(self, session: Session, channel: Channel) -> None:
        self.session = session
        self.channel = channel
        self.restart()

    def restart(self) -> None:
        """Stand where the channel stands: the session was given its state."""
        self.seq = self.channel.seq
        self.held: Fact | None = None  # state that waits until the session reads again
        self.lost_seq = 0  # the last public fact of those it did not get


def channel_of(name: str) -> Channel:
    """Return a fresh channel of the class its name says."""
    merge = _merge_of(name)
    if merge is None:
        return Channel(name, Delivery.PUBLIC)
    return Channel(name, Delivery.STATE, merge=merge)


def _merge_of(name: str) -> tuple[str, Merge] | None:
    if name.startswith(UI_BOOK):
        return "delta", partial(merged_book, name.removeprefix(UI_BOOK))
    if name.endswith(".raw"):
        return None
    kind, _, of = name.partition(".")
    merges: dict[str, tuple[str, Merge]] = {
        "book": ("delta", partial(merged_book, of)),
        "bbo": ("tops", merged_tops),
        "prices": ("prices", merged_prices),
        "chain": ("marks", merged_marks),
        "ui": ("frame", partial(merged_page, of)),
    }
    return merges.get(kind)
