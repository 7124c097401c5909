"""The collar: how far from theory an order may be priced, and an auction may open."""

from itg.exchange.contract import PriceBandModel
from itg.exchange.core.listing import Listing

PPM = 1_000_000
# Vega is given in 1e-6 USD per volatility point, a price in 1e-4 USD.
VEGA_PER_PRICE_UNIT = 100


def width_of(price_band: PriceBandModel | None, listing: Listing) -> int | None:
    """Return the distance that is allowed on either side of theory; None: any."""
    theory = listing.theory
    if price_band is None or theory is None:
        return None
    if not listing.is_option:
        return theory * price_band.underlying_ppm // PPM
    return max(
        theory * price_band.option_ppm // PPM,
        price_band.option_vol_points * listing.vega // VEGA_PER_PRICE_UNIT,
        price_band.option_width,
    )


def edge_of(price_band: PriceBandModel | None, listing: Listing, *, is_buy: bool) -> int | None:
    """Return the worst price a side may trade at, the highest buy or the lowest sell."""
    width = width_of(price_band, listing)
    if width is None or listing.theory is None:
        return None
    return listing.theory + width if is_buy else listing.theory - width


def is_outside(price_band: PriceBandModel | None, listing: Listing, price: int) -> bool:
    """Tell whether an auction's price is too far from theory."""
    width = width_of(price_band, listing)
    return width is not None and abs(price - (listing.theory or 0)) > width
