"""A scenario's market model, house and small investors, as their services' commands."""

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

from msgspec.structs import asdict

from itg.kernel.ids import AccountId, Role, UnderlyingId
from itg.kernel.times import NS_PER_MS, Nanos
from itg.market_data.contract import (
    ConfigureMarketData,
    JumpModel,
    RegimeModel,
    SurfaceModel,
    TrackingModel,
    UnderlyingModel,
)
from itg.retail.contract import Behaviors, ConfigureRetail, HourFactor, HouseQuotes, RetailFlow
from itg.scenario.hours import opens_at, pre_open_seconds, seconds_of, steps_of
from itg.scenario.information import news_model_of
from itg.scenario.model import Scenario
from itg.scenario.money import usd_price
from itg.scenario.plan import session_seconds
from itg.scenario.recordings import recording_of
from itg.scenario.tables.flow import House, Retail
from itg.scenario.tables.listing import Tracking, UnderlyingTable
from itg.scenario.tables.market import Market
from itg.scenario.tables.sessions import AnySession


def market_of(scenario: Scenario, market: Market) -> ConfigureMarketData:
    """Return the price model."""
    regimes, jumps, surface = market.regimes, market.jumps, market.surface
    seconds, recording, news = session_seconds(scenario.session), market.recording, scenario.news
    return ConfigureMarketData(
        seed=scenario.seed,
        underlyings=tuple(_underlying(table) for table in scenario.underlyings),
        model=market.model,
        parameters=market.parameters,
        recording=() if recording is None else recording_of(Path(recording), seconds),
        news=None if news is None else news_model_of(news, scenario.session),
        regimes=RegimeModel(
            volatilities=regimes.volatilities,
            transition=regimes.transition,
            regime_step_s=regimes.regime_step_s,
            initial=regimes.initial,
        ),
        jumps=JumpModel(
            mean_per_session=jumps.mean_per_session,
            size_min=jumps.size_min,
            size_max=jumps.size_max,
            quiet_end_s=jumps.quiet_end_s,
        ),
        surface=SurfaceModel(skew=surface.skew, smile=surface.smile),
        session_seconds=seconds,
        sessions_per_year=market.sessions_per_year,
        overnight_gap=market.overnight_gap,
        step_ns=Nanos(market.step_ms * NS_PER_MS),
    )


def retail_of(scenario: Scenario) -> ConfigureRetail:
    """Return the house and the flow."""
    house, retail = scenario.house, scenario.retail
    return ConfigureRetail(
        seed=scenario.seed,
        house=None if house is None else _house(house),
        flow=None if retail is None else _flow(retail, scenario.session),
    )


def house_accounts(scenario: Scenario) -> Iterator[tuple[AccountId, Role]]:
    """Yield the accounts no team owns."""
    if scenario.house is not None:
        yield AccountId(scenario.house.account), Role(scenario.house.role)
    if scenario.retail is not None:
        yield from zip(
            retail_accounts(scenario.retail), repeat(Role(scenario.retail.role)), strict=False
        )


def retail_accounts(retail: Retail) -> tuple[AccountId, ...]:
    """Return the small investors' accounts."""
    return tuple(AccountId(f"retail-{number:02d}") for number in range(1, retail.accounts + 1))


def _underlying(table: UnderlyingTable) -> UnderlyingModel:
    place = f"underlyings.{table.id}"
    return UnderlyingModel(
        underlying_id=UnderlyingId(table.id),
        start_price=usd_price(table.start_price, f"{place}.start_price"),
        tick_size=usd_price(table.tick_size, f"{place}.tick_size"),
        tracking=None if table.tracking is None else _tracking(table.tracking),
    )


def _tracking(table: Tracking) -> TrackingModel:
    return TrackingModel(
        leader_id=UnderlyingId(table.leader),
        ratio=table.ratio,
        lag_s_min=table.lag_s_min,
        lag_s_max=table.lag_s_max,
        half_life_s=table.half_life_s,
        error_std=table.error_std,
        print_noise_std=table.print_noise_std,
        ahead_s=table.ahead_s,
    )


def _house(table: House) -> HouseQuotes:
    return HouseQuotes(
        account_id=AccountId(table.account),
        leader_half_spread_min=usd_price(
            table.leader_half_spread_min, "house.leader_half_spread_min"
        ),
        leader_sigma_factor=table.leader_sigma_factor,
        tracker_half_spread_min=usd_price(
            table.tracker_half_spread_min, "house.tracker_half_spread_min"
        ),
        tracker_sigma_factor=table.tracker_sigma_factor,
        lag_s=table.lag_s,
        underlying_quantity=table.underlying_quantity,
        refill_s=table.refill_s,
        pull_tracker_above=table.pull_tracker_above,
        option_width=table.option_width,
        option_width_ticks=table.option_width_ticks,
        option_quantity=table.option_quantity,
        requote_move=table.requote_move,
        post_only=table.post_only,
    )


def _flow(table: Retail, session: AnySession) -> RetailFlow:
    return RetailFlow(
        account_ids=retail_accounts(table),
        orders_per_minute=table.orders_per_minute,
        quantity_mean=table.quantity_mean,
        quantity_max=table.quantity_max,
        lot=table.lot,
        buy=table.buy,
        call=table.call,
        out_of_the_money=table.out_of_the_money,
        nearest_expiry=table.nearest_expiry,
        strike_std=table.strike_std,
        call_skew=table.call_skew,
        market_order=table.market_order,
        limit_at_or_through=table.limit_at_or_through,
        limit_behind=table.limit_behind,
        close_per_minute=table.close_per_minute,
        hold_s=table.hold_s,
        position_cap=table.position_cap,
        order_life_s=table.order_life_s,
        expected_width=table.expected_width,
        expected_width_ticks=table.expected_width_ticks,
        behaviors=Behaviors(**asdict(table.behaviors)),
        hours=_hours(table, session),
    )


def _hours(table: Retail, session: AnySession) -> tuple[HourFactor, ...]:
    # The flow's window opens before continuous trading, at the earliest with the round.
    lead_s = min(table.pre_open_s, pre_open_seconds(session))
    steps = steps_of(
        [(hour.starts, hour.factor) for hour in table.hours],
        seconds_of(opens_at(session)) - lead_s,
        lead_s + session_seconds(session),
    )
    return tuple(HourFactor(start_s=start_s, factor=factor) for start_s, factor in steps)
