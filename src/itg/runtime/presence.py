"""What a process says of itself to whoever asks over a bus, and what it has answered so far."""

from collections.abc import Iterable
from time import perf_counter_ns

from msgspec import Struct


class Presence(Struct, frozen=True, kw_only=True):
    """One process of a game: what it is, what runs on it, and where it takes requests.

    `kind` is `node` or `gateway`, `build` the fingerprint of the rules it was started with. A
    gateway takes requests from bots alone, so it names no `subject`.
    """

    kind: str
    game: str
    node: str
    version: str
    build: str
    pid: int
    services: tuple[str, ...] = ()
    subject: str = ""


class Answered:
    """Requests that were taken, those that were refused, and the time until each was answered."""

    __slots__ = ("errors", "last_error", "requests", "total_ns")

    def __init__(self) -> None:
        self.requests = 0
        self.errors = 0
        self.total_ns = 0
        self.last_error = ""

    def begin(self) -> int:
        """Count a request and return what `end` or `refuse` is to be given."""
        self.requests += 1
        return perf_counter_ns()

    def end(self, began_ns: int) -> None:
        """Count its answer."""
        self.total_ns += perf_counter_ns() - began_ns

    def refuse(self, began_ns: int, reason: str) -> None:
        """Count its refusal."""
        self.errors += 1
        self.last_error = reason
        self.end(began_ns)


class Present(Struct, frozen=True, kw_only=True):
    """One process as it answered: what it is, since when, and its numbers.

    `mean_us` is the mean time from a request to its answer, 0 before the first.
    """

    presence: Presence
    started_at: str
    requests: int = 0
    errors: int = 0
    mean_us: int = 0
    last_error: str = ""


def in_order(found: Iterable[Present]) -> list[Present]:
    """Return processes by game, kind (nodes first), node and number."""

    def place(each: Present) -> tuple[str, bool, str, int]:
        told = each.presence
        return told.game, told.kind != "node", told.node, told.pid

    return sorted(found, key=place)
