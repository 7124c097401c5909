"""A scenario's shards as the exchange's commands: how each matches, protects and lists."""

from collections.abc import Iterator, Sequence

from itg.exchange.contract import (
    TICK_NS,
    ConfigureExchange,
    ConfigureLadder,
    JumpGuard,
    ListedExpiry,
    MarketBreaker,
    PriceBandModel,
)
from itg.kernel.ids import Shard, UnderlyingId
from itg.kernel.times import NS_PER_S, Nanos
from itg.scenario.model import Scenario
from itg.scenario.money import usd_price
from itg.scenario.series import Expiry, strike_step_of, underlying_of
from itg.scenario.tables.listing import Protection

_PPM = 1_000_000


def exchanges_of(scenario: Scenario) -> Iterator[ConfigureExchange]:
    """Yield every shard's rules."""
    matching, table = scenario.matching, scenario.protection
    for shard, underlying_id in shards_of(scenario):
        yield ConfigureExchange(
            shard=shard,
            underlying_id=underlying_id,
            continuous_rule=matching.continuous,
            auction_rule=matching.auction,
            auction_order=matching.auction_order,
            seed=scenario.seed,
            tick_ns=TICK_NS if matching.check_s is None else _nanos(matching.check_s),
            price_band=_collar(table),
            market_breaker=_halt(table),
            jump_guard=_guard(table),
            opening_delay_ns=_nanos(table.opening_delay_s or 0),
            stale_halt_ns=None if table.stale_halt_s is None else _nanos(table.stale_halt_s),
        )


def ladders_of(scenario: Scenario, season: Sequence[Expiry]) -> Iterator[ConfigureLadder]:
    """Yield how every shard keeps its own chain, where the chain rolls."""
    series = scenario.series
    for shard, table in enumerate(scenario.underlyings) if series.rolls else ():
        yield ConfigureLadder(
            shard=Shard(shard),
            underlying=underlying_of(table, Shard(shard)),
            strike_step=strike_step_of(table),
            expiries=tuple(ListedExpiry(day.isoformat(), at_ns) for day, at_ns in season),
            expiries_listed=series.expiries,
            strikes_at_start=series.strikes,
            strikes_each_side=series.strikes_each_side,
            strikes_max=series.strikes_max,
            delist_ppm=_ppm(series.delist_beyond),
            review_ns=_nanos(series.review_s),
            is_marked=scenario.market is not None,
        )


def shards_of(scenario: Scenario) -> Iterator[tuple[Shard, UnderlyingId]]:
    """Yield each underlying with its shard."""
    for number, table in enumerate(scenario.underlyings):
        yield Shard(number), UnderlyingId(table.id)


def _collar(table: Protection) -> PriceBandModel | None:
    if (
        table.collar_option is None
        or table.collar_vol_points is None
        or table.collar_width is None
        or table.collar_underlying is None
    ):
        return None
    return PriceBandModel(
        option_ppm=_ppm(table.collar_option),
        option_vol_points=table.collar_vol_points,
        option_width=usd_price(table.collar_width, "protection.collar_width"),
        underlying_ppm=_ppm(table.collar_underlying),
    )


def _halt(table: Protection) -> MarketBreaker | None:
    if table.halt_move is None or table.halt_window_s is None or table.halt_s is None:
        return None
    return MarketBreaker(
        move_ppm=_ppm(table.halt_move),
        window_ns=_nanos(table.halt_window_s),
        halt_ns=_nanos(table.halt_s),
    )


def _guard(table: Protection) -> JumpGuard | None:
    if table.guard_step is None or table.guard_s is None:
        return None
    return JumpGuard(step_ppm=_ppm(table.guard_step), guard_ns=_nanos(table.guard_s))


def _ppm(fraction: float) -> int:
    return round(fraction * _PPM)


def _nanos(seconds: float) -> Nanos:
    return Nanos(round(seconds * NS_PER_S))
