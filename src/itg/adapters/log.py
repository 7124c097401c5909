"""What an engine whose broker is a log hands to the bus on it: append, read from a place, the end.

A log knows neither subjects nor what a subscriber has: one partition of Kafka, one stream of
RabbitMQ. What a reader needs of a message before it decodes it stands beside its payload.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from itg.kernel.errors import ItgError

# Where to read from, beside an offset: what is held from its beginning, or what comes from now on.
FIRST, NEXT = -2, -1

# The names beside a payload: headers of Kafka, application properties of RabbitMQ.
SUBJECT, EVENT_ID, LIFE = "Itg-Subject", "Itg-Event-Id", "Itg-Life"


class Entry(Struct, frozen=True, gc=False):
    """One message of a log.

    `event_id` is empty for state, which readers of facts skip. `life` names the log: one that was
    removed and filled again has the same name and another life. `offset` is the log's number.
    """

    subject: str
    event_id: str
    life: str
    data: bytes
    offset: int = -1


class LogTruncatedError(ItgError):
    """What stood where a reader wants to begin is gone."""


class LogSettings(Struct, frozen=True, kw_only=True):
    """Where a broker is and how to use it.

    `url` may carry a user and a password, which are never shown; a scheme that ends in `+tls` asks
    for TLS, with the authorities of the system or those in the file `ca`. The oldest goes when
    `kept_bytes` are passed, a segment at a time; `ahead_bytes` are fetched before they are asked
    for, on Kafka.
    """

    url: str
    ca: str = ""
    kept_bytes: int = 2 * 1024**3
    segment_bytes: int = 64 * 1024**2
    ahead_bytes: int = 8 * 1024**2
    answer_s: float = 5.0

    @property
    def is_tls(self) -> bool:
        """Tell whether the connection is to be encrypted."""
        return self.url.partition("://")[0].endswith("+tls")

    def place(self, port: int) -> tuple[str, int]:
        """Return host and port, `port` where the address names none."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or port

    def credentials(self) -> tuple[str, str] | None:
        """Return user and password, None where the address names none."""
        parts = urlsplit(self.url)
        if not parts.username:
            return None
        return unquote(parts.username), unquote(parts.password or "")


class Log(Protocol):
    """One game's log on a broker; every call raises `BusDownError` where that does not answer."""

    @property
    def message_bytes_max(self) -> int:
        """Return how many bytes of payload one message carries."""

    async def made(self) -> None:
        """Make the log unless it is there."""

    async def newest(self) -> Entry | None:
        """Return the newest entry, None where there is none."""

    async def append(self, entries: Sequence[Entry]) -> None:
        """Append in order and return when they are held; after a fault some beginning may be."""

    def read(self, start: int) -> AsyncIterator[Sequence[Entry]]:
        """Return what stands from `start` on, in order, and what comes, until the log closes.

        Raises `LogTruncatedError` where what stood at `start` is gone.
        """

    async def close(self) -> None:
        """End every reading and let go of the broker."""
