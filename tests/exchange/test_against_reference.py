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

# What a campaign must have met to mean anything; MET_AT_LENGTH only many seeds do.
MET = (
    "accepted",
    "accepted pending",
    "trade",
    "quoted",
    "uncrossed",
    "uncrossed nothing",
    "replaced pending",
    "replaced, priority kept",
    "replaced, priority lost",
    "refreshed",
    "cascade of two or more",
    "stop fired on entry",
    "activated stop",
    "activated closing_auction",
    "expired gtt",
    "expired opg",
    "expired cls",
    "canceled requested",
    "canceled no_liquidity",
    "canceled not_fillable",
    "canceled self_trade",
    "canceled mass_cancel",
    "canceled kill_switch",
    "canceled disconnected",
    "canceled deadman",
    "canceled market_closed",
    "canceled price_band",
    "rejected INVALID_INSTRUMENT",
    "rejected WRONG_PHASE",
    "rejected INVALID_QUANTITY",
    "rejected UNEXPECTED_PRICE price",
    "rejected UNEXPECTED_PRICE stop_price",
    "rejected MISSING_PRICE price",
    "rejected MISSING_PRICE stop_price",
    "rejected TERMS_CONFLICT post_only",
    "rejected TERMS_CONFLICT time_in_force",
    "rejected TERMS_CONFLICT display_quantity",
    "rejected INVALID_EXPIRY",
    "rejected INVALID_PRICE",
    "rejected PRICE_OUTSIDE_BAND",
    "rejected POST_ONLY_WOULD_TAKE",
    "rejected INVALID_QUOTE",
    "post-only quote without its taking side",
    "replace_rejected ORDER_ALREADY_DONE",
    "replace_rejected ORDER_NOT_FOUND",
    "replace_rejected WRONG_PHASE",
    "replace_rejected REVISION_MISMATCH",
    "replace_rejected INVALID_QUANTITY",
    "replace_rejected UNEXPECTED_PRICE",
    "replace_rejected PRICE_OUTSIDE_BAND",
    "cancel_rejected ORDER_ALREADY_DONE",
    "cancel_rejected ORDER_NOT_FOUND",
    "cancel_rejected WRONG_PHASE",
    "phase_rejected",
    "phase pre_open, shard",
    "phase opening_auction, shard",
    "phase continuous, shard",
    "phase closing_auction, shard",
    "phase closed, shard",
    "phase continuous, instrument",
    "phase halted, shard",
    "phase halted, instrument",
    "halted organizer, shard",
    "halted organizer, instrument",
    "halted price_move, shard",
    "halt_rejected ILLEGAL_PHASE_MOVE",
    "halt_rejected NOT_HALTED",
    "resumed shard",
    "resumed instrument",
    "delayed",
    "opened inside",
    "forced open",
    "guard_opened",
    "guard_ended",
    "drawn",
    "busted",
    "busted, adjusted",
    "bust_rejected TRADE_NOT_FOUND",
    "bust_rejected TRADE_ALREADY_BUSTED",
    "mass cancel in freeze skip",
    "mass cancel in freeze defer",
    "mass cancel in freeze act",
    "self-trade cancel_incoming in continuous",
    "self-trade cancel_resting in continuous",
    "self-trade cancel_both in continuous",
    "self-trade allow in continuous",
    "self-trade cancel_incoming in an auction",
    "self-trade cancel_resting in an auction",
    "self-trade cancel_both in an auction",
    "self-trade allow in an auction",
    "jump opening_auction to closed",
    "jump opening_auction to pre_open",
    "jump continuous to pre_open",
    "jump pre_open to continuous",
)
MET_AT_LENGTH = (
    "activated jump_guard",
    "quoted pending",
    "guard extended",
    "held order matched",
    "canceled halted",
    "replace_rejected ORDER_PENDING",
    "replace_rejected INVALID_PRICE",
    "replace_rejected POST_ONLY_WOULD_TAKE",
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


def report(counts: Counter[str], seeds: int, *, must: tuple[str, ...] = MET) -> None:
    sys.stdout.write(f"\n{seeds:,} seeds x {COMMANDS} commands, no difference; met:\n")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"  {name:<46} {count:>12,}\n")
    assert not [name for name in must if not counts[name]]


def test_engine_and_judge_agree_on_random_streams() -> None:
    report(campaign(range(SEEDS)), SEEDS)


@pytest.mark.gate
@pytest.mark.timeout(1_800)
def test_engine_and_judge_agree_on_twenty_thousand_streams() -> None:
    chunks = [range(at, at + CHUNK) for at in range(1_000_000, 1_000_000 + GATE_SEEDS, CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        counts = sum(pool.map(campaign, chunks), Counter[str]())
    report(counts, GATE_SEEDS, must=MET + MET_AT_LENGTH)
