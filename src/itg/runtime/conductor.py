"""One game on many nodes in lock step: an input's cascade ends everywhere before the next begins.

    conductor ─ a depth's deliveries ─▶ node, node, …
              ◀─ what each caused ────

Services share no state, so what a service does depends only on what it hears and in which order.
The conductor keeps the order of one machine: it goes depth by depth, hands every node what its
services hear of a depth in that order, and joins what they caused in it. The nodes of a depth work
at the same time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.cascade import CASCADE_MAX
from itg.runtime.codec import Codec
from itg.runtime.routing import Hearing, assert_may_go_unheard, message_kinds
from itg.runtime.service import Service, StartTimer, StopTimer, TimerFired, node_name
from itg.runtime.timers import Timers

CONDUCTOR = "conductor"


class Player(Protocol):
    """A node that is conducted."""

    async def deliver(
        self, now: Nanos, arrivals: Sequence[Arrival]
    ) -> Sequence[tuple[Message, ...]]:
        """Apply a depth's arrivals in order and return what each caused, once it is durable."""


class _Delivery(NamedTuple):
    player: Player
    to: str
    message: Message


class Conductor:
    """The order of one machine over many; `players` are the nodes of the services' node names.

    `services`, in routing order, tell who hears what; their state is not touched.
    """

    def __init__(self, services: Sequence[Service], players: Mapping[str, Player]) -> None:
        self.next_seq = Seq(1)
        self.game_ns = Nanos(0)
        self._hearing = Hearing(services)
        self._players = players
        self._codec = Codec(message_kinds(services))
        self._timers = Timers()
        self.due = self._timers.due
        self._sent = 0

    async def apply(self, now: Nanos, message: Message) -> tuple[Message, ...]:
        """Deliver an input and run its whole cascade; return all outputs breadth-first."""
        assert now >= self.game_ns, "game time never runs backwards"
        self.game_ns = now
        every: list[Message] = []
        depth = [message]
        while depth:
            deliveries = [each for heard in depth for each in self._deliveries(now, heard)]
            depth = [output for caused in await self._deliver(now, deliveries) for output in caused]
            every += depth
            assert len(every) < CASCADE_MAX, f"endless cascade from {message!r}"
        self.next_seq = Seq(self.next_seq + 1 + len(every))
        return tuple(every)

    def _deliveries(self, now: Nanos, message: Message) -> list[_Delivery]:
        if isinstance(message, StartTimer):
            self._timers.start(now, message)
            return []
        if isinstance(message, StopTimer):
            self._timers.stop(now, message)
            return []
        if isinstance(message, TimerFired):
            self._timers.fire(now, message)
        hearing = self._hearing.of(message)
        if not hearing:
            assert_may_go_unheard(message)
        names = [node_name(service.name, service.shard) for service in hearing]
        return [_Delivery(self._players[name], name, message) for name in names]

    async def _deliver(
        self, now: Nanos, deliveries: Sequence[_Delivery]
    ) -> Sequence[tuple[Message, ...]]:
        places: dict[Player, list[int]] = {}
        for place, delivery in enumerate(deliveries):
            places.setdefault(delivery.player, []).append(place)
        answers = await asyncio.gather(
            *(
                player.deliver(now, [self._arrival(deliveries[place]) for place in own])
                for player, own in places.items()
            )
        )
        caused: list[tuple[Message, ...]] = [()] * len(deliveries)
        for own, outputs in zip(places.values(), answers, strict=True):
            for place, causes in zip(own, outputs, strict=True):
                caused[place] = causes
        return caused

    def _arrival(self, delivery: _Delivery) -> Arrival:
        self._sent += 1
        return Arrival(
            source=CONDUCTOR,
            seq=Seq(self._sent),
            to=delivery.to,
            body=self._codec.encode(delivery.message),
        )
