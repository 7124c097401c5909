"""Where copies of several journals are cut, so that no effect stands without its cause."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from itg.compose.nodes_backup import CopiedRow, one_instant
from itg.kernel.ids import Seq

NODES = ("a", "b", "c")


class History:
    """Rows as nodes commit them: each of some numbers, and what of others it heard before."""

    def __init__(self, steps: list[tuple[int, int, int]]) -> None:
        self.ends = [dict.fromkeys(NODES, Seq(0))]
        self.rows: dict[str, list[CopiedRow]] = {name: [] for name in NODES}
        for at, length, heard in steps:
            name, now = NODES[at], self.ends[-1]
            needs = {
                n: now[n] for k, n in enumerate(NODES) if k != at and heard >> k & 1 and now[n]
            }
            self.rows[name].append(CopiedRow(now[name], needs))
            self.ends.append({**now, name: Seq(now[name] + length)})

    def copied(self, instants: list[int]) -> tuple[dict[str, Seq], dict[str, list[CopiedRow]]]:
        """Return what copies hold that were made node by node at these instants."""
        last = len(self.ends) - 1
        ends = {n: self.ends[min(at, last)][n] for n, at in zip(NODES, instants, strict=True)}
        rows = {n: [row for row in self.rows[n] if row.before < ends[n]] for n in NODES}
        return ends, rows


histories = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(0, 7)), max_size=40
).map(History)
instants = st.lists(st.integers(0, 40), min_size=3, max_size=3)


@given(histories, instants)
def test_what_stays_has_its_causes_and_ends_where_a_row_does(
    history: History, made: list[int]
) -> None:
    ends, rows = history.copied(made)
    found = one_instant(ends, rows)
    for name in NODES:
        borders = {Seq(0), ends[name], *(row.before for row in rows[name])}
        assert found[name] in borders
        for row in rows[name]:
            if row.before < found[name]:
                assert all(seq <= found[source] for source, seq in row.needs.items())


@given(histories, instants)
def test_what_was_committed_before_the_first_copy_is_never_cut(
    history: History, made: list[int]
) -> None:
    ends, rows = history.copied(made)
    before = history.ends[min(*made, len(history.ends) - 1)]
    # Rows up to there are not even looked at: the cut is the same without them.
    later = {n: [row for row in rows[n] if row.before >= before[n]] for n in NODES}
    found = one_instant(ends, later)
    assert found == one_instant(ends, rows)
    assert all(found[name] >= before[name] for name in NODES)


@given(histories)
def test_copies_of_one_instant_are_not_cut(history: History) -> None:
    for number, (one, another) in enumerate(pairwise(history.ends)):
        assert one != another
        ends, rows = history.copied([number] * 3)
        assert one_instant(ends, rows) == ends
