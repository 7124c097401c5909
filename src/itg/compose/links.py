"""The two ends of the link between a game's node and gateways in other processes.

    node      Pump → Followers ─ NATS ─ FollowedPump → Gateway      door

Subjects stand outside those of facts: nothing of a link is public, and no stream keeps it.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from itg.compose.data_directory import DataDirectory
from itg.compose.discovery import node_presence
from itg.compose.relay_child import BusSettings
from itg.compose.topologies import CHIEF, SOLO
from itg.gateway.steward import Steward
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.runtime.bus import subject_word
from itg.runtime.carrier import Carrier
from itg.runtime.followers import Followers
from itg.runtime.link import QueryCodec, all_replies
from itg.runtime.presence import Answered, Presence
from itg.runtime.pump import Pump
from itg.runtime.service import Service

log = structlog.get_logger()
GAME_FILE = "game.link"
_AGAIN_S = 1.0


def query_codec(services: Sequence[Service]) -> QueryCodec:
    """Return what encodes the queries these services answer."""
    return QueryCodec([kind for service in services for kind in service.answers], all_replies())


def node_subject(game: str, node: str = CHIEF) -> str:
    """Return where those who follow a node write to."""
    return f"itg.link.{subject_word(game)}.node.{subject_word(node)}"


def ear_subject(game: str, node: str, other: str) -> str:
    """Return where a node hears another."""
    return f"itg.link.{subject_word(game)}.ear.{subject_word(node)}.{subject_word(other)}"


def door_subject(game: str, name: str) -> str:
    """Return where a gateway hears."""
    return f"itg.link.{subject_word(game)}.door.{subject_word(name)}"


class KnownCarrier(Carrier, Protocol):
    """A carrier over which those who ask hear that this process is there."""

    async def announce(self, presence: Presence, answered: Answered) -> None:
        """Answer who asks for this process, until it is closed."""


async def carrier_of(bus: BusSettings) -> KnownCarrier:
    """Return a connection for a link.

    Raises `ConfigurationError` where no server answers, or the bus carries facts alone.
    """
    bus.check_links()
    # A game without a bus is played without the extra that brings NATS.
    from itg.adapters.nats_bus import NatsSettings  # noqa: PLC0415 - an extra
    from itg.adapters.nats_carrier import NatsCarrier  # noqa: PLC0415 - an extra

    return await NatsCarrier.connect(NatsSettings(url=bus.url, ca=bus.ca))


class NodeLink:
    """The node's end: `start` lets gateways follow the pump."""

    def __init__(self, pump: Pump, steward: Steward, bus: BusSettings, game: str) -> None:
        self._pump = pump
        self._steward = steward
        self._bus = bus
        self._game = game
        self._carrier: KnownCarrier | None = None
        self._followers: Followers | None = None
        self._starting: asyncio.Task[None] | None = None

    @property
    def doors(self) -> list[str]:
        """Return the subjects of the gateways that follow."""
        return [] if self._followers is None else self._followers.names

    def start(self) -> None:
        """Listen as soon as a server answers; the market waits for none."""
        self._starting = asyncio.create_task(self._begin(), name="link")

    async def _begin(self) -> None:
        while self._carrier is None:
            try:
                self._carrier = await carrier_of(self._bus)
            except ConfigurationError as error:
                log.warning("no_gateways_yet", reason=str(error))
                await asyncio.sleep(_AGAIN_S)
        queries = query_codec(self._pump.machine.services)
        subject = node_subject(self._game)
        self._followers = Followers(self._pump, self._carrier, subject, queries, self._steward)
        self._pump.on_row = self._followers.see_row
        await self._followers.start()
        presence = node_presence(self._game, CHIEF, self._pump.machine.services, subject)
        await self._carrier.announce(presence, self._followers.answered)

    async def stop(self) -> None:
        """Give the last rows and say no more."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._followers is not None:
            await self._followers.stop()
        if self._carrier is not None:
            await self._carrier.close()


class LinkedGame(Struct, frozen=True, kw_only=True):
    """A game as its links know it: its name on the bus, and on which nodes it is played."""

    name: str
    topology: str = SOLO
    shards: tuple[Shard, ...] = ()


class LinkFile:
    """What a gateway beside the data directory must know of the game it stands before."""

    def __init__(self, directory: DataDirectory) -> None:
        self._file = directory.path / GAME_FILE

    @property
    def topology(self) -> str:
        """Return the topology of the game, "" before it has begun."""
        return self.read().topology if self._file.exists() else ""

    def write(self, game: LinkedGame) -> None:
        """Keep what the game is."""
        self._file.write_bytes(Encoder().encode(game))

    def read(self) -> LinkedGame:
        """Return it; raises `ConfigurationError` if no node has played here with a bus."""
        try:
            return Decoder(LinkedGame).decode(self._file.read_bytes())
        except FileNotFoundError:
            raise ConfigurationError(
                f"{self._file.parent} was never served with --bus: start `itg serve --bus` first"
            ) from None
