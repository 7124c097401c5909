"""An input over several nodes is answered once, when all that its answer depends on is done."""

from tests.runtime.toys import (
    START,
    Bank,
    Deposited,
    Herald,
    Salute,
    Saluted,
    Wave,
    Waved,
    deposit,
)

from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Message
from itg.runtime.arrival import Arrival
from itg.runtime.courses import Courses
from itg.runtime.envelope import Record
from itg.runtime.service import Service

LAYOUT: dict[str, list[Service]] = {
    "first": [Bank(Shard(0))],
    "second": [Bank(Shard(1))],
    "herald": [Herald((Shard(0), Shard(1)))],
}


def record(seq: int, body: Message, *outputs: Message) -> Record:
    return Record(Seq(seq), START, START, "", "", body, outputs)


def arrival(source: str, seq: int) -> Arrival:
    return Arrival(source=source, seq=Seq(seq), body=b"")


def wave(shard: int) -> Wave:
    return Wave(shard=Shard(shard), to="x")


def waved(shard: int) -> Waved:
    return Waved(shard=Shard(shard), to="x")


def courses(*reporting: str) -> Courses:
    return Courses(LAYOUT, frozenset(reporting))


def test_what_asks_no_other_node_is_answered_at_once() -> None:
    told: list[Record] = []
    made = Deposited(shard=Shard(0), account="ada", amount=1, balance=1)
    root = record(1, deposit(), made)
    courses().begin("first", root, told.append)
    assert told == [root], "the herald's hearing of it is nobody's answer"


def test_commands_to_others_are_waited_for_and_their_effects_told_with_the_input() -> None:
    told: list[Record] = []
    under_way = courses()
    saluted = Saluted(to="x", times_left=0)
    root = record(1, Salute(to="x"), wave(0), wave(1), saluted)
    under_way.begin("herald", root, told.append)
    under_way.see("second", record(7, arrival("herald", 3), waved(1)))
    under_way.see("first", record(4, arrival("herald", 9), waved(0)))
    assert told == [], "one is still under way, and another's arrival is not it"
    under_way.see("first", record(6, arrival("herald", 2), waved(0)))
    assert [r.outputs for r in told] == [(wave(0), wave(1), saluted, waved(1), waved(0))]
    assert (told[0].seq, told[0].body) == (1, root.body)


def test_events_are_waited_for_where_a_service_reports_them() -> None:
    told: list[Record] = []
    under_way = courses("herald")
    made = Deposited(shard=Shard(0), account="ada", amount=1, balance=1)
    under_way.begin("first", record(1, deposit(), made), told.append)
    assert told == []
    under_way.see("herald", record(1, arrival("first", 2)))
    assert len(told) == 1


def test_no_report_is_waited_for_of_who_was_down_already_when_an_input_began_elsewhere() -> None:
    told: list[Record] = []
    down: set[str] = {"herald"}
    under_way = Courses(LAYOUT, frozenset({"herald"}), lambda name: name not in down)
    made = Deposited(shard=Shard(0), account="ada", amount=1, balance=1)
    under_way.begin("first", record(1, deposit(), made), told.append)
    assert len(told) == 1
    # What it was asked to do is waited for all the same, and so is what it began itself.
    down.clear()
    under_way.begin("first", record(3, deposit(), made), told.append)
    down.add("herald")
    assert len(told) == 1
    under_way.see("herald", record(1, arrival("first", 4)))
    assert len(told) == 2
    under_way.begin("herald", record(2, Salute(to="x"), wave(0)), told.append)
    assert len(told) == 2
    under_way.see("first", record(5, arrival("herald", 3), waved(0)))
    assert len(told) == 2, "who began an input reports of it, down or not"
    under_way.see("herald", record(4, arrival("first", 6)))
    assert len(told) == 3
