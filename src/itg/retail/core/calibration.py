"""The flow's report held against its configuration: what was promised, what was measured.

Bounds are 99.9 % two-sided. Shares: normal approximation of the binomial with continuity
correction (Feller 1968, An Introduction to Probability Theory I, section VII.3); rates: the same of
the Poisson; sizes: Pearson's chi-square, its distribution by the series of the incomplete gamma
function (Abramowitz and Stegun 1964, equation 6.5.29).
"""

from collections.abc import Iterator, Sequence
from math import exp, lgamma, log, sqrt

from itg.retail.contract import CalibrationRow, RetailFlow, RetailReport
from itg.retail.core.choice import in_lots

Z_TWO_SIDED = 3.2905
_QUANTILE_ERROR = 1e-9
_SERIES_ERROR = 1e-16
_LEAST_EXPECTED = 5.0  # of a chi-square cell, below which it joins its neighbor


def compare(config: RetailFlow, report: RetailReport) -> tuple[CalibrationRow, ...]:
    """Return a row for everything the report has a measurement of."""
    return (
        *_rates(config, report),
        *_shares(config, report),
        *_sizes(config, report),
        *_moods(config, report),
    )


def size_chances(config: RetailFlow) -> dict[int, float]:
    """Return the chance of each size that is ordered, smallest first."""
    chances: dict[int, float] = {}
    whole, mean = 0, config.quantity_mean
    left = 1.0
    while left > 0.0 and in_lots(config, whole) < config.quantity_max:
        beyond = exp(-(whole + 0.5) / mean)
        size = in_lots(config, whole)
        chances[size] = chances.get(size, 0.0) + left - beyond
        whole, left = whole + 1, beyond
    chances[config.quantity_max] = chances.get(config.quantity_max, 0.0) + left
    return chances


def chi_square_bound(freedom: int, chance: float = 0.999) -> float:
    """Return the quantile of chi-square below which a statistic stays with `chance`."""
    low, high = 0.0, 10.0 * freedom + 100.0
    while high - low > _QUANTILE_ERROR:
        middle = (low + high) / 2.0
        if _chi_square_below(middle, freedom) < chance:
            low = middle
        else:
            high = middle
    return high


def chi_square(observed: Sequence[float], expected: Sequence[float]) -> tuple[float, int]:
    """Return Pearson's statistic and its degrees of freedom; sparse cells join the next one."""
    cells: list[tuple[float, float]] = []
    seen = due = 0.0
    for one, other in zip(observed, expected, strict=True):
        seen, due = seen + one, due + other
        if due >= _LEAST_EXPECTED:
            cells.append((seen, due))
            seen = due = 0.0
    if cells:
        cells[-1] = (cells[-1][0] + seen, cells[-1][1] + due)
    return sum((o - e) ** 2 / e for o, e in cells), len(cells) - 1


def _chi_square_below(statistic: float, freedom: int) -> float:
    shape, x = freedom / 2.0, statistic / 2.0
    term = total = 1.0 / shape
    place = shape
    while term > total * _SERIES_ERROR:
        place += 1.0
        term *= x / place
        total += term
    return total * exp(shape * log(x) - x - lgamma(shape)) if x > 0.0 else 0.0


def _rates(config: RetailFlow, report: RetailReport) -> Iterator[CalibrationRow]:
    minutes = report.operational_s / 60.0
    yield from _rate("orders a minute", config.orders_per_minute, report.arrivals, minutes)
    held = report.position_seconds / 60.0
    yield from _rate(
        "closings by chance a minute", config.close_per_minute, report.chance_closings, held
    )


def _shares(config: RetailFlow, report: RetailReport) -> Iterator[CalibrationRow]:
    opening = report.opening_orders
    limits = opening - report.opening_market_orders
    through, behind = config.limit_at_or_through, config.limit_behind
    # What moods decided is left out, it has rows of its own; so is what the listing decided.
    chosen = opening - report.fomo_orders
    own_side = chosen - report.momentum_orders
    calls = report.call_orders - report.fomo_call_orders
    buys = report.buy_orders - report.fomo_orders - report.momentum_buy_orders
    yield from _share("market orders", config.market_order, report.opening_market_orders, opening)
    yield from _share("limits at or through", through, report.at_or_through_orders, limits)
    yield from _share("limits behind", behind, report.behind_orders, limits)
    yield from _share("limits far", 1.0 - through - behind, report.far_orders, limits)
    yield from _share("buys", config.buy, buys, own_side)
    yield from _share("calls", config.call, calls, chosen)
    sided, several = opening - report.one_sided_orders, opening - report.one_expiry_orders
    out = report.out_of_the_money_orders - report.one_sided_out_orders
    nearest = report.nearest_expiry_orders - report.one_expiry_orders
    yield from _share("out of the money", config.out_of_the_money, out, sided)
    yield from _share("nearest expiry", config.nearest_expiry, nearest, several)


def _sizes(config: RetailFlow, report: RetailReport) -> Iterator[CalibrationRow]:
    chances = size_chances(config)
    drawn = {size.quantity: size.orders for size in report.sizes}
    count = sum(drawn.values())
    if not count:
        return
    mean = sum(size * chance for size, chance in chances.items())
    variance = sum((size - mean) ** 2 * chance for size, chance in chances.items())
    measured = sum(size * orders for size, orders in drawn.items()) / count
    bound = Z_TWO_SIDED * sqrt(variance / count)
    yield _row("mean size", (mean, measured), bound, count)
    observed = [drawn.get(size, 0) for size in chances]
    statistic, freedom = chi_square(observed, [count * chance for chance in chances.values()])
    if freedom > 0:
        yield CalibrationRow(
            what="sizes (chi-square, one-sided)",
            configured=freedom,
            measured=statistic,
            bound=chi_square_bound(freedom) - freedom,
            count=count,
            is_within=statistic <= chi_square_bound(freedom),
        )


def _moods(config: RetailFlow, report: RetailReport) -> Iterator[CalibrationRow]:
    moods = config.behaviors
    yield from _share("momentum", moods.momentum, report.momentum_orders, report.momentum_chances)
    yield from _share("panic", moods.panic, report.panic_closings, report.panic_chances)
    yield from _share("fomo", moods.fomo, report.fomo_orders, report.fomo_chances)
    yield from _share(
        "profit taking", moods.profit_taking, report.profit_closings, report.profit_chances
    )


def _share(what: str, share: float, hits: int, count: int) -> Iterator[CalibrationRow]:
    if count > 0:
        spread = sqrt(share * (1.0 - share) / count)
        # What is certain has no spread, and no room for a correction either.
        bound = Z_TWO_SIDED * spread + 0.5 / count if spread else 0.0
        yield _row(what, (share, hits / count), bound, count)


def _rate(what: str, rate: float, hits: int, minutes: float) -> Iterator[CalibrationRow]:
    if minutes > 0.0:
        bound = (Z_TWO_SIDED * sqrt(rate * minutes) + 0.5) / minutes
        yield _row(what, (rate, hits / minutes), bound, hits)


def _row(what: str, pair: tuple[float, float], bound: float, count: int) -> CalibrationRow:
    configured, measured = pair
    return CalibrationRow(
        what=what,
        configured=configured,
        measured=measured,
        bound=bound,
        count=count,
        is_within=abs(measured - configured) <= bound,
    )
