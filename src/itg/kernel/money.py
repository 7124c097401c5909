"""Prices and money as integers in units of 1/10,000 USD, and the tick grid order prices live on."""

from typing import NewType

Price = NewType("Price", int)
Cash = NewType("Cash", int)
Quantity = NewType("Quantity", int)

# One price unit is 1/10,000 USD: four decimals hold every tick of the field and every average mark.
PRICE_SCALE = 10_000


def nearest_ticks(price: Price, tick_size: Price) -> tuple[Price, Price]:
    """Return the grid prices at or below and at or above `price`."""
    below = price - price % tick_size
    above = below if below == price else below + tick_size
    return Price(below), Price(above)


def round_half_up_to_tick(value: float, tick_size: Price) -> Price:
    """Round a model price in price units (not USD) to the grid, halves upward."""
    return Price(int((value + tick_size / 2) // tick_size) * tick_size)


def usd_words(price: int) -> str:
    """Write a price in USD with as many decimals as it needs, at least two."""
    whole, part = divmod(abs(price), PRICE_SCALE)
    decimals = f"{part:04}".rstrip("0").ljust(2, "0")
    return f"{'-' if price < 0 else ''}{whole}.{decimals}"
