"""The named streams signals are drawn from."""

from collections.abc import Mapping

from itg.kernel.rng import Rng

# Every JSON parser reads an integer below 2**53 exactly.
_ID_BITS = 53


class Dice:
    """Streams by name, made when first asked for; their counters are state."""

    __slots__ = ("_root", "_streams")

    def __init__(self, seed: int, counters: Mapping[str, int]) -> None:
        self._root = Rng(seed, "signals")
        self._streams: dict[str, Rng] = {}
        for name, counter in counters.items():
            self[name].counter = counter

    def __getitem__(self, name: str) -> Rng:
        if name not in self._streams:
            self._streams[name] = self._root.fork(name)
        return self._streams[name]

    def draw_id(self, name: str) -> int:
        """Draw a signal's id: it tells neither what the signal is about nor how many came before.

        Of 10,000 ids two are equal with a chance of 6e-9.
        """
        return self[f"{name}.id"].bits64() >> (64 - _ID_BITS)

    def counters(self) -> dict[str, int]:
        return {name: stream.counter for name, stream in self._streams.items()}
