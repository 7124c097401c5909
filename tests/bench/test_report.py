"""What a run of the benchmarks tells: each figure beside its peer, and what became worse."""

from pathlib import Path

import msgspec
import pytest
from bench.figures import Figure, Goal, Peer
from bench.report import Run, read, show, unexplained, write

PEER = Peer(name="another engine", value=400.0)


def run_of(*figures: Figure) -> Run:
    return Run(
        command="make bench",
        commit="abc",
        date="2026-11-26",
        machine="a machine, 2 cores",
        interpreter="CPython 3.11",
        figures=[*figures],
    )


def told(capsys: pytest.CaptureFixture[str], now: Run, before: Run | None) -> str:
    show(now, before)
    return capsys.readouterr().out


def test_a_figure_stands_beside_its_peer_with_ratio_goal_seed_and_machine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    goal = Goal(name="S1", at_least=1.6, of_ratio=True)
    figure = Figure(name="matching", value=200.0, unit="/s", peer=PEER, goal=goal)
    out = told(capsys, run_of(figure), None)
    assert "a machine, 2 cores; CPython 3.11; seed 7; commit abc of 2026-11-26" in out
    (row,) = [line.split("  ") for line in out.splitlines() if line.startswith("  matching")]
    cells = [cell.strip() for cell in row if cell.strip()]
    assert cells[:5] == ["matching", "200", "/s", "0.50 x", "another engine 400"]
    assert "no committed run to compare with" in out


@pytest.mark.parametrize(
    ("unit", "is_less_better", "after", "is_worse"),
    [
        ("/s", False, 89.0, True),
        ("/s", False, 95.0, False),
        ("us", True, 111.0, True),
        ("us", True, 80.0, False),
    ],
)
def test_what_became_worse_by_a_tenth_is_named_and_asked_for_its_reason(
    capsys: pytest.CaptureFixture[str],
    unit: str,
    is_less_better: bool,
    after: float,
    is_worse: bool,
) -> None:
    before, now = (
        run_of(Figure(name="orders", value=value, unit=unit, is_less_better=is_less_better))
        for value in (100.0, after)
    )
    out = told(capsys, now, before)
    assert f"{after - 100:+.0f}%" in out
    assert ("WORSE  orders" in out) == is_worse
    assert ("gives the reason" in out) == is_worse


def test_a_run_is_written_with_what_became_worse_and_asks_for_the_reason(tmp_path: Path) -> None:
    names = ("slower", "faster", "the same")
    before, now = (
        run_of(*(Figure(name=n, value=v, unit="/s") for n, v in zip(names, values, strict=True)))
        for values in ((100.0, 100.0, 100.0), (80.0, 120.0, 99.0))
    )
    file = tmp_path / "latest.json"
    write(now, before, file)
    (one,) = read(file).worse
    assert (one.figure, one.change, one.since, one.reason) == ("slower", -0.2, "abc", "")
    assert unexplained(read(file)) == ["slower"]
    given = msgspec.structs.replace(one, reason="A book of more levels is worth the walk.")
    assert unexplained(msgspec.structs.replace(read(file), worse=[given])) == []
    assert unexplained(msgspec.structs.replace(read(file), worse=[one, given])) == ["slower"]


def test_the_committed_run_has_a_reason_for_each_figure_that_became_worse() -> None:
    run = read()
    assert {one.figure for one in run.worse} <= {figure.name for figure in run.figures}
    assert unexplained(run) == []
