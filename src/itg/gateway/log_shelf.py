"""The teams' logs of the rounds that were asked for last: all are asked for at once."""

from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic

from msgspec import Struct, field

from itg.kernel.ids import AccountId

Logs = Mapping[AccountId, bytes]
KEPT_S = 30.0  # a correction after the close comes into them later
KEPT_BYTES = 256 * 1024 * 1024  # of all rounds; the one asked for last is kept at any size


class LogShelf:
    """Logs by round, for any thread; `make` passes over the whole journal. `now` in seconds."""

    def __init__(
        self,
        make: Callable[[int], Logs],
        now: Callable[[], float] = monotonic,
        bytes_max: int = KEPT_BYTES,
    ) -> None:
        self._make = make
        self._now = now
        self._bytes_max = bytes_max
        self._lock = Lock()
        self._kept: dict[int, _Kept] = {}  # the one asked for last is the last

    def of(self, round_id: int) -> Logs:
        """Return a round's logs, made by the first to ask; who asks meanwhile waits for them."""
        with self._lock:
            kept = self._place_of(round_id)
        with kept.lock:
            if kept.logs is None:
                logs = self._make(round_id)
                kept.size_bytes = sum(len(log) for log in logs.values())
                kept.made_at, kept.logs = self._now(), logs
                with self._lock:
                    self._make_room()
            return kept.logs

    def _place_of(self, round_id: int) -> "_Kept":
        now = self._now()
        for old in [n for n, kept in self._kept.items() if kept.is_stale(now)]:
            del self._kept[old]
        kept = self._kept[round_id] = self._kept.pop(round_id, _Kept())
        return kept

    def _make_room(self) -> None:
        while sum(kept.size_bytes for kept in self._kept.values()) > self._bytes_max:
            if len(self._kept) == 1:
                return
            del self._kept[next(iter(self._kept))]


class _Kept(Struct, eq=False):
    lock: Lock = field(default_factory=Lock)
    logs: Logs | None = None  # None: they are being made
    made_at: float = 0.0
    size_bytes: int = 0

    def is_stale(self, now: float) -> bool:
        return self.logs is not None and now - self.made_at > KEPT_S
