"""Is the game fair? The house, jumps and coverage, each over many seeds of half an hour.

    python -m bench.balance.study [--seeds 8] [--out docs/explanation/balance]

Prints the tables and writes the plots as SVG. Half an hour of `classic` from the open on, at the
volatility of its whole session; small investors order 12 times a minute, as in `lively`.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from statistics import fmean, stdev

from bench.balance.measure import Case, Outcome, play

MAKERS = ("market_maker", "market_maker")
HUNTED = (*MAKERS, "jump_sniper")
MANY_JUMPS = "[market.jumps]\nmean_per_session = 44.0\n"
NO_GUARD = '["protection.guard_step", "protection.guard_s"]'
TAKING_HOUSE = "[house]\npost_only = false\n"
CASES = (
    Case(name="leaners", seats=(*MAKERS, "lag_leaner", "noise_leaner")),
    Case(name="jumps, guard on", seats=HUNTED, more=MANY_JUMPS),
    Case(name="jumps, guard off", seats=HUNTED, more=MANY_JUMPS, without=NO_GUARD),
    Case(name="jumps, guard on, house takes", seats=HUNTED, more=MANY_JUMPS + TAKING_HOUSE),
    *(
        Case(name=f"coverage, {count} makers", seats=("market_maker",) * count, seconds=900)
        for count in (1, 2, 3, 4)
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    outcomes = _played(seeds)
    _print_leaners(outcomes["leaners"])
    _print_jumps(outcomes)
    _print_coverage(outcomes)
    if asked.out is not None:
        from bench.balance.plots import draw  # noqa: PLC0415 - matplotlib is an extra

        draw(outcomes, asked.out)
    return 0


def _played(seeds: Sequence[int]) -> dict[str, list[Outcome]]:
    jobs = [(case, seed) for case in CASES for seed in seeds]
    found: dict[str, list[Outcome]] = {case.name: [] for case in CASES}
    with ProcessPoolExecutor(cpu_count(), mp_context=get_context("spawn")) as pool:
        results = pool.map(play, *zip(*jobs, strict=True))
        for done, ((case, _), outcome) in enumerate(zip(jobs, results, strict=True), start=1):
            found[case.name].append(outcome)
            print(f"\r{done} of {len(jobs)}  {case.name:<32}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def mean_error(values: Sequence[float]) -> tuple[float, float]:
    """Return a mean and its standard error."""
    return fmean(values), stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0


def _print_leaners(outcomes: Sequence[Outcome]) -> None:
    print("\n| who | contracts | P&L a half-hour | ± error | best seed |")
    print("|---|--:|--:|--:|--:|")
    for name in outcomes[0].pnl:
        values = [outcome.pnl[name] for outcome in outcomes]
        mean, error = mean_error(values)
        contracts = fmean(outcome.contracts[name] for outcome in outcomes)
        print(f"| {name} | {contracts:,.0f} | {mean:,.0f} | {error:,.0f} | {max(values):,.0f} |")


def _print_jumps(outcomes: dict[str, list[Outcome]]) -> None:
    print("\n| case | jumps | a maker's P&L | ± error | both makers around a jump | the sniper |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in [case.name for case in CASES if case.name.startswith("jumps")]:
        each = outcomes[name]
        makers = [n for n in each[0].pnl if n.startswith("market_maker")]
        mean, error = mean_error([fmean(o.pnl[n] for n in makers) for o in each])
        jumps = sum(o.jumps for o in each)
        around = sum(o.around_jumps for o in each) / max(jumps, 1)
        hunter = fmean(pnl for o in each for n, pnl in o.pnl.items() if n.startswith("jump_sniper"))
        row = f"| {name} | {jumps} | {mean:,.0f} | {error:,.0f} | {around:,.0f} | {hunter:,.0f} |"
        print(row)


def _print_coverage(outcomes: dict[str, list[Outcome]]) -> None:
    print("\n| makers | coverage, mean | least maker of any seed | P&L of one | ± error |")
    print("|--:|--:|--:|--:|--:|")
    for name in [case.name for case in CASES if case.name.startswith("coverage")]:
        each = outcomes[name]
        shares = [share for o in each for share in o.coverage.values()]
        makers = [n for n in each[0].pnl if n.startswith("market_maker")]
        mean, error = mean_error([fmean(o.pnl[n] for n in makers) for o in each])
        least = min(shares)
        print(f"| {len(makers)} | {fmean(shares):.3f} | {least:.3f} | {mean:,.0f} | {error:,.0f} |")


if __name__ == "__main__":
    sys.exit(main())
