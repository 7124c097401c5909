"""What a headline table lets one expect: the moments that fair value and drift count in."""

from collections.abc import Iterator, Sequence
from math import erfc, exp, factorial, inf, log, sqrt

from itg.news.contract import JumpSign
from itg.scenario.tables.information import HeadlineTable

# Size = middle × exp(0.3 Z), clipped to its bounds.
SIZE_SIGMA = 0.3
# exp(J) − 1 is summed as a power series; sizes are below 1, so what is left out is below 1e-19.
TERMS = 20
# The scenario hash covers the result: digits in which two machines' exp and erfc may differ go.
DIGITS = 12


def shift_of(headlines: Sequence[HeadlineTable]) -> float:
    """Return the chance that the next headline shifts the volatility regime."""
    return _mean(headlines, [row.shift for row in headlines])


def jump_mean_of(headlines: Sequence[HeadlineTable]) -> float:
    """Return E[exp(J) − 1] of the next headline's log return J, 0 where nothing jumps."""
    return _mean(headlines, [row.jump * _excess(row) for row in headlines])


def jump_variance_of(headlines: Sequence[HeadlineTable]) -> float:
    """Return E[J²] of the next headline's log return J."""
    return _mean(headlines, [row.jump * size_moment(row, 2) for row in headlines])


def size_moment(row: HeadlineTable, power: int) -> float:
    """Return E[S^power] of a jump's absolute size S, a log-normal clipped to two bounds.

    Partial moments of the log-normal (Johnson, Kotz and Balakrishnan 1994, ch. 14, eq. 14.8b)
    between the bounds, and the mass beyond each of them at the bound.
    """
    middle = (row.size_min + row.size_max) / 2
    if middle == 0:
        return 0.0
    low, high = _z_score(row.size_min, middle), _z_score(row.size_max, middle)
    shift = power * SIZE_SIGMA
    inside: float = (
        middle**power * exp(shift**2 / 2) * (_normal(high - shift) - _normal(low - shift))
    )
    below: float = row.size_min**power * _normal(low)
    above: float = row.size_max**power * _normal(-high)
    return below + inside + above


def _excess(row: HeadlineTable) -> float:
    return sum(_terms(row))


def _terms(row: HeadlineTable) -> Iterator[float]:
    for power in range(1, TERMS + 1):
        yield _sign_moment(row.sign, power) * size_moment(row, power) / factorial(power)


def _sign_moment(sign: JumpSign, power: int) -> int:
    if power % 2 == 0:
        return 1
    return {JumpSign.UP: 1, JumpSign.DOWN: -1, JumpSign.EITHER: 0}[sign]


def _mean(headlines: Sequence[HeadlineTable], values: Sequence[float]) -> float:
    weighted = sum(row.weight * value for row, value in zip(headlines, values, strict=True))
    return round(weighted / sum(row.weight for row in headlines), DIGITS)


def _z_score(bound: float, middle: float) -> float:
    return log(bound / middle) / SIZE_SIGMA if bound > 0 else -inf


def _normal(z: float) -> float:
    return 0.5 * erfc(-z / sqrt(2))
