"""Which instruments a scenario lists, in listing order."""

from collections.abc import Sequence
from datetime import date

from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.series import option_of, strikes_around
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OptionRight, OptionTerms
from itg.scenario.money import usd_price
from itg.scenario.tables.listing import UnderlyingTable

Expiry = tuple[date, Nanos]


def instruments_of(
    table: UnderlyingTable, shard: Shard, expiries: Sequence[Expiry], strikes: int
) -> list[Instrument]:
    """Return the underlying, then its options by expiry, strike, call before put."""
    underlying = underlying_of(table, shard)
    grid = _grid(table, strikes)
    terms = [
        OptionTerms(right=right, strike=strike, expiry_date=day.isoformat(), expires_ns=expires_ns)
        for day, expires_ns in expiries
        for strike in grid
        for right in OptionRight
    ]
    return [underlying, *(option_of(underlying, option) for option in terms)]


def underlying_of(table: UnderlyingTable, shard: Shard) -> Instrument:
    """Return the underlying itself."""
    return Instrument(
        instrument_id=InstrumentId(table.id),
        underlying_id=UnderlyingId(table.id),
        shard=shard,
        multiplier=table.multiplier,
        tick_size=usd_price(table.tick_size, f"underlyings.{table.id}.tick_size"),
    )


def strike_step_of(table: UnderlyingTable) -> Price:
    """Return the grid of strikes; `ConfigurationError` if it does not lie on the ticks."""
    return _on_tick(table, "strike_step", table.strike_step)


def _grid(table: UnderlyingTable, strikes: int) -> list[Price]:
    start = _on_tick(table, "start_price", table.start_price)
    grid = strikes_around(start, strike_step_of(table), strikes)
    if len(grid) < strikes:
        raise ConfigurationError(f"series.strikes: {strikes} strikes reach below zero")
    return grid


def _on_tick(table: UnderlyingTable, key: str, usd: float) -> Price:
    place = f"underlyings.{table.id}"
    tick_size = usd_price(table.tick_size, f"{place}.tick_size")
    price = usd_price(usd, f"{place}.{key}")
    if tick_size < 1 or price % tick_size:
        raise ConfigurationError(f"{place}.{key} is not on the grid of tick_size")
    return price
