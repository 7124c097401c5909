"""A gateway in a process of its own, before a game that is played in another.

    sockets → Gateway → FollowedPump ─ carrier ─ the node
    sockets → Gateway → JoinedPump ─ carrier ─ the nodes of a topology

It reads the journal where exports and logs of ended rounds are asked for, and writes
nothing: what it takes is in the book and on disk when the node says so.
"""

import asyncio
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from itg.compose.bounds import bounds_of
from itg.compose.carriers import connection_of
from itg.compose.data_directory import DataDirectory
from itg.compose.discovery import gateway_presence
from itg.compose.game_settings import Address
from itg.compose.links import (
    LinkedGame,
    LinkFile,
    door_subject,
    node_subject,
    query_codec,
)
from itg.compose.listeners import Listeners
from itg.compose.node_process import joined_pump, wiring_of
from itg.compose.relay_child import BusSettings
from itg.compose.replay_child import ReplayChild
from itg.compose.roster import FleetRoster
from itg.compose.surveillance import LiveWatch
from itg.compose.topologies import SOLO
from itg.compose.traces import Traces
from itg.compose.trials import CopyTrials, trials_of_journals
from itg.compose.verify import machine_of, opened_for_reading
from itg.gateway import Gateway
from itg.gateway.steward import RemoteSteward
from itg.kernel.errors import ConfigurationError
from itg.runtime.envelope import Record
from itg.runtime.followed import Ends, FollowedPump
from itg.runtime.joined import JoinedPump
from itg.runtime.joined_machine import Layout
from itg.runtime.presence import Answered

_START_S = 10.0
# What is under way is answered within some commits, or nobody knows when.
_FINISH_S = 2.0
_LOOK_S = 0.01


class DoorSettings(Struct, frozen=True, kw_only=True):
    """Where the game is, and where to serve it."""

    data: Path
    bus: BusSettings
    host: str = "127.0.0.1"
    port: int = 0
    admin: Address | None = None  # a second listener, for the organizer; None: nowhere here
    internal: str = ""  # [HOST:]PORT at which nodes reach it where the bus carries no calls
    trace_share: float = 0.0  # of the requests, as spans for a collector


class Door:
    """A gateway that follows; `start` finds the node, `stop` closes the sockets."""

    def __init__(self, settings: DoorSettings) -> None:
        self.listeners = Listeners(Address(settings.host, settings.port), settings.admin)
        self._settings = settings
        self._gateway: Gateway | None = None
        self._trials: CopyTrials | None = None
        self.watch = LiveWatch()
        self._replays = ReplayChild(settings.data)
        self._traces = Traces(settings.trace_share, "itg-gateway")
        self._layout: Layout = {}

    @property
    def url(self) -> str:
        """Return the address at which the game is served."""
        return self.listeners.url

    async def start(self) -> None:
        """Follow the node and open; raises `ConfigurationError` where there is none."""
        settings = self._settings
        directory = DataDirectory(settings.data)
        game = LinkFile(directory).read()
        is_joined = game.topology != SOLO
        self._connection = await connection_of(settings.bus, directory, settings.internal)
        self.pump = self._joined(game) if is_joined else self._followed(game)
        try:
            await self.pump.start(self._see, on_return=self._return, deadline_s=_START_S)
        except TimeoutError:
            await self.pump.stop()
            await self._connection.close()
            command = f"itg up --topology {game.topology}" if is_joined else "itg serve --bus"
            raise ConfigurationError(
                f"a node of {game.name} does not answer at {settings.bus.address}: "
                f"is `{command}` running?"
            ) from None
        if not is_joined:
            self.watch.begin(self.pump.journal, self.pump.codec, self.pump.released_seq)
        bounds = bounds_of(directory)
        self._gateway = Gateway(
            self.pump,
            bounds,
            surveillance=None if is_joined else self.watch,
            steward=RemoteSteward(self.pump.note),
        )
        self._trials = self._gateway.trials = trials_of_journals(self.pump, settings.data)
        self._gateway.roster = FleetRoster(settings.data, self._layout, "gateway")
        self._gateway.round_files.replays.make = self._replays.make
        self._traces.follow(self._gateway)
        await self._gateway.start()
        await self.listeners.start(self._gateway)
        at = f"{settings.host}:{self.listeners.port}"
        await self._connection.carrier.announce(gateway_presence(game.name, at), Answered())

    async def failed(self) -> None:
        """Wait for a failure of the link, which nothing but a new start mends, and raise it."""
        await self.pump.failed()

    async def stop(self) -> None:
        """Close the sockets, which may come back to another gateway, and follow no more."""
        await self.watch.stop()
        if self._trials is not None:
            self._trials.stop()
        if self._gateway is not None:
            await let_finish(self._gateway)
            await self._gateway.stop()
        await asyncio.to_thread(self._replays.stop)
        await self.listeners.stop()
        if self._gateway is not None:
            await self.pump.stop()
            await self._connection.close()
            self.pump.journal.close()
        await self._traces.stop()

    def _followed(self, game: LinkedGame) -> FollowedPump:
        journal = opened_for_reading(self._settings.data)
        machine = machine_of(journal)
        self._layout = {"node": machine.services}
        ends = Ends(
            self._connection.carrier,
            node_subject(game.name),
            door_subject(game.name, self._own_name()),
        )
        return FollowedPump(ends, machine.codec, query_codec(machine.services), journal)

    def _joined(self, game: LinkedGame) -> JoinedPump:
        wiring = wiring_of(game, self._connection.carrier)
        self._layout = wiring.layout
        return joined_pump(self._settings.data, wiring, game.name, self._own_name())

    def _own_name(self) -> str:
        return f"{os.getpid()}-{secrets.token_hex(4)}"

    def _see(self, records: Sequence[Record]) -> None:
        if isinstance(self.pump, FollowedPump):
            self.watch.see(records)
        if self._gateway is not None:
            self._gateway.publish(records)

    def _return(self) -> None:
        if self._gateway is not None:
            self._gateway.tell_present()


async def let_finish(gateway: Gateway) -> None:
    """Take no more requests, and wait a while for the answers of those under way."""
    gateway.is_ready = False
    with suppress(TimeoutError):
        async with asyncio.timeout(_FINISH_S):
            while len(gateway.waiting):  # noqa: ASYNC110 - nobody tells that the room is empty
                await asyncio.sleep(_LOOK_S)
