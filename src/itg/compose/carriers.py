"""Over what the processes of a game call each other: NATS, or HTTP where the bus carries no calls.

A broker of logs takes facts in order and keeps them; a call wants an answer now. So on Kafka and
RabbitMQ each process is called at its internal port, and finds the others in the game's directory.
"""

from typing import Final, Protocol

from msgspec import Struct

from itg.adapters.address_book import AddressBook
from itg.adapters.http_carrier import HttpCarrier, who_answers
from itg.compose.data_directory import DataDirectory
from itg.compose.internal import InternalPort, address_of, token_of
from itg.compose.relay_child import BusSettings
from itg.runtime.carrier import Carrier
from itg.runtime.presence import Answered, Presence, Present

LINKS: Final = "links"  # the folder of the game's directory with a card of each process
_OWN_PORT: Final = "127.0.0.1:0"


class KnownCarrier(Carrier, Protocol):
    """A carrier over which those who ask hear that this process is there."""

    async def announce(self, presence: Presence, answered: Answered) -> None:
        """Answer who asks for this process, until it is closed."""


class Connection(Struct, frozen=True):
    """A carrier, and the port of this process: it listens already where it is the carrier's."""

    carrier: KnownCarrier
    port: InternalPort | None = None

    async def close(self) -> None:
        """Carry nothing more and listen no more."""
        await self.carrier.close()
        if self.port is not None:
            await self.port.stop()


async def connection_of(
    bus: BusSettings, directory: DataDirectory, internal: str = ""
) -> Connection:
    """Return a connection for the links of a game; `internal` is where its port is wanted.

    Raises `ConfigurationError` where no server answers, or the port cannot be had.
    """
    if bus.carries_links:
        port = _port(directory, internal) if internal else None
        return Connection(await _over_nats(bus), port)
    port = _port(directory, internal or _OWN_PORT)
    carrier = HttpCarrier(book_of(directory), port, token_of(directory))
    await port.start()
    return Connection(carrier, port)


def book_of(directory: DataDirectory) -> AddressBook:
    """Return where the processes of a game say at which port they are called."""
    return AddressBook(directory.path / LINKS)


async def called_there(directory: DataDirectory) -> list[Present]:
    """Return every process of a game that answers at its own port."""
    return await who_answers(book_of(directory), token_of(directory))


def _port(directory: DataDirectory, internal: str) -> InternalPort:
    return InternalPort(token_of(directory), *address_of(internal))


async def _over_nats(bus: BusSettings) -> KnownCarrier:
    # A game without a bus is played without the extra that brings NATS.
    from itg.adapters.nats_bus import NatsSettings  # noqa: PLC0415 - an extra
    from itg.adapters.nats_carrier import NatsCarrier  # noqa: PLC0415 - an extra

    return await NatsCarrier.connect(NatsSettings(url=bus.url, ca=bus.ca))
