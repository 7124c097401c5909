"""Copies of a game on which an organizer's act is tried: of one machine, or of those of its nodes.

A copy of nodes is made from their journals: each machine at its journal's end, and then given what
the others had told by then. What one causes another hears at once, as it would in life a moment
later.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from itg.compose.journals import is_on_nodes
from itg.compose.node import machine_in
from itg.compose.nodes_read import layout_in, node_journals
from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.runtime.arrival import NOTHING_HEARD, Arrival, Heard
from itg.runtime.cascade import Machine
from itg.runtime.joined_machine import Layout, codec_of
from itg.runtime.journal import Journal, read
from itg.runtime.passage import Passage
from itg.runtime.recovery import reread
from itg.runtime.routing import Hearing, answering


class Copy(Protocol):
    """A game as it was at a number of its journal, to be acted on."""

    @property
    def seq(self) -> Seq:
        """Return the last number it has."""

    def settle(self, until_ns: Nanos) -> list[Message]:
        """Let all timers fire that are due; return what they cause."""

    def act(self, at_ns: Nanos, command: Message) -> list[Message]:
        """Apply a command; return what it causes everywhere."""

    def query(self, query: Query) -> Reply:
        """Answer from the state as it is now."""


class WholeCopy:
    """A copy of one machine with all services."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def seq(self) -> Seq:
        return Seq(self.machine.next_seq - 1)

    def settle(self, until_ns: Nanos) -> list[Message]:
        # As the pump: a timer that is due comes before whatever is next.
        told: list[Message] = []
        while (fired := self.machine.due(until_ns)) is not None:
            told += self.machine.apply(fired.at_ns, fired)
        return told

    def act(self, at_ns: Nanos, command: Message) -> list[Message]:
        return [*self.machine.apply(at_ns, command)]

    def query(self, query: Query) -> Reply:
        return self.machine.query(query)


class NodesCopy:
    """A copy of the machines of a layout's nodes; `pending` was told and is not heard yet."""

    def __init__(
        self, layout: Layout, machines: Mapping[str, Machine], pending: Sequence[Arrival] = ()
    ) -> None:
        self._layout = layout
        self._machines = dict(machines)
        self._hears = {name: Hearing(services) for name, services in layout.items()}
        self._codec = codec_of(layout)
        # Numbers of its own above all that were: who hears tells by them what it has heard.
        heard = [each.seq for m in machines.values() for each in m.heard.values()]
        self._number: int = max([*heard, *(machine.next_seq for machine in machines.values())])
        self._spread([(arrival.game_ns, arrival.at, arrival) for arrival in pending])

    @property
    def seq(self) -> Seq:
        return Seq(sum(machine.next_seq - 1 for machine in self._machines.values()))

    def settle(self, until_ns: Nanos) -> list[Message]:
        told: list[Message] = []
        while (first := self._first_due(until_ns)) is not None:
            told += self._spread([first])
        return told

    def act(self, at_ns: Nanos, command: Message) -> list[Message]:
        name = next(name for name, hearing in self._hears.items() if hearing.has(command))
        return self._spread([(at_ns, name, command)])

    def query(self, query: Query) -> Reply:
        services = [service for services in self._layout.values() for service in services]
        return answering(services, query).query(query)

    def _first_due(self, until_ns: Nanos) -> tuple[Nanos, str, Message] | None:
        due = [
            (fired.at_ns, name, fired)
            for name, machine in self._machines.items()
            if (fired := machine.due(until_ns)) is not None
        ]
        return min(due, key=lambda one: one[0], default=None)

    def _spread(self, inputs: Sequence[tuple[Nanos, str, Message]]) -> list[Message]:
        told: list[Message] = []
        waiting = deque(inputs)
        while waiting:
            at_ns, name, message = waiting.popleft()
            machine = self._machines[name]
            now = Nanos(max(at_ns, machine.game_ns))
            outputs = machine.apply(now, message)
            told += outputs
            waiting += [
                (now, other, self._arrival(now, name, other, output))
                for output in outputs
                for other, hearing in self._hears.items()
                if other != name and hearing.has(output)
            ]
        return told

    def _arrival(self, now: Nanos, source: str, at: str, output: Message) -> Arrival:
        self._number += 1
        number, body = Seq(self._number), self._codec.encode(output)
        return Arrival(source=source, at=at, seq=number, after=number, game_ns=now, body=body)


def copy_in(data: Path) -> Copy:
    """Return a copy of the game of a directory as its journals have it. Reads only."""
    if is_on_nodes(data):
        journals = node_journals(data)
        try:
            return _copy_of_nodes(layout_in(data), journals)
        finally:
            for each in journals.values():
                each.close()
    journal = opened_for_reading(data)
    try:
        machine = machine_of(journal)
        reread(journal, machine)
        return WholeCopy(machine)
    finally:
        journal.close()


def _copy_of_nodes(layout: Layout, journals: Mapping[str, Journal]) -> NodesCopy:
    machines = {name: machine_in(layout, name) for name in layout}
    for name, machine in machines.items():
        reread(journals[name], machine)
    pending = [arrival for name in layout for arrival in _unheard(layout, journals, machines, name)]
    return NodesCopy(layout, machines, sorted(pending, key=lambda arrival: arrival.game_ns))


def _unheard(
    layout: Layout, journals: Mapping[str, Journal], machines: Mapping[str, Machine], at: str
) -> Iterator[Arrival]:
    """Yield what others told by the end of their copies and `at` has not heard."""
    hearing, codec = Hearing(layout[at]), codec_of(layout)
    for source in layout:
        if source == at:
            continue
        passage = Passage(source, at, hearing, codec)
        heard = machines[at].heard.get(source, NOTHING_HEARD)
        end = machines[source].next_seq - 1
        for record in read(journals[source], codec, heard.after):
            if record.seq > end:
                break  # it went on meanwhile
            yield from passage.arrivals(record, Heard(Seq(record.seq - 1), heard.seq))
