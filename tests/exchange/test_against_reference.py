"""The engine and the judge agree on every command of random streams."""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from tests.exchange.campaign import Campaign

COMMANDS = 500
SEEDS = 150
GATE_SEEDS = 20_000
CHUNK = 100

# What a campaign must have met to mean anything.
MET = (
    "accepted",
    "trade",
    "quoted",
    "uncrossed",
    "uncrossed nothing",
    "indicative",
    "replaced, priority kept",
    "replaced, priority lost",
    "canceled requested",
    "canceled no_liquidity",
    "canceled not_fillable",
    "canceled self_trade",
    "canceled mass_cancel",
    "canceled market_closed",
    "rejected WRONG_PHASE",
    "rejected INVALID_PRICE",
    "rejected POST_ONLY_WOULD_TAKE",
    "rejected INVALID_QUANTITY",
    "rejected INVALID_QUOTE",
    "replace_rejected REVISION_MISMATCH",
    "replace_rejected INVALID_QUANTITY",
    "cancel_rejected ORDER_ALREADY_DONE",
    "cancel_rejected ORDER_NOT_FOUND",
    "cancel_rejected WRONG_PHASE",
    "phase_rejected",
    "jump opening_auction to closed",
    "jump opening_auction to pre_open",
    "jump continuous to pre_open",
    "jump pre_open to continuous",
)


def campaign(seeds: range) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        run = Campaign(seed)
        try:
            run.run(COMMANDS)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        counts += run.counts
    return counts


def report(counts: Counter[str], seeds: int) -> None:
    sys.stdout.write(f"\n{seeds:,} seeds x {COMMANDS} commands, no difference; met:\n")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"  {name:<42} {count:>12,}\n")
    assert not [name for name in MET if not counts[name]]


def test_engine_and_judge_agree_on_random_streams() -> None:
    report(campaign(range(SEEDS)), SEEDS)


@pytest.mark.gate
@pytest.mark.timeout(900)
def test_engine_and_judge_agree_on_twenty_thousand_streams() -> None:
    chunks = [range(at, at + CHUNK) for at in range(1_000_000, 1_000_000 + GATE_SEEDS, CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        counts = sum(pool.map(campaign, chunks), Counter[str]())
    report(counts, GATE_SEEDS)
