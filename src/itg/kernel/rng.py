"""Counter-based dice: every draw is a pure function of (seed, stream name, counter).

Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
One counter is one draw, so a draw added to one stream moves no other, and a stream's state is one
integer. Normals come from the inverse CDF, one uniform each: rejection methods would use a varying
number of draws.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from math import log, sqrt
from typing import TypeVar

T = TypeVar("T")

_MASK32 = 0xFFFFFFFF
_MULTIPLIER_0 = 0xD2511F53
_MULTIPLIER_1 = 0xCD9E8D57
_WEYL_0 = 0x9E3779B9
_WEYL_1 = 0xBB67AE85
_ROUNDS = 10
_TO_UNIT = 1.0 / (1 << 53)


def philox4x32(
    counter: tuple[int, int, int, int], key: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of one Philox4x32-10 block."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(_ROUNDS):
        product_0 = c0 * _MULTIPLIER_0
        product_1 = c2 * _MULTIPLIER_1
        c0, c1, c2, c3 = (
            (product_1 >> 32) ^ c1 ^ k0,
            product_1 & _MASK32,
            (product_0 >> 32) ^ c3 ^ k1,
            product_0 & _MASK32,
        )
        k0 = (k0 + _WEYL_0) & _MASK32
        k1 = (k1 + _WEYL_1) & _MASK32
    return c0, c1, c2, c3


class Rng:
    """A named stream of draws; `counter` is its whole state."""

    __slots__ = ("_key", "counter", "name", "seed")

    def __init__(self, seed: int, name: str, counter: int = 0) -> None:
        digest = sha256(f"{seed}/{name}".encode()).digest()
        self._key = (int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little"))
        self.seed = seed
        self.name = name
        self.counter = counter

    def fork(self, name: str) -> "Rng":
        """Return an independent stream named `parent.name`, at its first draw."""
        return Rng(self.seed, f"{self.name}.{name}")

    def bits64(self) -> int:
        """Draw 64 uniform bits."""
        n = self.counter
        self.counter = n + 1
        block = philox4x32((n & _MASK32, n >> 32, 0, 0), self._key)
        return block[0] | block[1] << 32

    def uniform(self) -> float:
        """Draw from the open interval (0, 1), 53 bits, never 0 or 1."""
        return ((self.bits64() >> 11) + 0.5) * _TO_UNIT

    def below(self, bound: int) -> int:
        """Draw an integer in [0, bound); the bias is under bound / 2**64."""
        assert bound > 0
        return self.bits64() * bound >> 64

    def normal(self) -> float:
        """Draw from the standard normal distribution."""
        return normal_quantile(self.uniform())

    def exponential(self, mean: float) -> float:
        """Draw from the exponential distribution with the given mean."""
        return -mean * log(self.uniform())

    def choose(self, weights: "tuple[float, ...] | list[float]") -> int:
        """Draw an index with probability proportional to its weight."""
        target = self.uniform() * sum(weights)
        for index, weight in enumerate(weights):
            target -= weight
            if target < 0:
                return index
        return len(weights) - 1

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """Return the items in a drawn order (Fisher and Yates 1938), one draw each but one."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            chosen = self.below(last + 1)
            order[last], order[chosen] = order[chosen], order[last]
        return order


class Streams(dict[str, Rng]):
    """A service's named streams, all of one seed; their counters are its state."""

    def __init__(self, root: Rng, names: Iterable[str], counters: Mapping[str, int]) -> None:
        super().__init__({name: root.fork(name) for name in names})
        for name, counter in counters.items():
            self[name].counter = counter

    def counters(self) -> dict[str, int]:
        """Return where each stream stands."""
        return {name: stream.counter for name, stream in self.items()}


def _ratio(numerator: tuple[float, ...], denominator: tuple[float, ...], x: float) -> float:
    above = below = 0.0
    for a, b in zip(numerator, denominator, strict=True):
        above = above * x + a
        below = below * x + b
    return above / below


_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
     4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
     1.3314166789178437745e2, 3.3871328727963666080e0),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
     2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
     4.2313330701600911252e1, 1.0),
)  # fmt: skip
_MIDDLE = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
     1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
     4.63033784615654529590e0, 1.42343711074968357734e0),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
     1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
     2.05319162663775882187e0, 1.0),
)  # fmt: skip
_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
     5.46378491116411436990e0, 6.65790464350110377720e0),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
     7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
     5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def normal_quantile(p: float) -> float:
    """Return the standard normal quantile of `p` in (0, 1), relative error about 1e-16.

    Algorithm AS 241, routine PPND16 (Wichura 1988, Applied Statistics 37, 477-484).
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(*_CENTRE, 0.180625 - q * q)
    r = sqrt(-log(p if q < 0 else 1.0 - p))
    value = _ratio(*_MIDDLE, r - 1.6) if r <= 5.0 else _ratio(*_TAIL, r - 5.0)
    return -value if q < 0 else value
