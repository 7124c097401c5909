"""The node's end of the link, where one node plays the game for gateways in other processes.

    node      Pump → Followers ─ carrier ─ FollowedPump → Gateway      door

It listens as soon as it can, and the market waits for nobody.
"""

import asyncio

import structlog

from itg.compose.carriers import Connection, connection_of
from itg.compose.data_directory import DataDirectory
from itg.compose.discovery import node_presence
from itg.compose.links import node_subject, query_codec
from itg.compose.relay_child import BusSettings
from itg.compose.topologies import CHIEF
from itg.gateway.steward import Steward
from itg.kernel.errors import ConfigurationError
from itg.runtime.followers import Followers
from itg.runtime.pump import Pump

log = structlog.get_logger()
_AGAIN_S = 1.0


class NodeLink:
    """The node's end: `start` lets gateways follow the pump."""

    def __init__(
        self, pump: Pump, steward: Steward, bus: BusSettings, game: str, directory: DataDirectory
    ) -> None:
        self._pump = pump
        self._steward = steward
        self._bus = bus
        self._game = game
        self._directory = directory
        self._connection: Connection | None = None
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
        while self._connection is None:
            try:
                self._connection = await connection_of(self._bus, self._directory)
            except ConfigurationError as error:
                log.warning("no_gateways_yet", reason=str(error))
                await asyncio.sleep(_AGAIN_S)
        carrier = self._connection.carrier
        queries = query_codec(self._pump.machine.services)
        subject = node_subject(self._game)
        self._followers = Followers(self._pump, carrier, subject, queries, self._steward)
        self._pump.on_row = self._followers.see_row
        await self._followers.start()
        presence = node_presence(self._game, CHIEF, self._pump.machine.services, subject)
        await carrier.announce(presence, self._followers.answered)

    async def stop(self) -> None:
        """Give the last rows and say no more."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._followers is not None:
            await self._followers.stop()
        if self._connection is not None:
            await self._connection.close()
