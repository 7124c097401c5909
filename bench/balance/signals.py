"""What signals are worth: reference bots against their blind twins, game by game.

    python -m bench.balance.signals [--seeds 32]

The fund plays a fast session, half an hour that is a whole session, on a day on which the nearest
options expire: a headline every twenty minutes, one underlying, and no later expiries, for nobody
here trades the rest. The desk plays the first three quarters of an hour of a long day with as many
headlines, alone with the house, for nobody else trades the follower. Each seed is played twice:
with the bot that acts on its signals, and with the twin that throws a coin at the same moments.
Nothing else differs and every dice of the game is the same, so the difference of the two profits is
the signal's and what it set in motion. `--turned` plays each seed a third time, with the coin's
other side: against the mean of both sides the luck of the coin is gone. `--news-day` plays the
shipped scenario of that name as it is instead, fund and desk in one market with two makers: both
with their signals, then both blind.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from statistics import fmean

from bench.balance.measure import Case, Outcome, play
from bench.balance.study import mean_error
from msgspec.structs import replace

from itg.compose.lab import LabSettings
from itg.compose.lab import play as play_scenario

MAKERS = ("market_maker", "market_maker")
NEAREST_ALONE = """
[series]
expiries = 1
[news]
mean_gap_s = 1200
gap_min_s = 300
gap_max_s = 3600
"""
GAMES = {
    "hedge_fund": Case(
        name="hedge_fund",
        seats=MAKERS,
        base="single",
        more=NEAREST_ALONE,
        retail=3.0,
        session_s=1_800,
        first_day="2026-12-03",
    ),
    "arbitrage_desk": Case(
        name="arbitrage_desk",
        seats=(),
        more=NEAREST_ALONE,
        retail=3.0,
        seconds=2_700,
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--roles", nargs="+", default=list(GAMES), choices=list(GAMES))
    parser.add_argument("--turned", action="store_true")
    parser.add_argument("--news-day", action="store_true", help="the shipped scenario instead")
    asked = parser.parse_args()
    twins = ("", "_blind", "_turned") if asked.turned else ("", "_blind")
    seeds = range(asked.first, asked.first + asked.seeds)
    print("| role | with signals | blind | difference | ± error | ratio | won | tied | lost |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    if asked.news_day:
        days = _days(seeds)
        for role in asked.roles:
            _print_worth(role, *([day[role] for day in days[twin]] for twin in ("", "_blind")))
        return 0
    for role in asked.roles:
        played = _played(role, GAMES[role], seeds, twins)
        _print_worth(role, *played[:2])
        if asked.turned:
            both = [fmean(sides) for sides in zip(*played[1:], strict=True)]
            _print_worth(f"{role}, both sides", played[0], both)
    return 0


def _played(role: str, case: Case, seeds: Sequence[int], twins: Sequence[str]) -> list[list[float]]:
    crews = [replace(case, seats=(*case.seats, f"{role}{twin}")) for twin in twins]
    jobs = [(crew, seed) for seed in seeds for crew in crews]
    profits: list[float] = []
    with ProcessPoolExecutor(cpu_count(), mp_context=get_context("spawn")) as pool:
        for outcome in pool.map(play, *zip(*jobs, strict=True)):
            profits.append(_pnl(outcome, role))
            print(f"\r{role}: {len(profits)} of {len(jobs)} games", end="", file=sys.stderr)
    print(file=sys.stderr)
    return [profits[place :: len(twins)] for place in range(len(twins))]


def _days(seeds: Sequence[int]) -> dict[str, list[dict[str, float]]]:
    jobs = [(seed, twin) for seed in seeds for twin in ("", "_blind")]
    days: dict[str, list[dict[str, float]]] = {"": [], "_blind": []}
    with ProcessPoolExecutor(cpu_count(), mp_context=get_context("spawn")) as pool:
        played = pool.map(_news_day, *zip(*jobs, strict=True))
        for done, ((_, twin), day) in enumerate(zip(jobs, played, strict=True), start=1):
            days[twin].append(day)
            print(f"\rnews-day: {done} of {len(jobs)} games", end="", file=sys.stderr)
    print(file=sys.stderr)
    return days


def _news_day(seed: int, twin: str) -> dict[str, float]:
    """Play the scenario; return each role's profit in USD."""
    seats = ("market_maker:2", *(f"{role}{twin}" for role in GAMES))
    settings = LabSettings(scenario="news-day", seed=seed, seats=seats, is_digested=False)
    return {team.role: team.pnl for team in play_scenario(settings).teams}


def _print_worth(what: str, seeing: Sequence[float], blind: Sequence[float]) -> None:
    more = [mine - twin for mine, twin in zip(seeing, blind, strict=True)]
    mean, error = mean_error(more)
    won, lost = sum(each > 0 for each in more), sum(each < 0 for each in more)
    print(
        f"| {what} | {fmean(seeing):,.0f} | {fmean(blind):,.0f} | {mean:,.0f} "
        f"| {error:,.0f} | {mean / error if error else 0:.1f} "
        f"| {won} | {len(more) - won - lost} | {lost} |",
        flush=True,
    )


def _pnl(outcome: Outcome, role: str) -> float:
    return sum(pnl for name, pnl in outcome.pnl.items() if name.startswith(role))


if __name__ == "__main__":
    sys.exit(main())
