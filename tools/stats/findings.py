"""What a check found, and the statistics behind its bounds, all 99.9 % two-sided."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import exp, inf, lgamma, log, log1p, sqrt
from typing import NamedTuple

from itg.retail.core.calibration import chi_square, chi_square_bound

Z = 3.2905  # two-sided 99.9 %


class Finding(NamedTuple):
    """One number measured, and between what it has to be."""

    what: str
    n: int
    measured: float
    low: float
    high: float

    @property
    def is_within(self) -> bool:
        return self.low <= self.measured <= self.high


class Moments(NamedTuple):
    """Sums of one session's joint returns."""

    xx: float
    yy: float
    xy: float


def moments(pairs: Iterable[tuple[float, float]]) -> Moments:
    xx = yy = xy = 0.0
    for x, y in pairs:
        xx, yy, xy = xx + x * x, yy + y * y, xy + x * y
    return Moments(xx, yy, xy)


def around(what: str, count: int, pair: tuple[float, float], bound: float) -> Finding:
    """Hold a measured number (first of the pair) to within a bound of what is expected."""
    measured, expected = pair
    return Finding(what, count, measured, expected - bound, expected + bound)


def share(what: str, hits: Iterable[bool], expected: float) -> Finding:
    """Hold a share to its chance, by the exact binomial."""
    verdicts = [*hits]
    count = len(verdicts)
    assert count, f"{what}: nothing was seen"
    low, high = binomial_bounds(count, expected)
    return Finding(what, count, sum(verdicts) / count, low / count, high / count)


def binomial_bounds(count: int, chance: float, outside: float = 0.001) -> tuple[int, int]:
    """Return the least and the greatest number of hits, half of `outside` beyond each."""
    if chance in {0.0, 1.0}:
        return round(count * chance), round(count * chance)
    here = max(0, int(count * chance - 10 * sqrt(count * chance * (1 - chance)) - 10))
    ways = lgamma(count + 1) - lgamma(here + 1) - lgamma(count - here + 1)
    term = exp(ways + here * log(chance) + (count - here) * log1p(-chance))
    low, below = -1, 0.0
    while below + term <= 1.0 - outside / 2 and here < count:
        below += term
        if low < 0 and below > outside / 2:
            low = here
        term *= (count - here) / (here + 1) * chance / (1 - chance)
        here += 1
    return (here if low < 0 else low), here


def chances(what: str, rows: Sequence[tuple[int, int, float]]) -> Finding:
    """Hold rows of (hits, count, chance) to their chances together, by chi-square.

    What is certain, or impossible, has no spread: one exception and the statistic is infinite.
    """
    spread = [(h, n, p) for h, n, p in rows if n and 0.0 < p < 1.0]
    certain = sum(h != round(n * p) for h, n, p in rows if p in {0.0, 1.0})
    statistic = sum((h - n * p) ** 2 / (n * p * (1 - p)) for h, n, p in spread)
    seen = sum(n for _, n, _ in rows)
    high = bound_of(len(spread))
    return Finding(f"{what} (χ², {len(spread)})", seen, inf if certain else statistic, 0.0, high)


def average(what: str, values: Sequence[float], expected: float) -> Finding:
    """Hold a mean to its expectation, by the deviation of the sample itself."""
    return around(what, len(values), (mean(values), expected), Z * standard_error(values))


def none(what: str, count: int, broken: int) -> Finding:
    """Hold something to have never happened among `count`."""
    assert count, f"{what}: nothing was seen"
    return Finding(what, count, broken, 0.0, 0.0)


def fitting(what: str, observed: Sequence[int], expected: Sequence[float]) -> Finding:
    """Hold counts to their expectation by Pearson's chi-square, one-sided 99.9 %."""
    statistic, freedom = chi_square(observed, expected)
    return Finding(f"{what} (χ², {freedom})", sum(observed), statistic, 0.0, bound_of(freedom))


def bound_of(freedom: int) -> float:
    return chi_square_bound(freedom)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def standard_error(values: Sequence[float]) -> float:
    centre = mean(values)
    return sqrt(sum((v - centre) ** 2 for v in values) / (len(values) - 1) / len(values))


def correlation_of(sessions: Sequence[Moments]) -> float:
    """Return the correlation pooled over sessions, means taken as zero."""
    xy = sum(s.xy for s in sessions)
    return xy / sqrt(sum(s.xx for s in sessions) * sum(s.yy for s in sessions))


def jackknifed(sessions: Sequence[Moments], blocks: int = 20) -> tuple[float, float]:
    """Return the correlation and its standard error, leaving out a block of sessions at a time."""
    whole = correlation_of(sessions)
    left = [
        correlation_of([s for n, s in enumerate(sessions) if n * blocks // len(sessions) != block])
        for block in range(blocks)
    ]
    centre = sum(left) / blocks
    return whole, sqrt((blocks - 1) / blocks * sum((value - centre) ** 2 for value in left))


def log_returns(prices: Sequence[float]) -> list[float]:
    return [log(after / before) for before, after in pairwise(prices)]


def autocorrelations(values: Sequence[float], lags: int) -> list[float]:
    """Return the correlations of a series with itself, from lag 1 on."""
    centre = mean(values)
    moved = [v - centre for v in values]
    whole = sum(m * m for m in moved)
    return [
        sum(a * b for a, b in zip(moved[lag:], moved, strict=False)) / whole
        for lag in range(1, lags + 1)
    ]


def ljung_box(values: Sequence[float], lags: int) -> float:
    """Return the statistic of Ljung and Box 1978, "On a measure of lack of fit"."""
    n = len(values)
    correlations = autocorrelations(values, lags)
    return n * (n + 2) * sum(r * r / (n - lag) for lag, r in enumerate(correlations, start=1))


def without_memory(what: str, values: Sequence[float], lags: int = 20) -> Finding:
    """Hold a series to have no correlation with its past."""
    return Finding(what, len(values), ljung_box(values, lags), 0.0, bound_of(lags))


def dwells(chain: Sequence[int], place: int) -> list[int]:
    """Return the lengths of completed stays in one place."""
    lengths, length = [], 0
    for here in chain:
        if here == place:
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    return lengths[1:]


def geometric(what: str, lengths: Sequence[int], stay: float, cells: int = 21) -> Finding:
    """Hold stays to be geometric, in cells of about equal chance."""
    edges = [log(1 - share_below / cells) / log(stay) for share_below in range(1, cells)]
    bounds = [0, *dict.fromkeys(max(1, round(edge)) for edge in edges)]
    chances = [stay**a - stay**b for a, b in pairwise(bounds)] + [stay ** bounds[-1]]
    counts = [sum(a < n <= b for n in lengths) for a, b in pairwise([*bounds, inf])]
    return fitting(what, counts, [len(lengths) * chance for chance in chances])


def half_life(errors: Sequence[float], step_s: float, known: tuple[float, float]) -> list[Finding]:
    """Hold a path of an Ornstein–Uhlenbeck error to its half-life (± 15 %) and its deviation."""
    half_life_s, std = known
    slope = sum(a * b for a, b in pairwise(errors)) / sum(a * a for a in errors[:-1])
    effective = len(errors) * (1 - slope * slope) / (1 + slope * slope)
    found_s = step_s * log(0.5) / log(slope)
    made = sqrt(sum(e * e for e in errors) / len(errors))
    n = len(errors)
    return [
        around("tracking error: half-life, s", n, (found_s, half_life_s), 0.15 * half_life_s),
        around("tracking error: deviation", n, (made, std), std * Z / sqrt(2 * effective)),
    ]
