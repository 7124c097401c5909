"""`itg lab`: games played at once, and what many of them come to."""

import sys
from math import sqrt
from statistics import fmean, stdev

from msgspec import Struct, json
from msgspec.structs import replace
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from itg.cli import exits
from itg.cli.consoles import progress_console, waiting, wide_console
from itg.cli.lab_reports import plain_table, print_alpha, print_calibration
from itg.cli.own_errors import own_traceback
from itg.cli.showing import print_result
from itg.client.errors import BotFileError
from itg.compose.lab import LabSettings, play, play_seeds
from itg.compose.result import GameResult
from itg.lab.alphas import AlphaScore, pooled
from itg.retail.contract import CalibrationRow
from itg.scenario.files import seed_of


class SeatSummary(Struct, frozen=True, kw_only=True):
    """One seat over many seeds; money in USD, `pnl_error` the standard error of the mean."""

    team: str
    role: str
    orders: float
    contracts: float
    fees: float
    pnl: float
    pnl_error: float
    pnl_min: float
    pnl_max: float


class SeedsCalibration(Struct, frozen=True, kw_only=True):
    """One number of small investors over many seeds; `within` of `seeds` are within their bound."""

    what: str
    configured: float
    measured: float
    seeds: int
    within: int


class SeedsResult(Struct, frozen=True, kw_only=True):
    """What many seeds came to: means a game, and each game's own result."""

    seeds: list[int]
    trades: float
    contracts: float
    seats: list[SeatSummary]
    games: list[GameResult]
    alpha: AlphaScore | None = None
    calibration: list[SeedsCalibration] | None = None


def run_lab(settings: LabSettings, seeds: int, *, as_json: bool) -> int:
    """Play one seed, or `seeds` of them from the first on, and print what they came to."""
    try:
        return _one(settings, as_json=as_json) if seeds == 1 else _many(settings, seeds, as_json)
    except BotFileError as error:
        print(f"itg: {error}", file=sys.stderr)
        return exits.WRONG_USE
    except Exception as error:
        own = own_traceback(_own_files(settings), error)
        if own is None:
            raise
        print(f"{own}itg: the game ended with the error above", file=sys.stderr)
        return exits.FAILED


def _own_files(settings: LabSettings) -> list[str]:
    named = [*settings.seats, settings.alpha or ""]
    return [
        f"{file}.py" for file, is_file, _ in (name.rpartition(".py:") for name in named) if is_file
    ]


def _one(settings: LabSettings, *, as_json: bool) -> int:
    with waiting("playing …"):
        result = play(settings)
    if as_json:
        print(json.format(json.encode(result)).decode())
    else:
        print_result(result, None)
        print_alpha(result.alpha)
        print_calibration(result.calibration)
    return _verdict([result])


def _many(settings: LabSettings, seeds: int, as_json: bool) -> int:  # noqa: FBT001 - a flag
    first = seed_of(settings.scenario) if settings.seed is None else settings.seed
    games = [replace(settings, seed=first + n, is_digested=False) for n in range(seeds)]
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=progress_console(),
    )
    with progress:
        task = progress.add_task("seeds", total=seeds)
        results = play_seeds(games, lambda _: progress.advance(task))
    summary = SeedsResult(
        seeds=[game.seed or 0 for game in games],
        trades=fmean(result.trades for result in results),
        contracts=fmean(result.contracts for result in results),
        seats=_summaries(results),
        games=results,
        alpha=_pooled(results),
        calibration=_calibrations(results) if settings.is_calibrated else None,
    )
    if as_json:
        print(json.format(json.encode(summary)).decode())
    else:
        _print_summary(summary)
        print_alpha(summary.alpha)
        _print_calibrations(summary.calibration)
    return _verdict(results)


def _summaries(results: list[GameResult]) -> list[SeatSummary]:
    rows = []
    for number, seat in enumerate(results[0].teams + results[0].house):
        same = [(result.teams + result.house)[number] for result in results]
        pnls = [row.pnl for row in same]
        rows.append(
            SeatSummary(
                team=seat.team,
                role=seat.role,
                orders=fmean(row.orders for row in same),
                contracts=fmean(row.contracts for row in same),
                fees=fmean(row.fees for row in same),
                pnl=fmean(pnls),
                pnl_error=stdev(pnls) / sqrt(len(pnls)),
                pnl_min=min(pnls),
                pnl_max=max(pnls),
            )
        )
    return rows


def _pooled(results: list[GameResult]) -> AlphaScore | None:
    scores = [result.alpha for result in results if result.alpha is not None]
    return pooled(scores) if scores else None


def _calibrations(results: list[GameResult]) -> list[SeedsCalibration]:
    rows: dict[str, list[CalibrationRow]] = {}
    for result in results:
        for row in result.calibration or ():
            rows.setdefault(row.what, []).append(row)
    return [
        SeedsCalibration(
            what=what,
            configured=fmean(row.configured for row in same),
            measured=fmean(row.measured for row in same),
            seeds=len(same),
            within=sum(row.is_within for row in same),
        )
        for what, same in rows.items()
    ]


def _print_calibrations(rows: list[SeedsCalibration] | None) -> None:
    if not rows:
        return
    table = plain_table("small investors", "configured", "measured", "within", "seeds")
    for row in rows:
        numbers = f"{row.configured:,.4g}", f"{row.measured:,.4g}"
        table.add_row(row.what, *numbers, str(row.within), str(row.seeds))
    wide_console().print("", table)


def _print_summary(summary: SeedsResult) -> None:
    seeds = summary.seeds
    print(
        f"seeds {seeds[0]} to {seeds[-1]}, means a game: {summary.trades:,.0f} trades, "
        f"{summary.contracts:,.0f} contracts"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("team")
    table.add_column("role")
    for title in ("orders", "contracts", "fees", "P&L", "± error", "least", "most"):
        table.add_column(title, justify="right")
    for row in summary.seats:
        numbers = (row.fees, row.pnl, row.pnl_error, row.pnl_min, row.pnl_max)
        table.add_row(
            row.team,
            row.role,
            f"{row.orders:,.0f}",
            f"{row.contracts:,.0f}",
            *(f"{number:,.0f}" for number in numbers),
        )
    wide_console().print(table)


def _verdict(results: list[GameResult]) -> int:
    is_sound = all((r.contracts_sum, r.cash_sum) == (0, 0) for r in results)
    return exits.DONE if is_sound else exits.FAILED
