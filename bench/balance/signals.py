"""What signals are worth: reference bots against their blind twins, game by game.

    python -m bench.balance.signals [--seeds 32]

The fund plays a fast session, half an hour that is a whole session, on a day on which the nearest
options expire: headlines as often as on a `news-day`, one underlying, and no later expiries, for
nobody here trades the rest. The desk plays the first three quarters of an hour of a `news-day` at
its own pace, alone with the house, for nobody else trades the follower. Each seed is played twice:
with the bot that acts on its signals, and with the twin that throws a coin at the same moments.
Nothing else differs and every dice of the game is the same, so the difference of the two profits is
the signal's and what it set in motion. `--turned` plays each seed a third time, with the coin's
other side: against the mean of both sides the luck of the coin is gone. `--whole-day` plays either
through all 5.5 hours of a `news-day`, alone with the house.
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
        base="news-day",
        more="[series]\nexpiries = 1\n",
        retail=3.0,
        seconds=2_700,
    ),
}

WHOLE_DAY = Case(
    name="whole_day",
    seats=(),
    base="news-day",
    more="[series]\nexpiries = 1\n",
    retail=3.0,
    seconds=19_800,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--roles", nargs="+", default=list(GAMES), choices=list(GAMES))
    parser.add_argument("--turned", action="store_true")
    parser.add_argument("--whole-day", action="store_true", help="5.5 hours of a news-day instead")
    asked = parser.parse_args()
    games = dict.fromkeys(GAMES, WHOLE_DAY) if asked.whole_day else GAMES
    twins = ("", "_blind", "_turned") if asked.turned else ("", "_blind")
    seeds = range(asked.first, asked.first + asked.seeds)
    print("| role | with signals | blind | difference | ± error | ratio | won | tied | lost |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for role in asked.roles:
        played = _played(role, games[role], seeds, twins)
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
