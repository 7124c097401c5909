"""A publication as bytes: encoded once, whoever gets it."""

from msgspec import Struct

from itg.gateway.calls import encode
from itg.kernel.times import to_micros
from itg.runtime.clock import Clock
from itg.wire.v1.orders import Body
from itg.wire.v1.socket import Push

PRIVATE = "private"
SIGNALS = "signals"
SCORES = "scores"
# Counted by the services that own them: they never restart.
PRIVATE_EPOCH = 1
LASTING = frozenset({PRIVATE, SIGNALS})


class Fact(Struct, frozen=True, gc=False):
    """What a channel says: type, data, wall and game time in microseconds.

    `is_merged`: it stands for several publications.
    """

    kind: str
    data: Body
    times_us: tuple[int, int]
    is_merged: bool = False


class Framer:
    """Encodes the frames of one gateway; `epoch` is that of all channels that restart."""

    def __init__(self, epoch: int, clock: Clock) -> None:
        self.epoch = epoch
        self._clock = clock

    def present(self, kind: str, data: Body) -> Fact:
        """Return a fact of this moment."""
        times_us = to_micros(self._clock.wall_ns()), to_micros(self._clock.game_ns())
        return Fact(kind, data, times_us)

    def frame(self, channel: str, seq: int, fact: Fact, first_seq: int = 0) -> bytes:
        """Return a frame; with a `first_seq` it stands for all publications from there on."""
        return encode(
            Push(
                channel=channel,
                type=fact.kind,
                seq=seq,
                epoch=PRIVATE_EPOCH if channel in LASTING else self.epoch,
                ts_us=fact.times_us[0],
                game_us=fact.times_us[1],
                data=fact.data,
                conflated=first_seq > 0,
                first_seq=first_seq,
            )
        )
