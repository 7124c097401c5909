"""Bytes from process to process, now or never: what a link is made of."""

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
