"""The carrier on core NATS: one connection, nothing kept by the server."""

import asyncio
import ssl
from contextlib import suppress
from typing import Self

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from itg.adapters.nats_bus import NatsSettings
from itg.adapters.nats_presence import Announced
from itg.kernel.errors import ConfigurationError
from itg.runtime.carrier import CarrierDownError, Take
from itg.runtime.presence import Answered, Presence

log = structlog.get_logger()
_AGAIN_S = 0.25
_PING_S = 5
_TIMEOUT_S = 2
# What a hearer may be behind: more is lost, and the link begins anew from the journal.
_PENDING_MESSAGES = 65_536
_PENDING_BYTES = 256 * 1024 * 1024
# The client's own, the system's, and uvloop's of a transport that is closed already.
_FLUSH_S = 2
_FAULTS = (Error, OSError, TimeoutError, RuntimeError)


class NatsCarrier:
    """A carrier; made by `connect`, it connects again by itself."""

    def __init__(self) -> None:
        self._client = Client()
        self._is_met = False  # before, who asked to connect is told

    @classmethod
    async def connect(cls, settings: NatsSettings) -> Self:
        """Return a connected carrier. Raises `ConfigurationError` where no server answers."""
        carrier = cls()
        context = ssl.create_default_context(cafile=settings.ca) if settings.ca else None
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await carrier._client.connect(
                    settings.url,
                    name="itg link",
                    tls=context,
                    connect_timeout=_TIMEOUT_S,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=_AGAIN_S,  # type: ignore[arg-type]  # to asyncio.sleep
                    ping_interval=_PING_S,
                    error_cb=carrier._note,
                )
            carrier._is_met = True
        except _FAULTS as error:
            with suppress(*_FAULTS):
                await carrier._client.close()
            reason = type(error).__name__
            raise ConfigurationError(
                f"no NATS server answers at {settings.address} ({reason})"
            ) from None
        return carrier

    async def send(self, subject: str, body: bytes) -> None:
        try:
            await self._client.publish(subject, body)
        except _FAULTS as error:
            raise CarrierDownError(f"NATS does not take it: {type(error).__name__}") from error

    async def hear(self, subject: str, take: Take) -> None:
        async def taken(message: Msg) -> None:
            take(message.data)

        await self._client.subscribe(
            subject,
            cb=taken,
            pending_msgs_limit=_PENDING_MESSAGES,
            pending_bytes_limit=_PENDING_BYTES,
        )
        try:
            await self._client.flush(_FLUSH_S)
        except _FAULTS as error:
            # The client keeps what it subscribed to, and tells it a server that answers again.
            await self._note(error)

    async def announce(self, presence: Presence, answered: Answered) -> None:
        """Answer who asks the bus for this process, until `close`; a server may forbid it."""
        with suppress(*_FAULTS):
            await Announced(self._client, presence, answered).start()

    async def close(self) -> None:
        with suppress(*_FAULTS):
            if self._client.is_connected:
                await self._client.flush(timeout=1)
            await self._client.close()

    async def _note(self, error: Exception) -> None:
        if self._is_met:
            log.warning("link_carrier", reason=f"{type(error).__name__}: {error}"[:200])
