"""Small investors by their numbers: the flow alone in a market that stands still.

The bounds are the service's own calibration, which an organizer reads while the game runs.
"""

from msgspec.structs import replace
from tools.stats.findings import Finding, around
from tools.stats.paths import setup
from tools.stats.world import OPEN_NS

from itg.exchange.contract import ListInstrument
from itg.kernel.ids import Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import OptionRight, Phase, Side
from itg.market_data.contract import ConfigureMarketData
from itg.retail.contract import ConfigureRetail, RetailFlow
from itg.retail.core.calibration import compare
from itg.retail.core.chains import Market
from itg.retail.core.choice import Dice
from itg.retail.core.flow import Flow, OrderWish
from itg.retail.core.listings import Listings
from itg.retail.core.report import report

THEORY = Price(100_000)
BUSY = 30.0  # orders a minute: ten times classic's, for as many more draws


def study(seed: int, size: int = 1) -> list[Finding]:
    """Hold investors to their rates, shares and sizes."""
    flow = Flow.configured(replace(configured(), orders_per_minute=BUSY))
    ordered(flow, seed, 660 * size)
    return [
        Finding(row.what, row.count, row.measured, 0.0, row.configured + row.bound)
        if "one-sided" in row.what
        else around(f"retail: {row.what}", row.count, (row.measured, row.configured), row.bound)
        for row in compare(flow.config, report(flow, None))
    ]


def ordered(flow: Flow, seed: int, minutes: int) -> list[OrderWish]:
    """Let investors order for so many minutes; every order is filled at once at its theory."""
    dice, market = Dice(seed, {}), seen()
    end_ns = Nanos(OPEN_NS + minutes * 60 * NS_PER_S)
    flow.open(OPEN_NS, end_ns)
    wishes: list[OrderWish] = []
    at = flow.next_arrival(OPEN_NS, dice)
    for second in range(minutes * 60):
        now = Nanos(OPEN_NS + second * NS_PER_S)
        while at is not None and at < now:
            wish = flow.arrive(at, dice, market)
            if wish is not None:
                wishes.append(wish)
                _fill(flow, now, wish)
            at = flow.next_arrival(at, dice)
        for closing in flow.look_around(now, dice, market.listings, market.theories):
            _fill(flow, now, closing)
    return wishes


def configured() -> RetailFlow:
    """Return classic's flow."""
    (config,) = [c for c in setup("classic") if isinstance(c, ConfigureRetail)]
    assert config.flow is not None
    return config.flow


def seen() -> Market:
    """Return classic's listing at its start prices, each option worth the same."""
    listed = Listings()
    instruments = [c.instrument for c in setup("classic") if isinstance(c, ListInstrument)]
    for instrument in instruments:
        listed.add(instrument)
    for shard in sorted({i.shard for i in instruments}):
        listed.move(Shard(shard), Phase.CONTINUOUS, None)
    theories = {i.instrument_id: THEORY for i in instruments if i.option}
    return Market().look(OPEN_NS, listed, spots(), theories)


def spots() -> dict[UnderlyingId, Price]:
    (market,) = [c for c in setup("classic") if isinstance(c, ConfigureMarketData)]
    return {u.underlying_id: u.start_price for u in market.underlyings}


def moneyness(wishes: list[OrderWish]) -> list[tuple[OptionRight, float]]:
    """Return right and strike over spot, less one, of each order."""
    options = {
        c.instrument.instrument_id: c.instrument
        for c in setup("classic")
        if isinstance(c, ListInstrument) and c.instrument.option
    }
    found, at = [], spots()
    for wish in wishes:
        instrument = options[wish.instrument_id]
        assert instrument.option
        spot = at[instrument.underlying_id]
        found.append((instrument.option.right, instrument.option.strike / spot - 1))
    return found


def _fill(flow: Flow, now: Nanos, wish: OrderWish) -> None:
    signed = wish.quantity if wish.side is Side.BUY else -wish.quantity
    flow.holdings.note_fill(now, wish.account_id, wish.instrument_id, signed, THEORY)
