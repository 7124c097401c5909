"""When state is flushed: at once after a quiet time, else once per interval of wall time.

Paced state, which repeats what other channels say, leaves at moments at which they are flushed or
would be, and after them: never earlier than they tell it.
"""

import asyncio
from math import inf

from itg.gateway.fanout import Fanout


class Flusher:
    """Flushes one fan-out; `interval_s` 0: after every release. Paced state less often."""

    def __init__(self, fanout: Fanout, interval_s: float, paced_interval_s: float) -> None:
        self._fanout = fanout
        self._interval_s = interval_s
        self._paced_interval_s = paced_interval_s
        self._next_s = 0.0
        self._next_paced_s = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_s = inf

    def see_release(self) -> None:
        """Flush what the release published, or see to it that it is flushed in time."""
        if self._due_s() < self._alarm_s:
            self._flush_when_due()

    def flush(self) -> None:
        """Flush now: everything, paced state if its time has come."""
        now_s = asyncio.get_running_loop().time()
        self._next_s = now_s + self._interval_s
        is_paced_due = now_s >= self._next_paced_s
        if is_paced_due:
            self._next_paced_s = now_s + self._paced_interval_s
        self._fanout.flush(paced=is_paced_due)

    def stop(self) -> None:
        """Let nothing be flushed but by `flush`, until a release is seen again."""
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_s = None, inf

    def _due_s(self) -> float:
        if self._fanout.has_unflushed:
            return self._next_s
        if self._fanout.has_unflushed_paced:
            return max(self._next_s, self._next_paced_s)
        return inf

    def _flush_when_due(self) -> None:
        self.stop()
        loop = asyncio.get_running_loop()
        if loop.time() >= self._due_s():
            self.flush()
        due_s = self._due_s()
        if due_s < inf:
            self._alarm, self._alarm_s = loop.call_at(due_s, self._flush_when_due), due_s
