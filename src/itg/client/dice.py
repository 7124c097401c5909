"""Seeded dice for bots and back-off: equal seeds, equal draws, on every machine."""

_MASK = 2**64 - 1


class Dice:
    """A SplitMix64 generator (Steele, Lea & Flood 2014); not for secrets."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def bits(self) -> int:
        """Draw 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Draw a number of [low, high)."""
        return low + (high - low) * (self.bits() >> 11) * 2.0**-53

    def below(self, count: int) -> int:
        """Draw one of 0 … count − 1."""
        return self.bits() * count >> 64
