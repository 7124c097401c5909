"""A carrier inside one event loop, and one that loses what a test says."""

import asyncio
from collections.abc import Callable

from itg.runtime.carrier import CarrierDownError, Take


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


def keep(_subject: str, _body: bytes) -> bool:
    """Lose nothing."""
    return False


class LossyCarrier(MemoryCarrier):
    """A carrier that loses what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.loses: Callable[[str, bytes], bool] = keep

    async def send(self, subject: str, body: bytes) -> None:
        if not self.loses(subject, body):
            await super().send(subject, body)

    async def hear(self, subject: str, take: Take) -> None:
        await super().hear(subject, lambda body: self.loses(subject, b"") or take(body))
