"""Precision and recall of surveillance on planted offenders among the reference bots.

    python -m bench.surveillance [--seeds K] [--first N]     precision and recall by kind
    python -m bench.surveillance --honest [--seeds K]        the reference bots alone, half an hour
    python -m bench.surveillance --cost                      what the watch costs a record

Each seed is one game of `surveillance.toml` in the lab: two reference bots of each role, and two
offenders of each kind, one blatant and one subtle. An offender who found nothing to take at the
close committed nothing and is left out, and counted. A case is right if it names the accounts of an
offender of its kind, and of nobody else.
"""

import argparse
import gc
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import process_time, process_time_ns

from bench.offenders import (
    Agreement,
    CloseMarker,
    Flickerer,
    Layerer,
    Manner,
    Offender,
    SelfTrader,
    Stuffer,
    Transferor,
    Washer,
)
from msgspec import Struct

from itg import scenario
from itg.bots import reference_bot
from itg.client.bot import Bot
from itg.compose.lab import LabSettings, play
from itg.compose.services import services_of
from itg.exchange.contract import OrderCanceled
from itg.kernel.ids import Role
from itg.kernel.words import CancelReason
from itg.lab import LabRun, Seat
from itg.lab.surveillance import Case, CaseKind, Surveillance
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record

SCENARIO = Path(__file__).with_name("surveillance.toml")
HONEST = ("market_maker", "hedge_fund", "arbitrage_desk")
MANNERS: tuple[Manner, ...] = ("blatant", "subtle")
PREVENTED = "prevented self trader"  # it leaves `stp` as it is, and is innocent
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
    wrong_of_honest: int  # of them, those that name a reference bot
    idle: int  # offenders left out, for whom there was nothing to take at the close
    prevented: int  # self trades that the default policy did not let happen


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
    if rows:
        prevented = SelfTrader(seed=10 * seed + 3, is_allowed=False)
        seats.append(Seat(team_name=PREVENTED, role=Role("arbitrage_desk"), bot=prevented))
    for planted, players in rows:
        for name, (role, bot) in zip(planted.team_names, players, strict=True):
            seats.append(Seat(team_name=name, role=Role(role), bot=bot))
    return seats, [planted for planted, _ in rows]


def watched(
    seats: Sequence[Seat], seed: int, *also: Callable[[Record], None]
) -> tuple[Surveillance, dict[str, str]]:
    """Play a game and return its watch, and the account of each team by its name."""
    create = scenario.load(str(SCENARIO), seed=seed, lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    watch = Surveillance()
    gc.disable()
    try:
        run = LabRun(machine, create, seats, watch.hear, *also)
        run.run()
    finally:
        gc.enable()
    return watch, {player.seat.team_name: player.account_id for player in run.players}


def judged(seed: int) -> Outcome:
    """Play a seed and hold its cases against what was planted."""
    seats, planted = seats_of(seed)
    prevented: Counter[str] = Counter()

    def count(record: Record) -> None:
        for output in record.outputs:
            if isinstance(output, OrderCanceled):
                is_prevented = output.cancel_reason is CancelReason.SELF_TRADE
                prevented[output.account_id] += is_prevented

    watch, accounts = watched(seats, seed, count)
    cases = watch.cases()
    bots = {seat.team_name: seat.bot for seat in seats}
    acted = [one for one in planted if _has_acted(bots[one.team_names[0]])]
    idle, planted = len(planted) - len(acted), acted
    honest = {accounts[seat.team_name] for seat in seats[: 2 * len(HONEST)]}
    suspects = [(one.kind, frozenset(accounts[name] for name in one.team_names)) for one in planted]
    named = [(case.kind, frozenset(map(str, case.account_ids))) for case in cases]
    return Outcome(
        seed=seed,
        planted=tuple(planted),
        found=tuple(suspect in named for suspect in suspects),
        right=tuple(c for c, who in zip(cases, named, strict=True) if who in suspects),
        wrong=tuple(c for c, who in zip(cases, named, strict=True) if who not in suspects),
        wrong_of_honest=sum(who not in suspects and not honest.isdisjoint(who[1]) for who in named),
        idle=idle,
        prevented=prevented[accounts[PREVENTED]],
    )


def _has_acted(bot: Bot) -> bool:
    return not isinstance(bot, Offender) or bot.has_acted


def honest(seed: int) -> list[Case]:
    """Play `demo`, the reference bots alone, and return its cases: each is wrong."""
    watch = Surveillance()
    play(LabSettings(scenario="demo", seed=seed, is_digested=False), watch.hear)
    return watch.cases()


def costs(seed: int) -> list[str]:
    """Measure what the watch costs a record, by the input that caused it, with all offenders."""
    watch = Surveillance()
    spent: Counter[str] = Counter()
    counts: Counter[str] = Counter()

    def hear(record: Record) -> None:
        began = process_time_ns()
        watch.hear(record)
        name = type(record.body).__name__
        spent[name] += process_time_ns() - began
        counts[name] += 1

    began_s = process_time()
    watched(seats_of(seed)[0], seed, hear)
    whole_s = process_time() - began_s - sum(spent.values()) / 1e9
    lines = ["| input | records | µs each |", "|---|--:|--:|"]
    for name, ns in spent.most_common():
        lines.append(f"| {name} | {counts[name]:,} | {ns / counts[name] / 1_000:.1f} |")
    total_s = sum(spent.values()) / 1e9
    each_us = 1e6 * total_s / sum(counts.values())
    lines.append(f"| all | {sum(counts.values()):,} | {each_us:.1f} |")
    lines.append(f"\n{total_s:.1f} s of the game's {whole_s:.0f} s of processor time")
    return lines


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
    parser.add_argument("--honest", action="store_true")
    parser.add_argument("--cost", action="store_true")
    asked = parser.parse_args()
    if asked.cost:
        print("\n".join(costs(asked.first)))
        return 0
    seeds = range(asked.first, asked.first + asked.seeds)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        if asked.honest:
            return _print_honest(seeds, list(pool.map(honest, seeds)))
        outcomes: list[Outcome] = []
        for outcome in pool.map(judged, seeds):
            outcomes.append(outcome)
            _print_seed(outcome)
    print("\n".join(table(outcomes)))
    print(f"wrong cases that name a reference bot: {sum(o.wrong_of_honest for o in outcomes)}")
    print(f"self trades prevented by the default policy: {sum(o.prevented for o in outcomes)}")
    return int(not all(all(outcome.found) for outcome in outcomes))


def _print_seed(outcome: Outcome) -> None:
    print(
        f"seed {outcome.seed}: {sum(outcome.found)} of {len(outcome.found)} found, "
        f"{len(outcome.wrong)} wrong, {outcome.wrong_of_honest} of a reference bot, "
        f"{outcome.prevented} self trades prevented, {outcome.idle} offenders had no chance",
        flush=True,
    )
    for one, is_found in zip(outcome.planted, outcome.found, strict=True):
        if not is_found:
            print(f"  not found: {one.kind.value}, {one.manner} {one.bot}", flush=True)
    for case in outcome.wrong:
        print(f"  wrong: {case.kind.value} {case.severity}: {case.summary}", flush=True)


def _print_honest(seeds: Sequence[int], games: Sequence[Sequence[Case]]) -> int:
    cases = [(seed, case) for seed, game in zip(seeds, games, strict=True) for case in game]
    print(f"{len(cases)} cases in {len(games)} games of `demo` with the reference bots alone")
    for seed, case in cases:
        print(f"seed {seed}: {case.kind.value} {case.severity}: {case.summary}")
    return int(bool(cases))


if __name__ == "__main__":
    raise SystemExit(main())
