"""One node of a game: some of its services on a pump, linked to the nodes of the others.

    other nodes' rows ─▶ Hearers ─▶ Pump(Machine(services), journal) ─▶ Followers ─▶ nodes, gateways

Whoever follows gets every row; each takes what its services hear.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from itg.compose.links import query_codec
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.carrier import Carrier
from itg.runtime.cascade import Machine
from itg.runtime.clock import Clock, HeldClock
from itg.runtime.followed import Ends, FollowedPump
from itg.runtime.followers import Followers, Notes
from itg.runtime.hearing import Hearers
from itg.runtime.joined_machine import Layout, codec_of
from itg.runtime.journal import Journal, Snapshot
from itg.runtime.link import QueryCodec
from itg.runtime.metrics import HandlerTimes
from itg.runtime.presence import Answered
from itg.runtime.pump import Pump
from itg.runtime.pump_port import OnBatch
from itg.runtime.routing import elsewhere
from itg.runtime.service import Service


class Wiring(Struct, frozen=True, kw_only=True):
    """How the nodes of a game reach each other: `chief` is the node with the clock."""

    layout: Layout
    chief: str
    carrier: Carrier
    subject: Callable[[str], str]  # of a node: where those who follow it write to
    ear: Callable[[str, str], str]  # of a node and another: where it hears that one

    @property
    def services(self) -> list[Service]:
        """Return the services of all nodes."""
        return [service for services in self.layout.values() for service in services]

    def queries(self) -> QueryCodec:
        """Return what encodes the queries that any node answers."""
        return query_codec(self.services)

    def followed(self, name: str, follower: str, journal: Journal) -> FollowedPump:
        """Return the pump of the node `name` as it is seen at the subject `follower`."""
        ends = Ends(self.carrier, self.subject(name), follower)
        return FollowedPump(ends, codec_of(self.layout), self.queries(), journal)


class Nobody:
    """Who reads notes where no steward is."""

    def hear(self, door: str, body: bytes) -> None:
        """Let a note go: it is the chief's."""

    def lose(self, door: str) -> None:
        """Let a follower go."""


class Recovered(Struct, frozen=True):
    """A node's journal, open, and its machine, brought to the journal's end."""

    journal: Journal
    machine: Machine


class Node:
    """A node in its recovered state; `clock` is the chief's, all others follow that."""

    def __init__(
        self,
        name: str,
        wiring: Wiring,
        state: Recovered,
        *,
        clock: Clock | None = None,
        on_release: OnBatch = lambda _: None,
    ) -> None:
        machine, journal = state.machine, state.journal
        self.name = name
        self._wiring = wiring
        others = [other for other in wiring.layout if other != name]
        heard = {
            other: wiring.followed(other, wiring.ear(name, other), journal) for other in others
        }
        self.clock = clock or heard[wiring.chief].clock
        # Before the chief has begun the game nobody has missed anything.
        has_missed = name != wiring.chief or machine.next_seq > 1
        self._held: HeldClock | None = None
        if has_missed:
            self._held = HeldClock(self.clock, machine.game_ns)
        self.pump = Pump(machine, journal, self._held or self.clock, on_release=on_release)
        self.hearers = Hearers(name, heard, self.pump, has_missed=has_missed)
        self._opening: asyncio.Task[None] | None = None
        self._followers: Followers | None = None

    @property
    def followers(self) -> list[str]:
        """Return the subjects of those who follow."""
        return [] if self._followers is None else self._followers.names

    @property
    def answered(self) -> Answered:
        """Return what it has answered to those who follow."""
        assert self._followers is not None, "start it first"
        return self._followers.answered

    async def start(self, notes: Notes | None = None) -> None:
        """Run the pump, be followed, and hear the others whenever they are there."""
        wiring = self._wiring
        self.pump.start()
        subject = wiring.subject(self.name)
        self._followers = Followers(
            self.pump, wiring.carrier, subject, wiring.queries(), notes or Nobody()
        )
        self.pump.on_row = self._followers.see_row
        self._followers.clock = self.clock
        if self._held is not None:
            self._followers.defer()
        await self._followers.start()
        await self.hearers.start()
        self._opening = asyncio.create_task(self._open(), name="opening")

    async def caught_up(self) -> Nanos:
        """Wait until what was missed is on its way into the pump; return the time it reached."""
        await self.hearers.caught_up()
        return self.hearers.reached_ns

    async def _open(self) -> None:
        await self.hearers.caught_up()
        if self._held is not None:
            self._held.let_go()
        assert self._followers is not None, "it starts before"
        self._followers.open()

    async def stop(self) -> None:
        """Hear no more, finish what waits, give the last rows, and keep the state at the end.

        From that snapshot another build goes on.
        """
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        await self.hearers.stop()
        try:
            if self.pump.failure is None:
                await self.pump.drain()
        finally:
            if self._followers is not None:
                await self._followers.stop()
        if self.pump.failure is None:
            await asyncio.to_thread(self._keep_state)

    def _keep_state(self) -> None:
        machine, journal = self.pump.machine, self.pump.journal
        seq = Seq(machine.next_seq - 1)
        newest = next(journal.snapshots(), None)
        if seq and (newest is None or newest.seq != seq):
            journal.write_snapshot(Snapshot.of(seq, machine.snapshot()))


def machine_in(layout: Layout, name: str, times: HandlerTimes | None = None) -> Machine:
    """Return a fresh machine with the services of a node."""
    return Machine(layout[name], times, elsewhere(layout, name))
