"""When state is flushed: at once after a quiet time, else once per interval of wall time."""

import asyncio

from itg.gateway.fanout import Fanout


class Flusher:
    """Flushes one fan-out; `interval_s` 0: after every release."""

    def __init__(self, fanout: Fanout, interval_s: float) -> None:
        self._fanout = fanout
        self._interval_s = interval_s
        self._next_s = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    def see_release(self) -> None:
        """Flush what the release published, or see to it that it is flushed in time."""
        if self._alarm is None and self._fanout.has_unflushed:
            self._flush_when_due()

    def stop(self) -> None:
        """Flush no more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _flush_when_due(self) -> None:
        self._alarm = None
        loop = asyncio.get_running_loop()
        if loop.time() >= self._next_s:
            self._next_s = loop.time() + self._interval_s
            self._fanout.flush()
        if self._fanout.has_unflushed:
            self._alarm = loop.call_at(self._next_s, self._flush_when_due)
