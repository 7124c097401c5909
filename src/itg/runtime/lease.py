"""Who may try to lead a game: a lease, kept by a thread, that lapses when its holder stands still.

The lease decides who tries. It does not protect the journal, since its holder may stop between two
steps for any time: that is the fence's work, the journal's own epoch.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread
from typing import Protocol

import structlog

from itg.kernel.errors import FencedError, ItgError

log = structlog.get_logger()
LEASE_S = 1.0
RENEW_S = 0.3


class Lease(Protocol):
    """One lease of one game; used by one thread at a time."""

    def take(self) -> bool:
        """Hold it from now on if nobody does or its holder let it lapse; tell whether it is held.

        To be asked again and again: an engine may need `LEASE_S` of looking to see a lapse.
        """

    def renew(self) -> bool:
        """Keep it for another `LEASE_S`; False if somebody else took it."""

    def release(self) -> None:
        """Let another have it at once; again does nothing."""


class LeaseKeeper:
    """Renews held leases from a thread of its own, however busy the loop is, until `stop`."""

    def __init__(self, leases: Sequence[Lease]) -> None:
        self._leases = tuple(leases)
        self._stopping = Event()
        self._lost = Event()
        self._tell: Callable[[], object] = _nobody
        self._thread = Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    async def lost(self) -> None:
        """Wait until another holds a lease, and raise `FencedError`."""
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        self._tell = partial(loop.call_soon_threadsafe, told.set)
        if self._lost.is_set():
            told.set()
        await told.wait()
        raise FencedError("another server leads this game: it took the lease, this one ends")

    def stop(self) -> None:
        """Renew no more; returns when the thread has ended."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        is_failing = False
        while not self._stopping.is_set():
            try:
                if not all(lease.renew() for lease in self._leases):
                    log.error("lease_lost")
                    self._lost.set()
                    self._tell()
                    return
                is_failing = False
            except ItgError as error:
                # It lapses if that goes on; whoever leads then fences this one.
                if not is_failing:
                    log.warning("lease_not_renewed", reason=str(error))
                is_failing = True
            self._stopping.wait(RENEW_S)


def _nobody() -> None:
    """Tell nobody: none waits for the loss yet, and who begins to is told then."""
