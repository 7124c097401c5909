"""Which instruments a scenario lists, in listing order."""

from collections.abc import Iterator, Sequence
from datetime import date

from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OptionRight, OptionTerms
from itg.scenario.model import UnderlyingTable
from itg.scenario.money import usd_price

LETTERS = {OptionRight.CALL: "C", OptionRight.PUT: "P"}
Expiry = tuple[date, Nanos]


def instruments_of(
    table: UnderlyingTable, shard: Shard, expiries: Sequence[Expiry], strikes: int
) -> list[Instrument]:
    """Return the underlying, then its options by expiry, strike, call before put."""
    place = f"underlyings.{table.id}"
    tick_size = usd_price(table.tick_size, f"{place}.tick_size")
    grid = _grid(table, tick_size, strikes)
    terms = [
        OptionTerms(right=right, strike=strike, expiry_date=day.isoformat(), expires_ns=expires_ns)
        for day, expires_ns in expiries
        for strike in grid
        for right in OptionRight
    ]
    underlying = Instrument(
        instrument_id=InstrumentId(table.id),
        underlying_id=UnderlyingId(table.id),
        shard=shard,
        multiplier=table.multiplier,
        tick_size=tick_size,
    )
    return [underlying, *(_option(underlying, option) for option in terms)]


def _grid(table: UnderlyingTable, tick_size: Price, strikes: int) -> list[Price]:
    place = f"underlyings.{table.id}"
    step = usd_price(table.strike_step, f"{place}.strike_step")
    start = usd_price(table.start_price, f"{place}.start_price")
    for name, price in (("strike_step", step), ("start_price", start)):
        if tick_size < 1 or price % tick_size:
            raise ConfigurationError(f"{place}.{name} is not on the grid of tick_size")
    lowest = (start + step // 2) // step - (strikes - 1) // 2
    if lowest < 1:
        raise ConfigurationError(f"series.strikes: {strikes} strikes reach below zero")
    return [Price(step * (lowest + n)) for n in range(strikes)]


def _option(underlying: Instrument, terms: OptionTerms) -> Instrument:
    parts = (
        underlying.instrument_id,
        terms.expiry_date.replace("-", ""),
        LETTERS[terms.right],
        "".join(_decimal(terms.strike)),
    )
    return Instrument(
        instrument_id=InstrumentId("-".join(parts)),
        underlying_id=underlying.underlying_id,
        shard=underlying.shard,
        multiplier=underlying.multiplier,
        tick_size=underlying.tick_size,
        option=terms,
    )


def _decimal(price: Price) -> Iterator[str]:
    whole, fraction = divmod(price, PRICE_SCALE)
    yield str(whole)
    if fraction:
        yield "." + f"{fraction:04d}".rstrip("0")
