"""Rows of several nodes in one causal stream, questions to several at one point of it."""

from collections.abc import Sequence
from functools import partial

from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.toys import START, Balance, deposit

from itg.kernel.ids import Seq
from itg.runtime.arrival import Arrival
from itg.runtime.envelope import Record
from itg.runtime.lanes import Lanes, Question

NAMES = ("a", "b", "c")


def row(seq: int, heard: tuple[str, int] | None = None) -> list[Record]:
    """One record, caused elsewhere or nowhere."""
    body = deposit() if heard is None else Arrival(source=heard[0], seq=Seq(heard[1]), body=b"")
    return [Record(Seq(seq), START, START, "", "", body)]


class Stream:
    """Lanes, and what was taken from them in its order."""

    def __init__(self) -> None:
        self.live = set(NAMES)
        self.taken: list[tuple[str, int]] = []
        self.lanes = Lanes(NAMES, self.live.__contains__)

    def give(self, name: str, seq: int, heard: tuple[str, int] | None = None) -> None:
        self.lanes.add_batch(name, row(seq, heard), partial(self.taken.append, (name, seq)))


# For each node what its rows heard: None, or another node and how far it was then.
Plan = list[tuple[str, str | None]]
PLANS: st.SearchStrategy[Plan] = st.lists(
    st.tuples(st.sampled_from(NAMES), st.none() | st.sampled_from(NAMES)), max_size=30
)


@given(PLANS, st.data())
def test_what_a_node_did_on_hearing_another_comes_after_what_it_heard(
    plan: Plan, data: st.DataObject
) -> None:
    written: dict[str, list[tuple[int, tuple[str, int] | None]]] = {name: [] for name in NAMES}
    for name, heard in plan:
        reached = len(written[heard]) if heard is not None and heard != name else 0
        cause = None if heard is None or not reached else (heard, reached)
        written[name].append((len(written[name]) + 1, cause))
    stream, causes = Stream(), {}
    waiting = {name: list(rows) for name, rows in written.items()}
    while any(waiting.values()):
        name = data.draw(st.sampled_from([n for n in NAMES if waiting[n]]))
        seq, cause = waiting[name].pop(0)
        causes[name, seq] = cause
        stream.give(name, seq, cause)
    assert len(stream.taken) == len(plan), "all is taken once all has come"
    for place, (name, seq) in enumerate(stream.taken):
        before = stream.taken[:place]
        assert sum(n == name for n, _ in before) == seq - 1, "a node's own order is kept"
        cause = causes[name, seq]
        assert cause is None or cause in before


def test_a_node_that_is_down_is_waited_for_by_nobody() -> None:
    stream = Stream()
    stream.give("b", 1, ("a", 5))
    assert stream.taken == []
    stream.live.discard("a")
    stream.lanes.move()
    assert stream.taken == [("b", 1)]


def test_the_answers_to_a_question_are_given_where_each_node_stands() -> None:
    stream, parts = Stream(), []

    def answer(told: dict[str, Sequence[Balance]]) -> None:
        parts.append((sorted(told), list(stream.taken)))

    question = Question(["a", "b"], answer, again=lambda: None)  # type: ignore[arg-type]
    stream.lanes.ask(question)
    stream.give("a", 1)
    stream.lanes.add_part("a", question, [Balance(amount=1)])
    stream.give("a", 2)
    stream.give("c", 1)
    stream.give("b", 1)
    assert stream.taken == [("a", 1), ("c", 1), ("b", 1)], "a waits where it answered"
    stream.lanes.add_part("b", question, [Balance(amount=2)])
    assert parts == [(["a", "b"], [("a", 1), ("c", 1), ("b", 1)])]
    assert stream.taken[3:] == [("a", 2)]


def test_a_question_is_asked_anew_where_its_answers_wait_for_each_other() -> None:
    stream, again = Stream(), []
    question = Question(["a", "b"], lambda _: None, again=lambda: again.append(True))
    stream.lanes.ask(question)
    stream.lanes.add_part("a", question, [Balance(amount=1)])
    stream.give("a", 1)
    stream.give("b", 1, ("a", 1))
    assert again == [True]
    assert stream.taken == [("a", 1), ("b", 1)]


def test_a_question_without_an_answer_is_let_go_and_holds_nothing() -> None:
    stream = Stream()
    told: list[object] = []
    question = Question(["a", "b"], told.append, again=lambda: None)
    stream.lanes.ask(question)
    stream.lanes.add_part("a", question, [Balance(amount=1)])
    stream.give("a", 1)
    assert stream.taken == []
    stream.lanes.drop()
    assert stream.taken == [("a", 1)]
    stream.lanes.add_part("b", question, [Balance(amount=2)])
    stream.give("b", 1)
    assert (told, stream.taken) == ([], [("a", 1), ("b", 1)])
