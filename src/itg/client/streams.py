"""Where each channel stands: what is next, what came twice, what is missing.

`seq` counts without a gap within (channel, epoch); a conflated frame stands for all numbers from
its `first_seq` on. A snapshot sets the position whatever it was before. `private` and `signals`
never restart, so their positions outlive a connection and are where to resume.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, unique

from itg.client.frames import Frame
from itg.wire.v1.socket import ResumePoint

PRIVATE = "private"
SYSTEM = "system"
LASTING = (PRIVATE, "signals")
BOOK = "book."
# Types that say something about the channel instead of being counted in it.
UNCOUNTED = frozenset({"resume.too_old"})


@unique
class Verdict(Enum):
    """What to do with a frame."""

    DELIVER = "deliver"
    DUPLICATE = "duplicate"
    GAP = "gap"  # resynchronize the channel; this frame is not to be delivered
    WAIT = "wait"  # a resynchronization is under way and this frame does not end it


class Position:
    """Where one channel stands."""

    __slots__ = ("epoch", "is_known", "is_resyncing", "seq")

    def __init__(self) -> None:
        self.epoch = 0
        self.seq = 0
        self.is_known = False
        self.is_resyncing = False

    def move(self, epoch: int, seq: int) -> None:
        self.epoch, self.seq = epoch, seq
        self.is_known, self.is_resyncing = True, False


class Streams:
    """The positions of all channels of one session."""

    def __init__(self) -> None:
        self._positions: dict[str, Position] = {}

    def admit(self, frame: Frame) -> Verdict:
        """Judge a channel's next frame; move the position when it is to be delivered."""
        if frame.channel == SYSTEM or frame.type in UNCOUNTED:
            return Verdict.DELIVER
        position = self._positions.setdefault(frame.channel, Position())
        if frame.type == "snapshot" or not (position.is_known or position.is_resyncing):
            position.move(frame.epoch, frame.seq)
            return Verdict.DELIVER
        if frame.epoch == position.epoch:
            first_seq = frame.first_seq if frame.conflated else frame.seq
            if first_seq <= position.seq + 1 and frame.seq > position.seq:
                position.move(frame.epoch, frame.seq)
                return Verdict.DELIVER
            if frame.seq <= position.seq:
                return Verdict.DUPLICATE
        if position.is_resyncing:
            return Verdict.WAIT
        position.is_resyncing = True
        return Verdict.GAP

    def start(self, channels: Mapping[str, ResumePoint]) -> None:
        """Take the positions a `subscribe` answer names, for channels not yet heard of."""
        for channel, point in channels.items():
            position = self._positions.setdefault(channel, Position())
            if not position.is_known:
                position.move(point.epoch, point.seq)

    def skip(self, channel: str, last_seq: int) -> bool:
        """Accept an announced loss; False: it breaks a book, now marked for a new start."""
        position = self._positions.get(channel)
        if position is None or not position.is_known or position.is_resyncing:
            return True
        if channel.startswith(BOOK):
            position.is_resyncing = True
            return False
        position.seq = max(position.seq, last_seq)
        return True

    def behind(self, last_seqs: Mapping[str, int]) -> list[str]:
        """Return the channels that a heartbeat shows ahead of us, now marked for a new start."""
        late: list[str] = []
        for channel, seq in last_seqs.items():
            position = self._positions.get(channel)
            if position is None or not position.is_known or position.is_resyncing:
                continue
            if seq > position.seq and channel != SYSTEM:
                position.is_resyncing = True
                late.append(channel)
        return late

    def resume_points(self, channels: Iterable[str]) -> dict[str, ResumePoint]:
        """Return where to resume those of the channels that can resume."""
        wanted = [*channels]
        return {
            name: ResumePoint(epoch=position.epoch, seq=position.seq)
            for name, position in self._positions.items()
            if name in LASTING and name in wanted and position.is_known
        }

    def disconnect(self) -> None:
        """Forget every position a new connection restarts; what never does keeps its own."""
        self._positions = {n: p for n, p in self._positions.items() if n in LASTING}
        for position in self._positions.values():
            position.is_resyncing = False

    def forget(self, channels: Iterable[str]) -> None:
        """Drop channels that were unsubscribed."""
        for channel in channels:
            self._positions.pop(channel, None)

    def seq_of(self, channel: str) -> int:
        """Return the last seq delivered, 0 before the first."""
        position = self._positions.get(channel)
        return position.seq if position is not None else 0
