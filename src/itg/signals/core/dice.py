"""The named streams signals are drawn from."""

from collections.abc import Mapping

from itg.kernel.rng import Rng, Streams

# Every JSON parser reads an integer below 2**53 exactly.
_ID_BITS = 53


class Dice(Streams):
    """Streams by name, made when first asked for; their counters are state."""

    def __init__(self, seed: int, counters: Mapping[str, int]) -> None:
        self._root = Rng(seed, "signals")
        super().__init__(self._root, (), counters)

    def __missing__(self, name: str) -> Rng:
        """Make a stream."""
        stream = self[name] = self._root.fork(name)
        return stream

    def draw_id(self, name: str) -> int:
        """Draw a signal's id: it tells neither what the signal is about nor how many came before.

        Of 10,000 ids two are equal with a chance of 6e-9.
        """
        return self[f"{name}.id"].bits64() >> (64 - _ID_BITS)
