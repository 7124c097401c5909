"""Seeded dice for tests that draw by the million; the game's own counter-based dice are slower."""

from random import Random as Dice  # noqa: TID251 - the one place where tests may

from numpy.random import Generator, Philox  # noqa: TID251 - the one place where tests may

__all__ = ["ArrayDice", "Dice"]


class ArrayDice(Generator):
    """Dice that fill whole arrays."""

    def __init__(self, seed: int) -> None:
        super().__init__(Philox(seed))
