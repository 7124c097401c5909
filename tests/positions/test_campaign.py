from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from tests.positions.campaign import Campaign
from tests.positions.toy_book import UNDERLYING_IDS
from tests.positions.toy_exchange import ToyExchange

from itg.exchange.contract import ConfigureExchange, JumpGuard
from itg.exchange.service import ExchangeService
from itg.kernel.ids import Shard
from itg.kernel.times import Nanos
from itg.runtime.service import Service

MUST_MEET = (
    "fill maker",
    "fill taker",
    "fill auction",
    "fill of a quote",
    "canceled self_trade",
    "canceled portfolio_limit",
    "canceled market_closed",
    "POSITION_LIMIT_EXCEEDED",
    "EXPOSURE_LIMIT_EXCEEDED",
    "UNDERLYING_LIMIT_EXCEEDED",
    "PORTFOLIO_LIMIT_EXCEEDED",
    "RATE_LIMIT_EXCEEDED",
    "INVALID_QUANTITY",
    "ONE_SIDED_ONLY",
    "KILL_SWITCH_ACTIVE",
    "LOSS_STOP_REACHED",
    "QUOTE_PROTECTION_TRIPPED",
    "INVALID_INSTRUMENT",
    "canceled kill_switch",
    "canceled loss_stop",
    "canceled quote_protection",
    "canceled disconnected",
    "pending",
    "quote pending",
    "quotes as they stand",
    "expired",
    "activated stop",
    "activated jump_guard",
    "activated closing_auction",
    "bust",
    "adjusted",
    "AccountLimitWarned",
    "AccountLimitBreached",
    "AccountLimitCleared",
    "AccountLimitBreached quote_coverage",
    "AccountLimitCleared quote_coverage",
    "AccountLimitBreached leg_balance",
    "AccountLimitCleared leg_balance",
    "half a rebate",
    "AccountLossStopped",
    "AccountSettled",
    "AccountFillBusted",
    "repeat",
    "restart",
)


def toy_shards() -> Sequence[Service]:
    return [ToyExchange(Shard(number)) for number in (0, 1)]


def real_shards() -> Sequence[Service]:
    shards = [ExchangeService(Shard(number)) for number in (0, 1)]
    for shard, underlying_id in zip(shards, UNDERLYING_IDS, strict=True):
        number = Shard(UNDERLYING_IDS.index(underlying_id))
        shard.handle(
            Nanos(0),
            ConfigureExchange(shard=number, underlying_id=underlying_id, jump_guard=JumpGuard()),
        )
    return shards


both_exchanges = pytest.mark.parametrize("shards", [toy_shards, real_shards])


def campaign(shards: Callable[[], Sequence[Service]], seeds: range, commands: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for seed in seeds:
        day = Campaign(seed, shards())
        counts += day.run(commands)
        day.check_mailboxes()
    return counts


@both_exchanges
def test_random_trading_keeps_every_promise(shards: Callable[[], Sequence[Service]]) -> None:
    counts = campaign(shards, range(16), 300)
    missed = [name for name in MUST_MEET if not counts[name]]
    assert not missed, counts


@pytest.mark.gate
@pytest.mark.timeout(900)
@both_exchanges
def test_long_random_trading_keeps_every_promise(
    shards: Callable[[], Sequence[Service]], record_property: Callable[[str, object], None]
) -> None:
    counts = campaign(shards, range(1_000, 1_300), 400)
    record_property("met", dict(sorted(counts.items())))
    assert all(counts[name] for name in MUST_MEET), counts
