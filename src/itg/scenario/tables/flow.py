"""Who else trades: the house and the small investors."""

from datetime import time
from typing import Annotated

from msgspec import Meta

from itg.scenario.tables.values import Count, Fraction, NotNegative, Positive, Seconds, Slug, Table


class House(Table, frozen=True, kw_only=True):
    """The house's quotes; without this table there are none."""

    account: Slug
    role: Slug
    leader_half_spread_min: Positive
    leader_sigma_factor: NotNegative
    tracker_half_spread_min: Positive
    tracker_sigma_factor: NotNegative
    lag_s: Positive
    underlying_quantity: Count
    refill_s: Count
    pull_tracker_above: Positive
    option_width: Positive
    option_width_ticks: Count
    option_quantity: Count
    requote_move: Positive
    post_only: bool = True


class BehaviorTable(Table, frozen=True, kw_only=True):
    """Moods of the small investors; each is off while its probability is 0."""

    momentum: Fraction = 0.0
    momentum_move: Positive = 0.002
    momentum_window_s: Count = 300
    panic: Fraction = 0.0
    panic_move: Positive = 0.005
    panic_s: Count = 120
    panic_rate: Positive = 2.0
    fomo: Fraction = 0.0
    fomo_distance: Positive = 0.001
    fomo_size: Positive = 1.5
    profit_taking: Fraction = 0.0
    profit_move: Positive = 0.3


class RetailHour(Table, frozen=True, kw_only=True):
    """From this time of day on orders are so much more frequent."""

    starts: time
    factor: NotNegative


class Retail(Table, frozen=True, kw_only=True):
    """The simulated small investors; without this table there are none."""

    accounts: Annotated[int, Meta(ge=1, le=99)]
    role: Slug
    orders_per_minute: Positive
    pre_open_s: Seconds
    quantity_mean: Positive
    quantity_max: Count
    lot: Count
    buy: Fraction
    call: Fraction
    out_of_the_money: Fraction
    nearest_expiry: Fraction
    strike_std: Positive
    call_skew: Positive
    market_order: Fraction
    limit_at_or_through: Fraction
    limit_behind: Fraction
    close_per_minute: Fraction
    hold_s: Count
    position_cap: Count
    order_life_s: Count
    expected_width: Positive
    expected_width_ticks: Count
    behaviors: BehaviorTable = BehaviorTable()
    hours: tuple[RetailHour, ...] = ()
