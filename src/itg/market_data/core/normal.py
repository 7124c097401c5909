"""The tails of the normal distribution, for whole arrays and to the last bits.

numpy has no error function, and every option value is two of them. What is wanted is a tail
without cancellation, however far out, at a price that does not grow with the number of branches.
So one formula serves the whole half line: with the bell exp(−u²/2) taken out, what is left of

    Q(u) = exp(−u²/2) · M(u),    M(u) = ½·exp(u²/2)·erfc(u/√2),

is smooth, between ½ and 1/(u·√(2π)), and a quotient of polynomials of degree 10 and 11 meets it on
0 ≤ u ≤ 39, below which the tail is no longer a normal number, to 2.3e-18 of its value. The form is
Cody's (1969, "Rational Chebyshev approximations for the error function", Math. Comp. 23, there in
three pieces); the coefficients are our own, by Remez's exchange in 50 digits. All are
positive, so the polynomials lose nothing to cancellation; tests hold the tail to math.erfc.

Nothing here depends on where in an array a number stands: what is computed for a strike does not
change with its neighbours.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Rising powers of u.
_ABOVE = (
    0.5,
    0.82558222251729458067,
    0.67586606671170994432,
    0.35439463848960681079,
    0.13056863788803718912,
    0.035154057517394137415,
    0.0069946593806999392815,
    0.0010167252519465870221,
    0.00010370290154852979321,
    6.7474245329953064417e-6,
    2.151602736096940465e-7,
    0.0,
)
_BELOW = (
    1.0,
    2.4490490058374544972,
    2.8057905238307312757,
    1.9889232341396442558,
    0.97152595180510085418,
    0.34430554692506546727,
    0.09063288054016252012,
    0.017791876937245449878,
    0.002565465549385392827,
    0.00026048395200503157821,
    0.000016913285115374442675,
    5.3932682540727744915e-7,
)
# Even and odd powers apart, above and below: four sums in u² at once, half the steps.
_SUMS = np.array(
    [[_ABOVE[n], _BELOW[n], _ABOVE[n + 1], _BELOW[n + 1]] for n in range(len(_ABOVE) - 2, -1, -2)]
)
_MINUS_HALF = np.array(-0.5)
# Beyond it the bell is 0; what lies farther is taken as if it stood here.
_END = np.array(40.0)


class Mills:
    """M(u) for arrays of one length, which its coefficients are laid out for."""

    __slots__ = ("_coefficients",)

    def __init__(self, count: int) -> None:
        self._coefficients = list(np.repeat(_SUMS, count).reshape(*_SUMS.shape, count))

    def of(self, u: Floats) -> Floats:
        """Return ½·exp(u²/2)·erfc(u/√2) of each u ≥ 0."""
        first, *others = self._coefficients
        squares = np.empty_like(first)
        squares[:] = u * u
        sums = first
        for coefficients in others:
            sums = sums * squares
            sums += coefficients
        even, odd = sums[:2], sums[2:]
        above, below = even + odd * u
        quotient: Floats = above / below
        return quotient


def bell(u: Floats) -> Floats:
    """Return exp(−u²/2) to an ulp or two, for u above −40.

    The square of u to 24 bits is exact and what it leaves out is small (the device is Cody's).
    """
    u = np.minimum(u, _END)
    coarse = u.astype(np.float32).astype(np.float64)
    rest = (u - coarse) * (u + coarse)
    whole: Floats = np.exp(coarse * coarse * _MINUS_HALF)
    whole *= np.exp(rest * _MINUS_HALF)
    return whole
