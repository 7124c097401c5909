"""The chain of volatility regimes and the variance it lets one expect.

A scenario gives the transition matrix P of one regime step. Its generator is log(P) per second, so
a market step of dt seconds has the matrix exp(log(P)·dt / step), and every step length tells the
same story. Plain Python, three by three: a library's kernels differ from machine to machine in the
last bit, and a replay must not.
"""

from collections.abc import Callable, Sequence

from itg.market_data.contract import NewsModel

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_NEGLIGIBLE = 1e-18
_TERMS_MAX = 10_000
# Row-sum norm of generator × grid step below which five terms are exact to 1e-10.
_GRID_NORM = 0.05
_GRID_S_MAX = 60.0
_ORDER = 5


def generator(transition: Sequence[Sequence[float]], regime_step_s: float) -> Matrix:
    """Return the rates per second whose chain, seen each regime step, has this matrix.

    The logarithm is a power series around the identity, so each regime must stay with more than one
    half. A matrix without a generator gets the nearest one: negative rates become zero (Israel,
    Rosenthal, Wei 2001, "Finding generators for Markov chains via empirical transition matrices").
    """
    departure = _map(lambda i, j: IDENTITY[i][j] - transition[i][j])
    power, logarithm = departure, _scaled(departure, -1.0)
    for k in range(2, _TERMS_MAX):
        power = _product(power, departure)
        logarithm = _sum(logarithm, _scaled(power, -1.0 / k))
        if _norm(power) < _NEGLIGIBLE:
            break
    rates = _map(lambda i, j: max(0.0, logarithm[i][j]) / regime_step_s if i != j else 0.0)
    return _map(lambda i, j: rates[i][j] if i != j else -sum(rates[i]))


def expected_generator(rates: Matrix, news: NewsModel | None) -> Matrix:
    """Return the rates one expects who knows how often news shifts the regime, and where to.

    Q + rate × shift × (S − I), rows of S the `destinations`. News is taken to come at its mean rate
    at any time, whatever the hour.
    """
    if news is None:
        return rates
    shifts_per_s = news_per_second(news) * news.shift
    destinations = news.destinations
    return _map(lambda i, j: rates[i][j] + shifts_per_s * (destinations[i][j] - IDENTITY[i][j]))


def news_per_second(news: NewsModel) -> float:
    """Return the mean rate of news; a gap of 0 says that none comes by itself."""
    return 1.0 / news.mean_gap_s if news.mean_gap_s > 0 else 0.0


def step_matrix(rates: Matrix, dt_s: float) -> Matrix:
    """Return the transition matrix of `dt_s` seconds."""
    scaled = _scaled(rates, dt_s)
    if _norm(scaled) > 1.0:
        # The series would lose its digits to cancellation: halve, then square.
        half = step_matrix(rates, 0.5 * dt_s)
        return _product(half, half)
    term = total = IDENTITY
    for k in range(1, _TERMS_MAX):
        term = _scaled(_product(term, scaled), 1.0 / k)
        total = _sum(total, term)
        if _norm(term) < _NEGLIGIBLE:
            break
    return total


class ExpectedVariance:
    """The integral of expected variance over session time, by the regime it starts in.

    W(s) = ∫₀ˢ exp(Qu)·v du obeys W' = v + QW; rows of W stand on a grid and a Taylor series reaches
    between them. Rows are added as they are asked for and hold no state of the game.
    """

    __slots__ = ("_grid_s", "_rates", "_rows", "_variances")

    def __init__(self, rates: Matrix, volatilities: Vector) -> None:
        norm = _norm(rates)
        self._grid_s = _GRID_S_MAX if norm == 0 else min(_GRID_S_MAX, _GRID_NORM / norm)
        self._rates = rates
        self._variances: Vector = tuple(v * v for v in volatilities)  # type: ignore[assignment]  # three
        self._rows: list[Vector] = [(0.0, 0.0, 0.0)]

    def over(self, seconds: float) -> Vector:
        """Return W(`seconds`), annual variance × seconds."""
        index = int(seconds / self._grid_s)
        rows = self._rows
        while len(rows) <= index:
            rows.append(self._onward(rows[-1], self._grid_s))
        return self._onward(rows[index], seconds - index * self._grid_s)

    def at_end(self, w: Vector) -> Vector:
        """Return the expected annual variance at the end of the time that `over` gave `w` for."""
        (a0, a1, a2), (b0, b1, b2), (c0, c1, c2) = self._rates
        v0, v1, v2 = self._variances
        w0, w1, w2 = w
        return (
            v0 + a0 * w0 + a1 * w1 + a2 * w2,
            v1 + b0 * w0 + b1 * w1 + b2 * w2,
            v2 + c0 * w0 + c1 * w1 + c2 * w2,
        )

    def _onward(self, w: Vector, seconds: float) -> Vector:
        (a0, a1, a2), (b0, b1, b2), (c0, c1, c2) = self._rates
        w0, w1, w2 = w
        d0, d1, d2 = self.at_end(w)
        scale = seconds
        for order in range(2, _ORDER + 2):
            w0, w1, w2 = w0 + scale * d0, w1 + scale * d1, w2 + scale * d2
            d0, d1, d2 = (
                a0 * d0 + a1 * d1 + a2 * d2,
                b0 * d0 + b1 * d1 + b2 * d2,
                c0 * d0 + c1 * d1 + c2 * d2,
            )
            scale *= seconds / order
        return w0, w1, w2


def _map(entry: Callable[[int, int], float]) -> Matrix:
    rows = [(entry(i, 0), entry(i, 1), entry(i, 2)) for i in range(3)]
    return rows[0], rows[1], rows[2]


def _product(a: Matrix, b: Matrix) -> Matrix:
    return _map(lambda i, j: a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j])


def _scaled(a: Matrix, factor: float) -> Matrix:
    return _map(lambda i, j: a[i][j] * factor)


def _sum(a: Matrix, b: Matrix) -> Matrix:
    return _map(lambda i, j: a[i][j] + b[i][j])


def _norm(a: Matrix) -> float:
    return max(sum(abs(entry) for entry in row) for row in a)
