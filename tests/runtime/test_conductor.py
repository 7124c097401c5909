"""Services on nodes of their own do, in lock step, what they do on one machine."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.test_machine import TOYS
from tests.runtime.toys import START, deposit, machine, services

from itg.compose.conducted import InnerNode
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival, Heard
from itg.runtime.cascade import Machine
from itg.runtime.conductor import Conductor
from itg.runtime.service import node_name

# Which node each toy service is on: all together, the shards apart from the rest, each apart.
LAYOUTS = ((0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 2))


class Ensemble:
    """The toy services on as many nodes as a layout says, and who conducts them."""

    def __init__(self, layout: Sequence[int]) -> None:
        toys = services()
        self.nodes = {
            number: InnerNode([t for t, own in zip(toys, layout, strict=True) if own == number])
            for number in sorted(set(layout))
        }
        names = [node_name(toy.name, toy.shard) for toy in toys]
        players = {n: self.nodes[number] for n, number in zip(names, layout, strict=True)}
        self.conductor = Conductor(services(), players)

    def apply(self, now: Nanos, message: Message) -> tuple[Message, ...]:
        return asyncio.run(self.conductor.apply(now, message))

    def states(self) -> dict[str, bytes]:
        machines = [node.pump.machine for node in self.nodes.values()]
        return {name: toy.snapshot() for m in machines for name, toy in m.nodes.items()}


@given(
    st.sampled_from(LAYOUTS), st.lists(st.tuples(st.integers(0, 5), TOYS), min_size=1, max_size=25)
)
def test_the_same_happens_on_any_nodes(
    layout: Sequence[int], inputs: Sequence[tuple[int, Message]]
) -> None:
    alone, ensemble = machine(), Ensemble(layout)
    now = START
    for pause, message in inputs:
        now = Nanos(now + pause)
        while (fired := alone.due(now)) is not None:
            assert ensemble.conductor.due(now) == fired
            assert ensemble.apply(fired.at_ns, fired) == alone.apply(fired.at_ns, fired)
        assert ensemble.apply(now, message) == alone.apply(now, message)
        assert ensemble.conductor.next_seq == alone.next_seq
    assert ensemble.states() == {name: toy.snapshot() for name, toy in alone.nodes.items()}


def test_a_conducted_node_recovers_what_it_heard_and_hears_nothing_twice() -> None:
    ensemble = Ensemble((0, 1, 2))
    for amount in range(1, 4):
        ensemble.apply(START, deposit(amount))
    bank = ensemble.nodes[0].pump.machine
    again = Machine([services()[0]])
    again.restore(bank.snapshot())
    assert again.state_hash() == bank.state_hash()
    assert again.heard == {"conductor": Heard(Seq(0), Seq(5))}
    old = Arrival(source="conductor", seq=Seq(5), to="bank.0", body=again.codec.encode(deposit(1)))
    with pytest.raises(AssertionError, match="heard before"):
        again.apply(START, old)
