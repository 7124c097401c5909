from collections.abc import Sequence
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.toys import (
    SHARDS,
    START,
    Balance,
    Bank,
    Deposit,
    Deposited,
    GetBalance,
    GetTotal,
    Herald,
    Salute,
    Saluted,
    Wave,
    Waved,
    deposit,
    machine,
    remind,
)

from itg.kernel.errors import RecoveryError
from itg.kernel.ids import Shard
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.cascade import Machine
from itg.runtime.metrics import HandlerTimes
from itg.runtime.routing import routing_table
from itg.runtime.service import StartTimer, TimerFired

TOYS = st.one_of(
    st.builds(deposit, st.integers(-5, 5), shard=st.sampled_from(SHARDS)),
    st.builds(Salute, to=st.sampled_from(["x", "y"]), times=st.integers(1, 3)),
    st.builds(
        remind,
        st.sampled_from(["k", "l"]),
        st.none() | st.integers(START - 10, START + 10),
        shard=st.sampled_from(SHARDS),
    ),
)


def test_a_cascade_runs_breadth_first_in_routing_order() -> None:
    outputs = machine().apply(START, Salute(to="x", times=2))
    assert [type(output).__name__ for output in outputs] == [
        *("Wave", "Wave", "Saluted"),
        *("Waved", "Waved", "Salute"),
        *("Wave", "Wave", "Saluted"),
        *("Waved", "Waved"),
    ]


def test_a_message_with_a_shard_reaches_its_own_shard_and_the_unsharded() -> None:
    toy = machine()
    toy.apply(START, deposit(3, shard=1))
    assert toy.query(GetBalance(shard=Shard(0), account="ada")) == Balance(amount=0)
    assert toy.query(GetBalance(shard=Shard(1), account="ada")) == Balance(amount=3)
    assert toy.query(GetTotal()) == Balance(amount=3)


class Town:
    """Accepts what the herald may salute, on every shard."""

    name = "town"
    accepts = (Saluted,)
    emits: tuple[type[Message], ...] = ()
    answers = ()

    def __init__(self, shard: Shard) -> None:
        self.shard: Shard | None = shard
        self.heard = 0

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        self.heard += 1
        return ()

    query = Bank.query
    snapshot = Bank.snapshot
    restore = Bank.restore


def test_a_message_without_a_shard_reaches_every_shard() -> None:
    towns = [Town(shard) for shard in SHARDS]
    Machine([*map(Bank, SHARDS), *towns, Herald(SHARDS)]).apply(START, Salute(to="x"))  # type: ignore[list-item]
    assert [town.heard for town in towns] == [1, 1]


def test_a_command_for_a_missing_shard_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="nobody here accepts"):
        machine().apply(START, deposit(shard=9))


def test_a_command_nobody_accepts_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="nobody here accepts"):
        Machine([Herald(SHARDS)]).apply(START, deposit())


def test_an_event_nobody_hears_is_recorded_all_the_same() -> None:
    outputs = Machine([Bank(Shard(0))]).apply(START, deposit(2))
    assert outputs == (Deposited(shard=Shard(0), account="ada", amount=2, balance=2),)


def test_an_undeclared_output_is_a_bug() -> None:
    class Quiet(Bank):
        emits: ClassVar[tuple[type[Message], ...]] = (Waved,)

    with pytest.raises(AssertionError, match="undeclared"):
        Machine([Quiet(Shard(0))]).apply(START, deposit())


def test_a_command_has_one_owner() -> None:
    class Rival(Bank):
        name = "rival"

    with pytest.raises(AssertionError, match="two owners"):
        Machine([Bank(Shard(0)), Rival(Shard(0))])


def test_two_nodes_of_one_name_are_a_bug() -> None:
    with pytest.raises(AssertionError, match="one name"):
        Machine([Bank(Shard(0)), Bank(Shard(0))])


def test_a_timer_needs_an_owner_that_accepts_it() -> None:
    toy = machine()
    for owner in ("nobody", "herald"):
        with pytest.raises(AssertionError):
            toy.apply(START, StartTimer(owner=owner, key="k", at_ns=START))


def test_game_time_never_runs_backwards() -> None:
    toy = machine()
    toy.apply(START, deposit())
    with pytest.raises(AssertionError, match="backwards"):
        toy.apply(Nanos(START - 1), deposit())


def test_a_timer_moves_when_its_key_is_armed_again() -> None:
    toy = machine()
    toy.apply(START, remind("k", START + 5))
    toy.apply(START, remind("k", START + 9))
    assert toy.due(Nanos(START + 8)) is None
    assert toy.next_timer_ns() == START + 9


def test_a_stopped_timer_never_fires() -> None:
    toy = machine()
    toy.apply(START, remind("k", START + 5))
    toy.apply(START, remind("k", None))
    toy.apply(START, remind("unknown", None))
    assert toy.due(Nanos(START + 99)) is None
    assert toy.next_timer_ns() is None


def test_timers_of_one_instant_fire_as_they_were_armed_and_only_for_their_owner() -> None:
    toy = machine()
    toy.apply(START, remind("b", START + 5, shard=1))
    toy.apply(START, remind("a", START + 5, shard=0))
    fired = toy.due(Nanos(START + 5))
    assert fired == TimerFired(owner="bank.1", key="b", at_ns=Nanos(START + 5))
    assert len(toy.apply(fired.at_ns, fired)) == 1
    assert toy.due(Nanos(START + 5)) == TimerFired(owner="bank.0", key="a", at_ns=Nanos(START + 5))


def test_a_timer_set_in_the_past_is_due_now() -> None:
    toy = machine()
    toy.apply(START, remind("k", 1))
    fired = toy.due(START)
    assert fired is not None
    assert fired.at_ns == START


def test_moving_a_timer_many_times_keeps_the_heap_small() -> None:
    toy = machine()
    for step in range(1_000):
        toy.apply(START, remind("k", START + step))
    assert len(toy._timers._heap) < 100
    assert toy.next_timer_ns() == START + 999


@given(st.lists(TOYS, max_size=30))
def test_equal_inputs_give_equal_outputs_and_state(inputs: list[Message]) -> None:
    one, other = machine(), machine()
    assert [one.apply(START, m) for m in inputs] == [other.apply(START, m) for m in inputs]
    assert one.state_hash() == other.state_hash()


@given(st.lists(TOYS, max_size=30), st.lists(TOYS, max_size=10))
def test_a_restored_machine_goes_on_like_the_one_it_was_taken_of(
    before: list[Message], after: list[Message]
) -> None:
    one, other = machine(), machine()
    for message in before:
        one.apply(START, message)
    other.restore(one.snapshot())
    assert other.state_hash() == one.state_hash()
    for message in after:
        assert one.apply(START, message) == other.apply(START, message)
    later = Nanos(START + 1_000)
    while (fired := one.due(later)) is not None:
        assert other.due(later) == fired
        assert one.apply(fired.at_ns, fired) == other.apply(fired.at_ns, fired)
    assert one.state_hash() == other.state_hash()


def test_a_snapshot_of_other_nodes_is_refused() -> None:
    with pytest.raises(RecoveryError, match="this pump runs"):
        Machine([Bank(Shard(0))]).restore(machine().snapshot())


def test_measuring_changes_no_output() -> None:
    times = HandlerTimes()
    measured = Machine([*map(Bank, SHARDS), Herald(SHARDS)], times)
    plain = machine()
    for _ in range(50):
        assert measured.apply(START, deposit()) == plain.apply(START, deposit())
    assert measured.state_hash() == plain.state_hash()
    p50, p99 = times.quantiles_ns()["Deposit"]
    assert 0 < p50 <= p99


def test_the_routing_table_names_emitters_and_hearers() -> None:
    rows = routing_table(machine().services)
    table = {kind: (emitters, hearers) for kind, emitters, hearers in rows}
    assert table["Wave"] == (("herald",), ("bank",))
    assert table["Waved"] == (("bank",), ("herald",))
    assert set(table) >= {kind.__name__ for kind in (Deposit, Wave, StartTimer, TimerFired)}
