"""Calls that were sent to another process and have no answer yet, each with its deadline."""

from collections.abc import Iterator
from time import monotonic

from msgspec import Struct

from itg.kernel.messages import Query
from itg.runtime.calls import Callee, CallLimits
from itg.runtime.link import NEVER_DUE
from itg.runtime.pump_port import (
    FateUnknownError,
    OnRefused,
    OnRelease,
    OnReply,
    OverloadedError,
    PumpStoppedError,
)

RETRY_AFTER_MS = 500
# Who looks for late answers four times a second and finds that so long ago has stood still itself:
# what was answered meanwhile is still to be read.
_STOOD_STILL_S = 1.0
# An input that nobody waits for may come as late as it will; after so long it was lost, though, and
# whoever sent it is told that it may have been.
UNTIMED_S = 60.0


class _Placing(Struct, frozen=True, gc=False):
    on_release: OnRelease | None
    on_refused: OnRefused | None
    due_s: float

    def refuse(self, error: OverloadedError | PumpStoppedError | FateUnknownError) -> None:
        if self.on_refused is not None:
            self.on_refused(error)


class _Asking(Struct, gc=False):
    queries: tuple[Query, ...]
    on_reply: OnReply
    due_s: float
    asked_s: float
    is_asked_again: bool = False


class UnderWay:
    """Inputs and queries under way to one callee, by number; `callee` counts them."""

    def __init__(self, limits: CallLimits | None = None) -> None:
        self.callee = Callee(limits)
        self._number = 0
        self._followed_at = 0  # the last number before we last asked to follow
        self._placing: dict[int, _Placing] = {}
        self._asking: dict[int, _Asking] = {}
        self._looked_s = monotonic()
        self._has_stood_still = False

    @property
    def inputs(self) -> int:
        """Return how many inputs are under way."""
        return len(self._placing)

    @property
    def questions(self) -> list[int]:
        """Return the numbers of the queries under way, oldest first."""
        return list(self._asking)

    def place(
        self,
        on_release: OnRelease | None,
        on_refused: OnRefused | None,
        deadline_s: float | None,
    ) -> tuple[int, float]:
        """Take an input that is sent now; return its number, and when it is due."""
        number, due_s = self._next(deadline_s)
        lost_s = monotonic() + UNTIMED_S if due_s == NEVER_DUE else due_s
        self._placing[number] = _Placing(on_release, on_refused, lost_s)
        return number, due_s

    def ask(self, queries: tuple[Query, ...], on_reply: OnReply, deadline_s: float | None) -> int:
        """Take queries that are sent now; return their number."""
        self.callee.budget.earn()
        number, due_s = self._next(deadline_s)
        self._asking[number] = _Asking(queries, on_reply, due_s, monotonic())
        return number

    def question(self, number: int) -> tuple[tuple[Query, ...], float]:
        """Return queries under way, and when they are due."""
        asking = self._asking[number]
        return asking.queries, asking.due_s

    def released(self, number: int) -> OnRelease | None:
        """Take an input's answer; return who is to hear it, None: nobody waits."""
        placing = self._placing.pop(number, None)
        if placing is None:
            return None
        self.callee.answer()
        return placing.on_release

    def replied(self, number: int) -> OnReply | None:
        """Take the answer to queries; return who is to hear it, None: nobody waits."""
        asking = self._asking.pop(number, None)
        if asking is None:
            return None
        self.callee.answer()
        return asking.on_reply

    def refused(self, number: int, retry_after_ms: int | None) -> None:
        """Take the word that an input was not taken: too much waits there, or it stops (None)."""
        placing = self._placing.pop(number, None)
        if placing is None:
            return
        self.callee.answer()
        if retry_after_ms is None:
            placing.refuse(PumpStoppedError("the node takes no more inputs"))
        else:
            placing.refuse(OverloadedError(retry_after_ms))

    def dropped(self, number: int) -> None:
        """Take the word that a call came too late: it was dropped, and has no effect."""
        self.callee.numbers.dropped += 1
        placing = self._placing.pop(number, None)
        if placing is not None:
            self.callee.miss()
            placing.refuse(OverloadedError(RETRY_AFTER_MS))
        elif self._asking.pop(number, None) is not None:
            self.callee.miss()

    def note_following(self) -> None:
        """Note that we ask to follow: a new life was told of nothing that was sent until now."""
        self._followed_at = self._number

    def doubt(self) -> None:
        """Let go of what a life that ended was sent: nobody knows whether it was taken."""
        for number in [each for each in self._placing if each <= self._followed_at]:
            placing = self._placing.pop(number)
            self.callee.in_flight -= 1
            placing.refuse(FateUnknownError("the node began anew with it under way"))

    def pass_by(self) -> None:
        """Let go of calls whose deadline has passed; called a few times a second."""
        now_s = monotonic()
        stood_s, self._looked_s = now_s - self._looked_s, now_s
        self._has_stood_still = stood_s > _STOOD_STILL_S and not self._has_stood_still
        if self._has_stood_still:
            return
        for number in [n for n, each in self._placing.items() if _is_past(each.due_s, now_s)]:
            placing = self._placing.pop(number)
            self.callee.miss()
            placing.refuse(FateUnknownError("no answer came by the deadline"))
        for number in [n for n, each in self._asking.items() if _is_past(each.due_s, now_s)]:
            del self._asking[number]
            self.callee.miss()

    def lost(self) -> Iterator[int]:
        """Return the queries that may have been lost, each once, as far as the budget goes."""
        now_s, callee = monotonic(), self.callee
        for number, asking in self._asking.items():
            is_old = now_s - asking.asked_s >= callee.limits.retry_s
            if is_old and not asking.is_asked_again and callee.budget.spend():
                asking.is_asked_again = True
                callee.numbers.retried += 1
                yield number

    def _next(self, deadline_s: float | None) -> tuple[int, float]:
        self.callee.send()
        self._number += 1
        return self._number, NEVER_DUE if deadline_s is None else monotonic() + deadline_s


def _is_past(due_s: float, now_s: float) -> bool:
    return due_s != NEVER_DUE and now_s >= due_s
