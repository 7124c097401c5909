"""Those who wait for files that take long to make: one thread makes them, one after the other."""

from collections import Counter
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from msgspec import Struct

from itg.gateway.calls import Answer, Call, refused
from itg.gateway.problems import problem_of
from itg.gateway.reasons import SERVICE_UNAVAILABLE
from itg.gateway.settings import GatewaySettings
from itg.gateway.working import run_in

_RETRY_MS = 5_000


class FileQueue:
    """A worker thread and a bounded number of calls that wait for it; for the loop's thread."""

    def __init__(self, name: str, settings: GatewaySettings) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting_max = settings.files_waiting_max
        self._of_one_max = settings.files_waiting_per_caller
        self._works: dict[Hashable, _Work] = {}  # the last one begun or waiting of each kind
        self._waiting: Counter[str] = Counter()  # calls by whose they are

    @property
    def waiting(self) -> int:
        """Return how many calls wait or have their file made, organizers' aside."""
        return self._waiting.total()

    def run(self, call: Call, kind: Hashable, make: Callable[[], Answer]) -> None:
        """Answer a call in its turn with what `make` makes in the worker.

        Calls of one kind that wait have it made once. Beyond the bounds a call is answered 503;
        an organizer's never.
        """
        whose = call.caller.budget_id
        if whose is not None:
            excess = self._excess_of(whose)
            if excess is not None:
                problem = problem_of(SERVICE_UNAVAILABLE, excess, retry_after_ms=_RETRY_MS)
                call.reply(refused(problem))
                return
            self._waiting[whose] += 1
        work = self._works.get(kind)
        if work is None or work.has_begun:
            # One that has begun may not have seen what this caller knows: an act just released.
            work = self._works[kind] = _Work(kind)
            run_in(self._worker, partial(_made, work, make), partial(self._settle, work))
        work.calls.append(call)

    def stop(self) -> None:
        """Begin nothing any more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _excess_of(self, whose: str) -> str | None:
        if self._waiting[whose] >= self._of_one_max:
            return f"{self._of_one_max} of your files are being made; take those first"
        if self.waiting >= self._waiting_max:
            return f"{self._waiting_max} files are being made for others; ask again"
        return None

    def _settle(self, work: "_Work", answer: Answer) -> None:
        if self._works.get(work.kind) is work:
            del self._works[work.kind]
        for call in work.calls:
            whose = call.caller.budget_id
            if whose is not None:
                self._waiting[whose] -= 1
                if not self._waiting[whose]:
                    del self._waiting[whose]
            call.reply(answer)


class _Work(Struct, eq=False):
    kind: Hashable
    calls: list[Call] = []
    has_begun: bool = False


def _made(work: _Work, make: Callable[[], Answer]) -> Answer:
    work.has_begun = True
    return make()
