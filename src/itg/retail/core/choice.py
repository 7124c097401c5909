"""What a small investor orders: series, size, side and price, one named stream each."""

from collections.abc import Mapping, Sequence
from math import ceil, floor

from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.kernel.rng import Rng
from itg.kernel.words import Instrument, OptionRight, Side
from itg.retail.contract import RetailFlow

STREAMS = ("arrival", "account", "series", "strike", "quantity", "side", "price", "closing")


class Dice:
    """The named streams of the flow; their counters are state."""

    __slots__ = ("_streams",)

    def __init__(self, seed: int, counters: Mapping[str, int]) -> None:
        root = Rng(seed, "retail")
        self._streams = {name: root.fork(name) for name in STREAMS}
        for name, counter in counters.items():
            self._streams[name].counter = counter

    def __getitem__(self, name: str) -> Rng:
        return self._streams[name]

    def counters(self) -> dict[str, int]:
        return {name: stream.counter for name, stream in self._streams.items()}


def draw_series(
    dice: Dice,
    flow: RetailFlow,
    options: Sequence[Instrument],
    spots: Mapping[UnderlyingId, Price],
) -> Instrument:
    """Choose an option: underlying, right, expiry, then the strike nearest to a drawn one."""
    rng = dice["series"]
    underlyings = list(dict.fromkeys(option.underlying_id for option in options))
    underlying_id = underlyings[rng.below(len(underlyings))]
    right = OptionRight.CALL if rng.uniform() < flow.call else OptionRight.PUT
    is_out = rng.uniform() < flow.out_of_the_money
    is_nearest, which = rng.uniform() < flow.nearest_expiry, rng.uniform()
    chain = [o for o in options if o.underlying_id == underlying_id]
    chain = [o for o in chain if o.option and o.option.right is right] or chain
    expiries = sorted({o.option.expires_ns for o in chain if o.option})
    later = len(expiries) - 1
    place = 0 if is_nearest or not later else 1 + int(which * later)
    chain = [o for o in chain if o.option and o.option.expires_ns == expiries[place]]
    spot = spots[underlying_id]
    is_above = is_out == (right is OptionRight.CALL)
    target = _target_strike(dice["strike"], flow, spot, right=right, is_above=is_above)
    beside = [o for o in chain if o.option and (o.option.strike > spot) == is_above]
    return min(beside or chain, key=lambda o: abs(o.option.strike - target) if o.option else 0)


def draw_quantity(rng: Rng, flow: RetailFlow) -> int:
    """Draw an exponential size; from one lot up a multiple of it."""
    quantity = round(rng.exponential(flow.quantity_mean))
    if quantity >= flow.lot:
        quantity = (2 * quantity + flow.lot) // (2 * flow.lot) * flow.lot
    return min(max(quantity, 1), flow.quantity_max)


def draw_side(rng: Rng, flow: RetailFlow) -> Side:
    """Draw which way an investor goes."""
    return Side.BUY if rng.uniform() < flow.buy else Side.SELL


def draw_limit(
    rng: Rng, flow: RetailFlow, side: Side, theory: Price, tick_size: Price
) -> Price | None:
    """Draw a limit price, None for a market order.

    At or through the far side of the expected spread, behind its middle, or far behind it.
    """
    is_market, style, depth = rng.uniform() < flow.market_order, rng.uniform(), rng.uniform()
    if is_market:
        return None
    if style < flow.limit_at_or_through:
        reach = 1.0 + 0.5 * depth
    elif style < flow.limit_at_or_through + flow.limit_behind:
        reach = -depth
    else:
        reach = -1.0 - 4.0 * depth
    toward = 1.0 if side is Side.BUY else -1.0
    half = max(flow.expected_width * theory, flow.expected_width_ticks * tick_size) / 2.0
    ticks = (theory + toward * reach * half) / tick_size
    # Rounded toward the trade, so that "at" the far side reaches it.
    on_grid = ceil(ticks) if side is Side.BUY else floor(ticks)
    return Price(max(on_grid, 1) * tick_size)


def _target_strike(
    rng: Rng, flow: RetailFlow, spot: Price, *, right: OptionRight, is_above: bool
) -> float:
    skew = flow.call_skew if right is OptionRight.CALL else 1.0
    distance = abs(rng.normal()) * flow.strike_std * skew
    return spot * (1.0 + distance if is_above else 1.0 - distance)
