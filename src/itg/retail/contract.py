"""The retail service's only door: house quotes and the simulated small investors.

Its orders go through positions like everybody's. Fractions are plain floats in configuration.
"""

from msgspec import Struct

from itg.kernel.ids import AccountId
from itg.kernel.messages import Command, Query, Reply
from itg.kernel.money import Price
from itg.kernel.times import Nanos


class HouseQuotes(Struct, frozen=True, gc=False, kw_only=True):
    """How the house quotes. Half-spreads of underlyings: max(floor, factor × standard deviation).

    A leader's deviation is one second's; a tracking underlying's is that of the lag. Options are
    quoted `option_width` of theory wide (at least `option_width_ticks` ticks), never below a tick.
    """

    account_id: AccountId
    leader_half_spread_min: Price
    leader_sigma_factor: float
    tracker_half_spread_min: Price
    tracker_sigma_factor: float
    lag_s: float  # the tracker's lag its deviation is taken over
    underlying_quantity: int
    refill_s: int
    pull_tracker_above: (
        float  # leader step, as a fraction, after which the tracker's quote is pulled for the lag
    )
    option_width: float
    option_width_ticks: int
    option_quantity: int
    requote_move: float  # of the half-spread: theory moving by more requotes the series
    post_only: bool = True  # in series its quotes never take: what it knows is not used on a maker


class HourFactor(Struct, frozen=True, gc=False, kw_only=True):
    """From `start_s` of the flow's window on, orders arrive `factor` times as often.

    Before the first one the factor is 1; a flow's factors stand in the order of `start_s`.
    """

    start_s: int
    factor: float


class Behaviors(Struct, frozen=True, gc=False, kw_only=True):
    """What moods do to the flow; each part is off while its probability is 0.

    All read the leader's noise-free price since the flow's window opened. Of several moods that
    seize an investor, panic comes before FOMO and FOMO before momentum.

    Momentum: while the leader stands more than `momentum_move` from where it was
    `momentum_window_s` ago (or at the opening, if later), an investor follows the move with
    probability `momentum`: after a rise calls are bought and puts sold, after a fall the reverse.
    Panic: after a jump of more than `panic_move` within one second, for `panic_s`, an investor
    closes instead of opening with probability `panic`, and orders arrive `panic_rate` times as
    often. What is closed is the investor's oldest position, or that of the next who holds one; a
    jump within a panic prolongs it.
    FOMO: while the leader stands within `fomo_distance` of its session's high (low) and not of its
    low (high), an investor buys calls (puts) with probability `fomo`, `fomo_size` times as large.
    Profit taking: each second a position whose value rose by more than `profit_move` of what it
    cost is closed with probability `profit_taking`, unless its owner has an order working in it.
    """

    momentum: float = 0.0
    momentum_move: float = 0.002
    momentum_window_s: int = 300
    panic: float = 0.0
    panic_move: float = 0.005
    panic_s: int = 120
    panic_rate: float = 2.0
    fomo: float = 0.0
    fomo_distance: float = 0.001
    fomo_size: float = 1.5
    profit_taking: float = 0.0
    profit_move: float = 0.3


class RetailFlow(Struct, frozen=True, gc=False, kw_only=True):
    """Poisson orders of small accounts, per RULES of the scenario; probabilities as fractions.

    When no account has room, a position is closed instead of opening one.
    """

    account_ids: tuple[AccountId, ...]
    orders_per_minute: float
    quantity_mean: float
    quantity_max: int
    lot: int  # quantities from one lot up are multiples of it
    buy: float
    call: float
    out_of_the_money: float
    nearest_expiry: float
    strike_std: float
    call_skew: float
    market_order: float
    limit_at_or_through: float
    limit_behind: float  # the rest of the limit orders is far
    close_per_minute: float
    hold_s: int
    position_cap: int
    order_life_s: int = 300  # a resting order is canceled after it
    # The spread a limit price is drawn around theory with, as a fraction of it, and at least.
    expected_width: float = 0.15
    expected_width_ticks: int = 2
    behaviors: Behaviors = Behaviors()
    hours: tuple[HourFactor, ...] = ()


class ConfigureRetail(Command, frozen=True, kw_only=True):
    """Set the house and the flow; None switches a part off."""

    seed: int
    house: HouseQuotes | None = None
    flow: RetailFlow | None = None


class StartFlow(Command, frozen=True, kw_only=True):
    """Begin quoting and ordering; orders arrive from `flow_start_ns` to `flow_end_ns`."""

    flow_start_ns: Nanos
    flow_end_ns: Nanos


class StopFlow(Command, frozen=True, kw_only=True):
    """Stop ordering and pull the house's quotes."""


class GetRetailReport(Query, frozen=True, kw_only=True):
    """Read what the flow did so far."""


class SizeCount(Struct, frozen=True, gc=False, kw_only=True):
    """How many opening orders were drawn with a size."""

    quantity: int
    orders: int


class RetailReport(Reply, frozen=True, kw_only=True):
    """Counts since the start.

    `orders` are opening and closing ones. Closing orders are counted by why: chance, held long
    enough, panic, profit, or to make room because no account had any. `sizes` are the sizes as
    drawn, smallest first, before the room of an account cut them and without those that FOMO
    enlarged. A mood's chances are the orders at which it reigned and no stronger mood had seized
    the investor (profit taking: seconds × positions far enough in profit), its orders those that it
    decided.
    """

    orders: int
    market_orders: int
    limit_orders: int
    closing_orders: int
    contracts_ordered: int
    house_requotes: int
    arrivals: int = 0  # investors who came, with or without an order to send
    open_s: float = 0.0  # time within the flow's windows
    operational_s: float = 0.0  # the same, each second times its factor
    opening_orders: int = 0
    opening_market_orders: int = 0
    at_or_through_orders: int = 0
    behind_orders: int = 0
    far_orders: int = 0
    call_orders: int = 0  # this and the next three: of the opening orders
    out_of_the_money_orders: int = 0
    nearest_expiry_orders: int = 0
    buy_orders: int = 0
    one_sided_orders: int = 0  # where no strike was listed on one side of spot: no choice was left
    one_sided_out_orders: int = 0  # of them, out of the money
    one_expiry_orders: int = 0  # where a single expiry was listed
    sizes: tuple[SizeCount, ...] = ()
    chance_closings: int = 0
    hold_closings: int = 0
    room_closings: int = 0
    position_seconds: int = 0  # positions that could be closed by chance, summed over seconds
    momentum_chances: int = 0
    momentum_orders: int = 0
    momentum_buy_orders: int = 0
    panic_chances: int = 0
    panic_closings: int = 0
    fomo_chances: int = 0
    fomo_orders: int = 0
    fomo_call_orders: int = 0
    profit_chances: int = 0
    profit_closings: int = 0
    contracts_filled: int = 0  # of the investors
    house_contracts_filled: int = 0


class GetCalibration(Query, frozen=True, kw_only=True):
    """Read how the flow so far compares with its configuration."""


class CalibrationRow(Struct, frozen=True, gc=False, kw_only=True):
    """One number of the flow: within `bound` of what is configured, 99.9 % two-sided.

    `count` is the number of observations. Shares as fractions, rates a minute.
    """

    what: str
    configured: float
    measured: float
    bound: float
    count: int
    is_within: bool


class Calibration(Reply, frozen=True, kw_only=True):
    """A row for everything measured so far; what was never observed has none."""

    rows: tuple[CalibrationRow, ...]
