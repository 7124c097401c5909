"""Seeded dice that every interpreter has; the game's own are not installed beside the peers."""

from random import Random as Dice  # noqa: TID251 - the one place where these benchmarks may

__all__ = ["SEED", "Dice"]

SEED = 7  # of every stream and game that is measured
