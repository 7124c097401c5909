"""What signals are worth: reference bots against their blind twins, game by game.

    python -m bench.signals_worth --seeds 32

Each seed is played twice: with the fund and the desk that act on their signals, and with the twins
that throw a coin at the same moments. Nothing else differs, and every dice of the game is the same,
so the difference of the two profits is the signal's, the coin's and what both set in motion.
"""

import argparse
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

from msgspec import Struct

from itg.compose.lab import LabSettings, play_seeds
from itg.compose.result import GameResult

SCENARIO = str(Path(__file__).parent / "news-day-fast.toml")
MAKERS = "market_maker:2"
SEEING = (MAKERS, "hedge_fund", "arbitrage_desk")
BLIND = (MAKERS, "hedge_fund_blind", "arbitrage_desk_blind")
ROLES = ("hedge_fund", "arbitrage_desk")


class Worth(Struct, frozen=True):
    """One role's games: means in USD, the difference's standard error, games won, tied, lost."""

    role: str
    seeing: float
    blind: float
    difference: float
    error: float
    won: int
    tied: int
    lost: int


def worth_of(role: str, pairs: Sequence[tuple[GameResult, GameResult]]) -> Worth:
    """Return what a role's signal was worth over games paired by their seed."""
    seeing = [pnl_of(role, result) for result, _ in pairs]
    blind = [pnl_of(role, result) for _, result in pairs]
    differences = [mine - twin for mine, twin in zip(seeing, blind, strict=True)]
    return Worth(
        role,
        fmean(seeing),
        fmean(blind),
        fmean(differences),
        stdev(differences) / sqrt(len(differences)),
        sum(difference > 0 for difference in differences),
        sum(difference == 0 for difference in differences),
        sum(difference < 0 for difference in differences),
    )


def pnl_of(role: str, result: GameResult) -> float:
    """Return the profit of the role's one team."""
    (pnl,) = [team.pnl for team in result.teams if team.role == role]
    return pnl


def main() -> None:
    """Play the games and print a table in Markdown."""
    parser = argparse.ArgumentParser(description="Measure what signals are worth.")
    parser.add_argument("--scenario", default=SCENARIO)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--first", type=int, default=1)
    chosen = parser.parse_args()
    games = [
        LabSettings(scenario=chosen.scenario, seed=seed, seats=seats, is_digested=False)
        for seed in range(chosen.first, chosen.first + chosen.seeds)
        for seats in (SEEING, BLIND)
    ]
    results = play_seeds(games, lambda _: print(".", end="", flush=True))
    pairs = list(zip(results[::2], results[1::2], strict=True))
    print("\n\n| role | with signals | blind | difference | standard error | ratio | won | tied | lost |")
    print("|---|---|---|---|---|---|---|---|---|")
    for role in ROLES:
        one = worth_of(role, pairs)
        ratio = one.difference / one.error if one.error else 0.0
        print(
            f"| {role} | {one.seeing:,.0f} | {one.blind:,.0f} | {one.difference:,.0f} "
            f"| {one.error:,.0f} | {ratio:.2f} | {one.won} | {one.tied} | {one.lost} |"
        )


if __name__ == "__main__":
    main()
