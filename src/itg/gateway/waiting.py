"""Requests that wait for the pump, each with a deadline.

An answer that comes after its deadline finds an empty seat and is dropped: whoever asked has been
told that the outcome is unknown.
"""

import asyncio
from collections.abc import Callable

from itg.kernel.errors import ItgError


class RoomFullError(ItgError):
    """As many requests wait as may."""


class WaitingRoom:
    """A bounded number of seats, and a quarter more for cancels."""

    def __init__(self, seats: int) -> None:
        self._bound = seats
        self._last = 0
        self._taken = 0
        # One line per length of deadline, so that the first in each line is the first to be late.
        self._lines: dict[float, dict[int, tuple[float, Callable[[], None]]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._taken

    def enter(self, deadline_s: float, on_late: Callable[[], None], *, headroom: bool) -> int:
        """Take a seat; `on_late` is called unless it is left in time. Raises `RoomFullError`."""
        if self._taken >= self._bound + (self._bound // 4 if headroom else 0):
            raise RoomFullError(f"{self._taken} requests wait")
        loop = asyncio.get_running_loop()
        self._last += 1
        self._taken += 1
        self._lines.setdefault(deadline_s, {})[self._last] = (loop.time() + deadline_s, on_late)
        if self._timer is None:
            self._timer = loop.call_later(deadline_s, self._call_late)
        return self._last

    def has(self, seat: int) -> bool:
        """Tell whether a seat is still taken."""
        return any(seat in line for line in self._lines.values())

    def leave(self, seat: int) -> bool:
        """Give a seat up; False if its deadline has passed."""
        for line in self._lines.values():
            if line.pop(seat, None) is not None:
                self._taken -= 1
                return True
        return False

    def close(self) -> None:
        """Forget everybody."""
        self._lines.clear()
        self._taken = 0
        if self._timer is not None:
            self._timer.cancel()

    def _call_late(self) -> None:
        loop = asyncio.get_running_loop()
        for line in self._lines.values():
            while line and next(iter(line.values()))[0] <= loop.time():
                _, on_late = line.pop(next(iter(line)))
                self._taken -= 1
                on_late()
        dues = [next(iter(line.values()))[0] for line in self._lines.values() if line]
        self._timer = loop.call_at(min(dues), self._call_late) if dues else None
