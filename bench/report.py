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
HEADINGS = ("figure", "value", "", "ratio", "peer", "goal", "verdict", "change")


class Run(Struct, frozen=True, kw_only=True):
    """One run of all benchmarks, as it is committed; `date` is the commit's."""

    command: str
    commit: str
    date: str
    machine: str
    interpreter: str
    figures: list[Figure]
    seed: int = SEED


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


def write(run: Run) -> None:
    content = msgspec.json.format(msgspec.json.encode(run), indent=2)
    (ROOT / LATEST).write_bytes(content + b"\n")


def show(run: Run, before: Run | None) -> None:
    """Print the table and, below it, what became worse by a tenth or more."""
    known = {figure.name: figure for figure in before.figures} if before else {}
    changes = {f.name: change(f, known.get(f.name)) for f in run.figures}
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
    tell_worse(changes, before)


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


def tell_worse(changes: dict[str, float | None], before: Run | None) -> None:
    print("\n  * recorded on another machine of this kind, not in this run")
    if before is None:
        print("  no committed run to compare with")
        return
    print(f"  change since commit {before.commit} of {before.date} ({before.machine})")
    less = {figure.name for figure in before.figures if figure.is_less_better}
    for name, share in changes.items():
        if share is not None and (share if name in less else -share) >= WORSE:
            print(f"  WORSE  {name}: {share:+.0%}; a commit that keeps this gives the reason")
