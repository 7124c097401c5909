"""What a small investor orders: series, size, side and price, one named stream each."""

from collections.abc import Mapping
from enum import Enum
from math import ceil, floor

from msgspec import Struct

from itg.kernel.money import Price
from itg.kernel.rng import Rng, Streams
from itg.kernel.words import Instrument, OptionRight, Side
from itg.retail.contract import RetailFlow
from itg.retail.core.chains import Market

STREAMS = (
    *("arrival", "account", "series", "strike", "quantity", "side", "price", "closing"),
    *("momentum", "panic", "fomo", "profit_taking"),
)


class Dice(Streams):
    """The named streams of the flow; their counters are state."""

    def __init__(self, seed: int, counters: Mapping[str, int]) -> None:
        super().__init__(Rng(seed, "retail"), STREAMS, counters)


class Drawn(Struct, frozen=True):
    """An option as drawn, and what it is in the market's eyes."""

    instrument: Instrument
    right: OptionRight
    is_nearest_expiry: bool
    is_out_of_the_money: bool
    is_one_sided: bool  # no strike was listed on one side of spot
    is_one_expiry: bool


def draw_series(
    dice: Dice, flow: RetailFlow, market: Market, wanted: OptionRight | None = None
) -> Drawn:
    """Choose an option: underlying, right, expiry, then the strike nearest to a drawn one.

    `wanted` takes the place of the right drawn; the draws are the same.
    """
    rng = dice["series"]
    underlyings = list(market.chains)
    underlying_id = underlyings[rng.below(len(underlyings))]
    drawn = OptionRight.CALL if rng.uniform() < flow.call else OptionRight.PUT
    is_out = rng.uniform() < flow.out_of_the_money
    is_nearest, which = rng.uniform() < flow.nearest_expiry, rng.uniform()
    right = wanted or drawn
    chains = market.chains[underlying_id][right]
    later = len(chains) - 1
    place = 0 if is_nearest or not later else 1 + int(which * later)
    spot = market.spots[underlying_id]
    is_above = is_out == (right is OptionRight.CALL)
    target = _target_strike(dice["strike"], flow, spot, right=right, is_above=is_above)
    chain = chains[place]
    beside = [listed for listed in chain if (listed[0] > spot) == is_above]
    strike, instrument = min(beside or chain, key=lambda listed: abs(listed[0] - target))
    assert instrument.option
    chosen = instrument.option.right
    is_really_out = (strike > spot) == (chosen is OptionRight.CALL)
    return Drawn(
        instrument=instrument,
        right=chosen,
        is_nearest_expiry=place == 0,
        is_out_of_the_money=is_really_out,
        is_one_sided=not 0 < len(beside) < len(chain),
        is_one_expiry=not later,
    )


def draw_quantity(rng: Rng, flow: RetailFlow, times: float = 1.0) -> int:
    """Draw an exponential size, `times` as large; from one lot up a multiple of it."""
    return in_lots(flow, round(rng.exponential(flow.quantity_mean) * times))


def in_lots(flow: RetailFlow, quantity: int) -> int:
    """Return a size as it is ordered."""
    if quantity >= flow.lot:
        quantity = (2 * quantity + flow.lot) // (2 * flow.lot) * flow.lot
    return min(max(quantity, 1), flow.quantity_max)


def draw_side(rng: Rng, flow: RetailFlow) -> Side:
    """Draw which way an investor goes."""
    return Side.BUY if rng.uniform() < flow.buy else Side.SELL


class Placement(Enum):
    """Where an order stands against the spread its owner expects."""

    MARKET = "market"
    AT_OR_THROUGH = "at_or_through"
    BEHIND = "behind"
    FAR = "far"


def draw_limit(
    rng: Rng, flow: RetailFlow, side: Side, theory: Price, tick_size: Price
) -> tuple[Placement, Price | None]:
    """Draw a placement and its limit price, None for a market order.

    At or through the far side of the expected spread, behind its middle, or far behind it.
    """
    is_market, style, depth = rng.uniform() < flow.market_order, rng.uniform(), rng.uniform()
    if is_market:
        return Placement.MARKET, None
    if style < flow.limit_at_or_through:
        placement, reach = Placement.AT_OR_THROUGH, 1.0 + 0.5 * depth
    elif style < flow.limit_at_or_through + flow.limit_behind:
        placement, reach = Placement.BEHIND, -depth
    else:
        placement, reach = Placement.FAR, -1.0 - 4.0 * depth
    toward = 1.0 if side is Side.BUY else -1.0
    half = max(flow.expected_width * theory, flow.expected_width_ticks * tick_size) / 2.0
    ticks = (theory + toward * reach * half) / tick_size
    # Rounded toward the trade, so that "at" the far side reaches it.
    on_grid = ceil(ticks) if side is Side.BUY else floor(ticks)
    return placement, Price(max(on_grid, 1) * tick_size)


def _target_strike(
    rng: Rng, flow: RetailFlow, spot: Price, *, right: OptionRight, is_above: bool
) -> float:
    skew = flow.call_skew if right is OptionRight.CALL else 1.0
    distance = abs(rng.normal()) * flow.strike_std * skew
    return spot * (1.0 + distance if is_above else 1.0 - distance)
