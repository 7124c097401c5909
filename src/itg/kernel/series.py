"""How an option is named and where its strikes lie: one format, one grid."""

from collections.abc import Iterator

from itg.kernel.ids import InstrumentId
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.words import Instrument, OptionRight, OptionTerms

LETTERS = {OptionRight.CALL: "C", OptionRight.PUT: "P"}


def option_of(underlying: Instrument, terms: OptionTerms) -> Instrument:
    """Return an underlying's option, named `UNDERLYING-YYYYMMDD-C-STRIKE`."""
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


def strikes_around(price: Price, step: Price, count: int) -> list[Price]:
    """Return `count` strikes of the grid around the one nearest to `price`, ascending.

    Of an even count one more lies above. Strikes below one step are left out.
    """
    lowest = (price + step // 2) // step - (count - 1) // 2
    return [Price(step * n) for n in range(max(lowest, 1), lowest + count)]


def _decimal(price: Price) -> Iterator[str]:
    whole, fraction = divmod(price, PRICE_SCALE)
    yield str(whole)
    if fraction:
        yield "." + f"{fraction:04d}".rstrip("0")
