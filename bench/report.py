"""The table of a run, its record in results/latest.json, and the change since the committed one."""

import os
import platform
import subprocess
from pathlib import Path

import msgspec
from bench.figures import Figure
from bench.matching.dice import SEED
from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
LATEST = "bench/results/latest.json"
WORSE = 0.10
REASON_WORDS_MIN = 4
HEADINGS = ("figure", "value", "", "ratio", "peer", "goal", "verdict", "change")


class Worse(Struct, frozen=True, kw_only=True):
    """A figure that became worse by a tenth; whoever commits the run writes the reason."""

    figure: str
    change: float  # 0.25: a quarter more than before
    since: str  # the commit of the run before
    reason: str = ""


class Run(Struct, frozen=True, kw_only=True):
    """One run of all benchmarks, as it is committed; `date` is the commit's."""

    command: str
    commit: str
    date: str
    machine: str
    interpreter: str
    figures: list[Figure]
    seed: int = SEED
    worse: list[Worse] = []


def run_of(figures: list[Figure]) -> Run:
    return Run(
        command="make bench",
        commit=git("rev-parse", "--short", "HEAD"),
        date=git("log", "-1", "--format=%cs"),
        machine=f"{cpu_model()}, {os.cpu_count()} cores, {platform.system()}, {filesystem()}",
        interpreter=f"{platform.python_implementation()} {platform.python_version()}",
        figures=figures,
    )


def cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def filesystem() -> str:
    """Return the type of the file system the journals are written to."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "file system unknown"
    above = [(len(mount[1]), mount[2]) for mount in mounts if ROOT.is_relative_to(mount[1])]
    return max(above, default=(0, "file system unknown"))[1]


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def committed() -> Run | None:
    """Return the last run that is committed, None where there is none that can be read."""
    try:
        return msgspec.json.decode(git("show", f"HEAD:{LATEST}"), type=Run)
    except msgspec.MsgspecError:
        return None


def read(path: Path = ROOT / LATEST) -> Run:
    return msgspec.json.decode(path.read_bytes(), type=Run)


def write(run: Run, before: Run | None, path: Path = ROOT / LATEST) -> None:
    """Write a run with what became worse in it, each to be given its reason."""
    told = msgspec.structs.replace(run, worse=worse(run, before))
    path.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def unexplained(run: Run) -> list[str]:
    """Return the figures that became worse and for which no reason is written."""
    return [one.figure for one in run.worse if len(one.reason.split()) < REASON_WORDS_MIN]


def show(run: Run, before: Run | None) -> None:
    """Print the table and, below it, what became worse by a tenth or more."""
    changes = changes_of(run, before)
    rows = [HEADINGS, *(row(figure, changes[figure.name]) for figure in run.figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(
        f"\n{run.machine}; {run.interpreter}; seed {run.seed}; commit {run.commit} of {run.date}\n"
    )
    for cells in rows:
        print("  " + "  ".join(map(str.ljust, cells, widths)).rstrip())
    for figure in run.figures:
        if figure.note or figure.fault:
            print(f"  {figure.name}: {figure.fault or figure.note}")
    tell_worse(run, before)


def row(figure: Figure, change_share: float | None) -> tuple[str, ...]:
    peer = figure.peer
    return (
        figure.name,
        f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:,.4g}",
        figure.unit,
        "" if figure.ratio is None else f"{figure.ratio:.2f} x",
        "" if peer is None else f"{peer.name} {peer.value:,.6g}{' *' if peer.recorded else ''}",
        "" if figure.goal is None else figure.goal.text(),
        figure.verdict,
        "" if change_share is None else f"{change_share:+.0%}",
    )


def change(figure: Figure, before: Figure | None) -> float | None:
    """Return the change since before, of the ratio where both have one measured beside them."""
    if before is None or not before.value or figure.is_context:
        return None
    if figure.is_beside_peer and before.is_beside_peer and before.ratio and figure.ratio:
        return figure.ratio / before.ratio - 1
    return figure.value / before.value - 1


def changes_of(run: Run, before: Run | None) -> dict[str, float | None]:
    known = {figure.name: figure for figure in before.figures} if before else {}
    return {figure.name: change(figure, known.get(figure.name)) for figure in run.figures}


def worse(run: Run, before: Run | None) -> list[Worse]:
    """Return what became worse by a tenth or more since a run, in the order of the figures."""
    if before is None:
        return []
    less = {figure.name for figure in before.figures if figure.is_less_better}
    return [
        Worse(figure=name, change=round(share, 3), since=before.commit)
        for name, share in changes_of(run, before).items()
        if share is not None and (share if name in less else -share) >= WORSE
    ]


def tell_worse(run: Run, before: Run | None) -> None:
    print("\n  * recorded on another machine of this kind, not in this run")
    if before is None:
        print("  no committed run to compare with")
        return
    print(f"  change since commit {before.commit} of {before.date} ({before.machine})")
    for one in worse(run, before):
        print(
            f"  WORSE  {one.figure}: {one.change:+.0%}; a commit that keeps this gives the reason"
        )
    print(f"  reasons stand in {LATEST}, under `worse`; a test asks for each")
