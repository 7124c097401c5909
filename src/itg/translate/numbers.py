"""Prices and money between the wire's USD and the house's integers, exactly or not at all."""

import re

from itg.exchange.contract import INVALID_PRICE
from itg.kernel.errors import ItgError, RejectReason
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.times import NS_PER_US, Nanos, to_micros
from itg.wire.v1.orders import PriceIn

# Far above any price of the game, and small enough that cash of a whole day fits 64 bits.
PRICE_MAX_USD = 100_000
CASH_MAX_USD = 10_000_000_000
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,4})?", re.ASCII)


class UnfitFieldError(ItgError):
    """A field is well-typed and cannot mean anything; `pointer` is a JSON pointer to it."""

    def __init__(self, pointer: str, detail: str, reason: RejectReason) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.pointer = pointer
        self.detail = detail
        self.reason = reason


def price_in(value: PriceIn, pointer: str) -> Price:
    """Return a price in price units; `UnfitFieldError` unless it has at most four decimals."""
    usd = _number(value, pointer)
    # Not a comparison the other way round: NaN fails it too.
    if not -PRICE_MAX_USD <= usd <= PRICE_MAX_USD:
        raise UnfitFieldError(pointer, f"a price is at most {PRICE_MAX_USD} USD", INVALID_PRICE)
    units = round(usd * PRICE_SCALE)
    if units / PRICE_SCALE != usd:
        raise UnfitFieldError(pointer, "a price has at most four decimals", INVALID_PRICE)
    return Price(units)


def cash_in(value: PriceIn, pointer: str) -> int:
    """Return money in price units; `UnfitFieldError` unless it has at most four decimals."""
    usd = _number(value, pointer)
    if not -CASH_MAX_USD <= usd <= CASH_MAX_USD:
        raise UnfitFieldError(pointer, f"money is at most {CASH_MAX_USD} USD", INVALID_PRICE)
    units = round(usd * PRICE_SCALE)
    if units / PRICE_SCALE != usd:
        raise UnfitFieldError(pointer, "money has at most four decimals", INVALID_PRICE)
    return units


def _number(value: PriceIn, pointer: str) -> float:
    if isinstance(value, float):
        return value
    if _DECIMAL.fullmatch(value) is None:
        text = "a price as text looks like 12.5: digits with at most four decimals"
        raise UnfitFieldError(pointer, text, INVALID_PRICE)
    return float(value)


def optional_price_in(value: PriceIn | None, pointer: str) -> Price | None:
    """Return `price_in` of a price that is there."""
    return None if value is None else price_in(value, pointer)


def usd(units: int) -> float:
    """Return price units or cash as USD, the nearest number."""
    return units / PRICE_SCALE


def optional_usd(units: int | None) -> float | None:
    """Return `usd` of an amount that is there."""
    return None if units is None else units / PRICE_SCALE


def optional_nanos(at_us: int | None) -> Nanos | None:
    """Return an instant of the wire that is there in ns."""
    return None if at_us is None else Nanos(at_us * NS_PER_US)


def optional_micros(at_ns: Nanos | None) -> int | None:
    """Return an instant that is there in the wire's microseconds."""
    return None if at_ns is None else to_micros(at_ns)
