"""Classic's house and investors, and instruments to quote."""

from functools import cache

from msgspec import convert, msgpack
from msgspec.structs import asdict

from itg import scenario
from itg.exchange.contract import ListInstrument
from itg.game.asking import Setup
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, Phase, Side
from itg.retail.contract import ConfigureRetail, HouseQuotes, RetailFlow
from itg.retail.core.chains import Market
from itg.retail.core.choice import Dice
from itg.retail.core.flow import Flow, OrderWish
from itg.retail.core.listings import Listings

NOW = Nanos(1_796_139_000_000_000_000)  # classic's first open
END = Nanos(NOW + 1_800 * NS_PER_S)
SPOTS = {UnderlyingId("SPX"): Price(44_000_000), UnderlyingId("SPY"): Price(4_400_000)}


@cache
def setup() -> list[object]:
    return [msgpack.decode(raw, type=Setup) for raw in scenario.load("classic").setup]


def configured() -> tuple[HouseQuotes, RetailFlow]:
    (config,) = [c for c in setup() if isinstance(c, ConfigureRetail)]
    assert config.house is not None
    assert config.flow is not None
    return config.house, config.flow


def instruments() -> list[Instrument]:
    return [c.instrument for c in setup() if isinstance(c, ListInstrument)]


def listings(phase: Phase = Phase.CONTINUOUS) -> Listings:
    listed = Listings()
    for instrument in instruments():
        listed.add(instrument)
    for shard in (Shard(0), Shard(1)):
        listed.move(shard, phase, None)
    return listed


def theories(price: int = 100_000) -> dict[InstrumentId, Price]:
    return {i.instrument_id: Price(price) for i in instruments() if i.option}


def flow(**changes: object) -> Flow:
    """Return classic's investors, some numbers changed, with half an hour to order in."""
    made = Flow.configured(convert({**asdict(configured()[1]), **changes}, RetailFlow))
    made.open(NOW, END)
    return made


def dice(seed: int = 1) -> Dice:
    return Dice(seed, {})


def second(number: float) -> Nanos:
    return Nanos(NOW + int(number * NS_PER_S))


def seen(spots: dict[UnderlyingId, Price] | None = None, price: int = 100_000) -> Market:
    return Market().look(NOW, listings(), spots or SPOTS, theories(price))


def fill(investors: Flow, now: Nanos, wish: OrderWish, price: Price) -> None:
    """Fill an order whole."""
    signed = wish.quantity if wish.side is Side.BUY else -wish.quantity
    investors.holdings.note_fill(now, wish.account_id, wish.instrument_id, signed, price)
