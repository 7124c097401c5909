"""USD of a file to price units, exactly."""

from itg.kernel.errors import ConfigurationError
from itg.kernel.money import PRICE_SCALE, Cash, Price


def usd_price(usd: float, place: str) -> Price:
    """Return price units; `ConfigurationError` naming `place` beyond four decimals."""
    units = round(usd * PRICE_SCALE)
    if units / PRICE_SCALE != usd:
        raise ConfigurationError(f"{place}: {usd} USD has more than 4 decimals")
    return Price(units)


def usd_cash(usd: float, place: str) -> Cash:
    """Return cash units; `ConfigurationError` naming `place` beyond four decimals."""
    return Cash(usd_price(usd, place))
