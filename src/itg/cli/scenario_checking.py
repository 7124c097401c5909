"""What `itg scenario check` prints: faults, or what many simulated sessions are like."""

import json
import sys
from collections.abc import Sequence

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from itg import scenario
from itg.cli import exits
from itg.cli.consoles import progress_console, wide_console
from itg.compose.models import model_faults
from itg.compose.scenario_check import (
    MARKET,
    WORLD,
    CheckSettings,
    Simulation,
    parts_of,
    simulate,
)
from itg.lab.figures import Distribution
from itg.scenario.faults import faults_of

TITLES = {
    WORLD: "sessions of prices, news and signals",
    MARKET: "half hours with the reference bots",
}


def check_scenario(settings: CheckSettings, *, as_json: bool) -> int:
    """Print everything that is wrong with a scenario; simulate it where nothing is."""
    name = settings.scenario
    faults = faults_of(name)
    create = None if faults else scenario.load(name)
    faults += () if create is None else model_faults(create)
    if faults or create is None:
        _print_faults(name, faults, as_json=as_json)
        return exits.FAILED
    if not as_json:
        print(f"{name} is a scenario; its hash is {create.scenario_hash}", flush=True)
    simulation = _simulated(settings) if settings.seeds or settings.market_seeds else None
    if as_json:
        _print_json({"faults": [], "scenario_hash": create.scenario_hash, "simulation": simulation})
    elif simulation is not None:
        _print_simulation(simulation)
    return exits.DONE


def _print_faults(name: str, faults: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        _print_json({"faults": faults, "scenario_hash": None, "simulation": None})
        return
    for fault in faults:
        print(f"itg: {name}: {fault}", file=sys.stderr)


def _simulated(settings: CheckSettings) -> Simulation:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=progress_console(),
    )
    with progress:
        tasks = {
            part: progress.add_task(TITLES[part], total=count)
            for part, count in parts_of(settings).items()
        }
        return simulate(settings, lambda part: progress.advance(tasks[part]))


def _print_simulation(found: Simulation) -> None:
    console = wide_console()
    if found.world:
        part = f"the first {found.world_minutes} minutes of " if found.is_world_part else ""
        more = "; counts are extrapolated to a whole one" if part else ""
        console.print(
            f"\nThe world: {part}{found.seeds} sessions, seeds 1 to {found.seeds}, prices once a "
            f"second{more}"
        )
        console.print(_table(found.world))
    if found.market:
        console.print(
            f"\nThe market: the first {found.market_minutes} minutes of {found.market_seeds} "
            "sessions with the reference bots, after a minute of pre-open; counts are extrapolated "
            "to a whole session"
        )
        console.print(_table(found.market))
    if found.difficulty is not None:
        console.print(f"\nDifficulty: {found.difficulty.label}; {found.difficulty.reason}")
    elif not found.market:
        console.print("\nNo prices are simulated here: there is nothing to measure.")


def _print_json(value: object) -> None:
    print(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False))


def _table(rows: Sequence[Distribution]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    for title in ("median", "5 %", "95 %"):
        table.add_column(title, justify="right")
    table.add_column("unit")
    table.add_column("seeds", justify="right")
    for row in rows:
        numbers = (row.median, row.low, row.high)
        table.add_row(row.what, *(_readable(n) for n in numbers), row.unit, str(row.count))
    return table


def _readable(value: float) -> str:
    digits = 0 if abs(value) >= 1_000 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"
