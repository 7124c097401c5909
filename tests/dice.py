"""Seeded dice for tests that draw by the million; the game's own counter-based dice are slower."""

from random import Random as Dice  # noqa: TID251 - the one place where tests may

__all__ = ["Dice"]
