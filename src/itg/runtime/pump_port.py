"""What stands before a pump: the same face whether it runs here or in another process."""

from collections.abc import Callable, Sequence
from typing import Protocol

from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Query, Reply
from itg.runtime.clock import Clock
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import Journal
from itg.runtime.metrics import HandlerTimes, PumpNumbers

OnRelease = Callable[[Record], None]
OnBatch = Callable[[Sequence[Record]], None]
# Receives the replies and the last number of the state they saw.
OnReply = Callable[[tuple[Reply, ...], Seq], None]


class OverloadedError(ItgError):
    """The ingress is full; the input was not taken."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"too many inputs wait; try again in {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class PumpStoppedError(ItgError):
    """The pump drains, has stopped or has failed; the input was not taken."""


class FateUnknownError(ItgError):
    """The pump's life ended with the input under way; nobody knows whether it was taken."""


def let_go(_released: object) -> None:
    """Let a batch or a row go that nobody listens to."""


OnRefused = Callable[[OverloadedError | PumpStoppedError | FateUnknownError], None]


class PumpPort(Protocol):
    """Inputs in, queries answered, and how it does.

    Everything is called in one event loop, and everything calls back there.
    """

    numbers: PumpNumbers

    @property
    def failure(self) -> Exception | None:
        """Return why it failed for good, None while it did not."""

    @property
    def clock(self) -> Clock:
        """Return the game's clock."""

    @property
    def codec(self) -> Codec:
        """Return what encodes and decodes the journal's rows."""

    @property
    def journal(self) -> Journal:
        """Return the journal, to be read."""

    @property
    def times(self) -> HandlerTimes | None:
        """Return how long handlers take, where that is measured here."""

    @property
    def epoch(self) -> int:
        """Return the number that no two lives of anybody before this pump share."""

    @property
    def is_live(self) -> bool:
        """Tell whether inputs are taken: it has not failed, and was heard of lately."""

    @property
    def released_seq(self) -> Seq:
        """Return the last number that is durable and released."""

    @property
    def has_begun(self) -> bool:
        """Tell whether there has been any input yet."""

    @property
    def depth(self) -> int:
        """Return how many inputs wait."""

    @property
    def lag_events(self) -> int:
        """Return how many numbers are handled and not yet released."""

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing waits, is in flight or is unreleased."""

    def submit(  # noqa: PLR0913 - an input and what is known of it
        self,
        message: Message,
        *,
        actor: str = "",
        trace_id: str = "",
        on_release: OnRelease | None = None,
        on_refused: OnRefused | None = None,
        headroom: bool = False,
        deadline_s: float | None = None,
    ) -> None:
        """Take an input; `on_release` gets its record, committed.

        Nobody waits for the answer any more after `deadline_s`: what comes to another process later
        than that is dropped there, and `on_refused` is told `FateUnknownError` in the end.

        Raises `OverloadedError` or `PumpStoppedError`; a refusal that comes later, from another
        process, is told to `on_refused`. Either way the input has no effect, unless `on_refused` is
        told `FateUnknownError`: then it may have.
        """

    def ask(
        self, queries: tuple[Query, ...], on_reply: OnReply, *, deadline_s: float | None = None
    ) -> None:
        """Answer queries from one state, together, between the releases before and after it.

        Raises `PumpStoppedError` where nobody can be asked now. After `deadline_s` there is no
        reply.
        """
