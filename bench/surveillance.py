"""Precision and recall of surveillance on planted offenders among the reference bots.

    python -m bench.surveillance [--seeds K] [--first N]

Each seed is one game of `surveillance.toml` in the lab: two reference bots of each role, and two
offenders of each kind, one blatant and one subtle. A case is right if it names the accounts of an
offender of its kind, and of nobody else.
"""

import argparse
import gc
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.offenders import (
    Agreement,
    CloseMarker,
    Flickerer,
    Layerer,
    Manner,
    SelfTrader,
    Stuffer,
    Transferor,
    Washer,
)
from msgspec import Struct

from itg import scenario
from itg.bots import reference_bot
from itg.client.bot import Bot
from itg.compose.services import services_of
from itg.kernel.ids import Role
from itg.lab import LabRun, Seat
from itg.lab.surveillance import Case, CaseKind, Surveillance
from itg.runtime.cascade import Machine

SCENARIO = Path(__file__).with_name("surveillance.toml")
HONEST = ("market_maker", "hedge_fund", "arbitrage_desk")
MANNERS: tuple[Manner, ...] = ("blatant", "subtle")
WORKERS = 2


class Planted(Struct, frozen=True, kw_only=True):
    """An offence: its kind and manner, and the teams that commit it."""

    kind: CaseKind
    manner: Manner
    bot: str
    team_names: tuple[str, ...]


class Outcome(Struct, frozen=True, kw_only=True):
    """What a seed came to: who was planted, who of them was found, and which cases were wrong."""

    seed: int
    planted: tuple[Planted, ...]
    found: tuple[bool, ...]
    right: tuple[Case, ...]
    wrong: tuple[Case, ...]
    trades_of_washers: int = 0


def offenders(seed: int) -> list[tuple[Planted, list[tuple[str, Bot]]]]:
    """Return every offence with the role and bot of each team that commits it."""
    rows: list[tuple[Planted, list[tuple[str, Bot]]]] = []

    def plant(kind: CaseKind, manner: Manner, *players: tuple[str, Bot]) -> None:
        bot = type(players[0][1]).__name__
        number = len(rows) + 1
        names = tuple(f"{bot} {number}{part}" for part, _ in zip("ab", players, strict=False))
        rows.append((Planted(kind=kind, manner=manner, bot=bot, team_names=names), list(players)))

    for number, manner in enumerate(MANNERS, start=1):
        own = 10 * seed + number
        desk, fund, maker = "arbitrage_desk", "hedge_fund", "market_maker"
        plant(CaseKind.SELF_TRADE, manner, (desk, SelfTrader(seed=own, manner=manner)))
        deal = Agreement()
        plant(
            CaseKind.WASH,
            manner,
            (fund, Washer(deal, seed=own + 2, manner=manner, leads=True)),
            (desk, Washer(deal, seed=own + 2, manner=manner, leads=False)),
        )
        deal = Agreement()
        plant(
            CaseKind.TRANSFER,
            manner,
            (fund, Transferor(deal, seed=own, manner=manner, leads=True)),
            (fund, Transferor(deal, seed=own, manner=manner, leads=False)),
        )
        plant(CaseKind.LAYERING, manner, (desk, Layerer(seed=own + 4, manner=manner)))
        plant(CaseKind.STUFFING, manner, (desk, Stuffer(seed=own, manner=manner)))
        plant(CaseKind.STUFFING, manner, (maker, Flickerer(seed=own, manner=manner)))
        plant(CaseKind.CLOSING, manner, (fund, CloseMarker(seed=own, manner=manner)))
    return rows


def seats_of(seed: int, *, has_offenders: bool = True) -> tuple[list[Seat], list[Planted]]:
    """Return the reference bots, and with them the offenders."""
    seats = [
        Seat(
            team_name=f"{role.replace('_', ' ')} {number}",
            role=Role(role),
            bot=reference_bot(role, 100 * seed + number),
        )
        for role in HONEST
        for number in (1, 2)
    ]
    rows = offenders(seed) if has_offenders else []
    for planted, players in rows:
        for name, (role, bot) in zip(planted.team_names, players, strict=True):
            seats.append(Seat(team_name=name, role=Role(role), bot=bot))
    return seats, [planted for planted, _ in rows]


def watched(
    seats: Sequence[Seat], seed: int, file: str = str(SCENARIO)
) -> tuple[Surveillance, dict[str, str]]:
    """Play a game and return its watch, and the account of each team by its name."""
    create = scenario.load(file, seed=seed, lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    watch = Surveillance()
    gc.disable()
    try:
        run = LabRun(machine, create, seats, watch.hear)
        run.run()
    finally:
        gc.enable()
    return watch, {player.seat.team_name: player.account_id for player in run.players}


def judged(seed: int) -> Outcome:
    """Play a seed and hold its cases against what was planted."""
    seats, planted = seats_of(seed)
    watch, accounts = watched(seats, seed)
    cases = watch.cases()
    suspects = [(one.kind, frozenset(accounts[name] for name in one.team_names)) for one in planted]
    named = [(case.kind, frozenset(map(str, case.account_ids))) for case in cases]
    return Outcome(
        seed=seed,
        planted=tuple(planted),
        found=tuple(suspect in named for suspect in suspects),
        right=tuple(c for c, who in zip(cases, named, strict=True) if who in suspects),
        wrong=tuple(c for c, who in zip(cases, named, strict=True) if who not in suspects),
    )


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Return precision and recall by kind as lines of a Markdown table."""
    lines = [
        "| kind | planted | found | recall | blatant | subtle | cases | wrong | precision |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in CaseKind:
        rows = [
            (one.manner, is_found)
            for outcome in outcomes
            for one, is_found in zip(outcome.planted, outcome.found, strict=True)
            if one.kind is kind
        ]
        found = sum(is_found for _, is_found in rows)
        wrong = sum(case.kind is kind for outcome in outcomes for case in outcome.wrong)
        right = sum(case.kind is kind for outcome in outcomes for case in outcome.right)
        by_manner = [
            f"{sum(f for m, f in rows if m == manner)}/{sum(m == manner for m, _ in rows)}"
            for manner in MANNERS
        ]
        precision = f"{right / (right + wrong):.3f}" if right + wrong else "–"
        lines.append(
            f"| {kind.value} | {len(rows)} | {found} | {found / len(rows):.3f} | {by_manner[0]} | "
            f"{by_manner[1]} | {right + wrong} | {wrong} | {precision} |"
        )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first", type=int, default=1)
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        outcomes = list(pool.map(judged, seeds))
    print("\n".join(table(outcomes)))
    for outcome in outcomes:
        for one, is_found in zip(outcome.planted, outcome.found, strict=True):
            if not is_found:
                print(f"seed {outcome.seed}: not found: {one.kind.value}, {one.manner} {one.bot}")
        for case in outcome.wrong:
            print(f"seed {outcome.seed}: wrong: {case.kind.value} {case.severity}: {case.summary}")
    return int(not all(all(outcome.found) for outcome in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
