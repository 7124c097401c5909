"""What was missed of several neighbours comes in the order of game time, after its causes."""

from itertools import pairwise

import pytest
from tests.dice import Dice

from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.envelope import Record
from itg.runtime.merging import Merge, Missed
from itg.runtime.service import StopTimer

NAMES = ("a", "b", "c")


def missed(seq: int, game_ns: int, cause: tuple[str, int] | None = None) -> Missed:
    body = StopTimer(owner="", key="")
    heard = None if cause is None else Arrival(source=cause[0], seq=Seq(cause[1]), body=b"")
    return Missed(Record(Seq(seq), Nanos(0), Nanos(game_ns), "", "", heard or body, ()), ())


def history(dice: Dice) -> list[tuple[str, Missed]]:
    """Return what neighbours did, as it happened: times often equal, causes before effects."""
    ends, told, now = dict.fromkeys(NAMES, 0), list[tuple[str, Missed]](), 0
    for _ in range(60):
        now += dice.randrange(2)
        name = dice.choice(NAMES)
        other = dice.choice(NAMES)
        ends[name] += 1
        is_caused = other != name and ends[other] > 0 and dice.random() < 0.5
        told.append((name, missed(ends[name], now, (other, ends[other]) if is_caused else None)))
    return told


def taken(told: list[tuple[str, Missed]], dice: Dice) -> list[Missed]:
    """Return the order in which a merge gives what comes from each at another pace."""
    merge, order = Merge(dict.fromkeys(NAMES, Seq(0))), list[Missed]()
    left = {name: [each for own, each in told if own == name] for name in NAMES}
    while any(left.values()):
        name = dice.choice([name for name, own in left.items() if own])
        for _ in range(dice.randrange(1, 9)):
            if left[name]:
                merge.add(name, left[name].pop(0))
        order += merge.take(lambda each: not left[each])
    assert merge.is_empty
    return order


@pytest.mark.parametrize("seed", range(20))
def test_at_whatever_pace_neighbours_tell_the_order_is_one_of_time_and_causes(seed: int) -> None:
    told = history(Dice(seed))
    orders = [taken(told, Dice(pace)) for pace in range(4)]
    assert all(order == orders[0] for order in orders)
    order = orders[0]
    assert sorted(order, key=id) == sorted((each for _, each in told), key=id)
    assert all(one.game_ns <= other.game_ns for one, other in pairwise(order))
    names = {id(each): name for name, each in told}
    reached = dict.fromkeys(NAMES, 0)
    for each in order:
        body = each.record.body
        if isinstance(body, Arrival):
            assert reached[body.source] >= body.seq, "an effect stands before its cause"
        assert each.record.seq == reached[names[id(each)]] + 1, "each one's order is its own"
        reached[names[id(each)]] = each.record.seq


def test_nothing_is_taken_that_a_silent_neighbour_may_still_precede() -> None:
    merge = Merge({"a": Seq(0), "b": Seq(0)})
    merge.add("a", missed(1, 10))
    merge.add("a", missed(2, 30))
    assert list(merge.take(lambda _: False)) == []
    merge.add("b", missed(1, 20))
    assert [each.game_ns for each in merge.take(lambda _: False)] == [10, 20]
    assert [each.game_ns for each in merge.take(lambda _: True)] == [30]
