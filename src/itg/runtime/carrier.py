"""Bytes from process to process, now or never: what a link is made of."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from itg.kernel.errors import ItgError

Take = Callable[[bytes], object]


class CarrierDownError(ItgError):
    """The carrier does not take anything now."""


class Carrier(Protocol):
    """Carry bytes under subjects, one sender's to one subject in order, each at most once."""

    async def send(self, subject: str, body: bytes) -> None:
        """Hand bytes to whoever hears `subject` now. Raises `CarrierDownError`; nobody keeps them.

        A `body` may be as large as `itg.runtime.link.PIECE_BYTES_MAX` and a little more.
        """

    async def hear(self, subject: str, take: Take) -> None:
        """Call `take` in this loop with what is sent to `subject` from now on.

        What is sent during an outage, or to a hearer that falls far behind, is lost.
        """

    async def close(self) -> None:
        """Carry nothing more; closing twice is harmless."""


class MemoryCarrier:
    """A carrier inside one event loop."""

    def __init__(self) -> None:
        self._hearers: dict[str, list[Take]] = {}
        self._is_closed = False

    async def send(self, subject: str, body: bytes) -> None:
        if self._is_closed:
            raise CarrierDownError("the carrier is closed")
        loop = asyncio.get_running_loop()
        for take in self._hearers.get(subject, ()):
            loop.call_soon(take, body)

    async def hear(self, subject: str, take: Take) -> None:
        self._hearers.setdefault(subject, []).append(take)

    async def close(self) -> None:
        self._is_closed = True
        self._hearers.clear()
