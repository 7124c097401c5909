"""A command between its submission and its answer."""

from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from msgspec import Struct, field

from itg.gateway.calls import Answer, Call, refused
from itg.gateway.problems import busy, problem_of
from itg.gateway.reasons import PROCESSING_TIMEOUT
from itg.gateway.service_notes import ServiceWatch
from itg.gateway.waiting import WaitingRoom
from itg.kernel.messages import Command
from itg.runtime.envelope import Record
from itg.runtime.pump_port import FateUnknownError, OverloadedError, PumpStoppedError
from itg.runtime.trails import Passage
from itg.wire.v1.problems import Problem

# None: there is no answer yet, ask again with the same command.
Compose = Callable[[Record], Answer | None]


class Doors(Protocol):
    """What of a gateway a pending command needs."""

    waiting: WaitingRoom
    service: ServiceWatch

    def defer(self, waiting: "Pending", record: Record) -> None:
        """Keep an answer until its batch is published."""

    def again(self, waiting: "Pending") -> None:
        """Send its command once more, a moment later."""


class Pending(Struct, frozen=True):
    """A command on its way: called with its record when that is released."""

    doors: Doors
    call: Call
    command: Command
    compose: Compose
    seat: int | None
    started: float = field(default_factory=perf_counter)

    def __call__(self, record: Record) -> None:
        self.doors.defer(self, record)

    def settle(self, record: Record) -> None:
        """Answer, unless the deadline was first."""
        answer = self.compose(record)
        if answer is None:
            self.doors.again(self)
            return
        if not self.leave():
            return
        self.doors.service.answered(self.call.caller.account_id, self.started)
        self.call.reply(self._timed(answer) if self.call.is_rest else answer)

    def refuse(self, error: OverloadedError | PumpStoppedError | FateUnknownError) -> None:
        """Answer that a pump elsewhere did not take it, or that nobody knows, if in time."""
        if self.leave():
            self.call.reply(refused(busy_of(error)))

    def leave(self) -> bool:
        return self.seat is None or self.doors.waiting.leave(self.seat)

    def _timed(self, answer: Answer) -> Answer:
        engine_ms = (perf_counter() - self.started) * 1_000
        timing = (b"server-timing", b"engine;dur=%.3f" % engine_ms)
        return Answer(answer.status, answer.body, (*answer.headers, timing), answer.problem)


class TracedPending(Pending, frozen=True):
    """The same for a sampled request: it notes when it is released and when it is published."""

    passages: list[Passage] = field(default_factory=list)

    def __call__(self, record: Record) -> None:
        if (trail := self.call.trail) is not None:
            self.passages.append(trail.release(record, self.started))
        super().__call__(record)

    def settle(self, record: Record) -> None:
        """Answer; what was released is published by now."""
        if (trail := self.call.trail) is not None:
            for passage in self.passages:
                passage.published_ns = trail.now_ns()
        super().settle(record)


def pending_of(
    doors: Doors, call: Call, command: Command, compose: Compose, seat: int | None
) -> Pending:
    """Return a command on its way, followed if its request is sampled."""
    kind = Pending if call.trail is None else TracedPending
    return kind(doors, call, command, compose, seat)


def busy_of(error: OverloadedError | PumpStoppedError | FateUnknownError) -> Problem:
    """Return the problem of an input that was not taken, or that nobody knows the fate of."""
    if isinstance(error, FateUnknownError):
        return problem_of(PROCESSING_TIMEOUT)
    return busy(error.retry_after_ms) if isinstance(error, OverloadedError) else busy()
