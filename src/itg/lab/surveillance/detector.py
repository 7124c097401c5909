"""What all detectors share: the tape they hear, their cases, the day's end."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence

from itg.kernel.ids import AccountId, InstrumentId, UnderlyingId
from itg.kernel.times import Nanos
from itg.lab.surveillance.cases import CaseKind, Dossiers
from itg.lab.surveillance.tape import Ears, Tape

KEPT = 512  # of anything kept by account, pair or instrument within a window


class Detector(Ears, ABC):
    """A state machine over the tape's facts; `begin_day` makes it new."""

    kind: CaseKind

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.dossiers = Dossiers(self.kind)
        self.reset()

    def begin_day(self) -> None:
        """Forget everything: each trading day is looked at alone."""
        self.dossiers = Dossiers(self.kind)
        self.reset()

    @abstractmethod
    def reset(self) -> None:
        """Begin with nothing seen."""

    def hear_jump(self, underlying_id: UnderlyingId, now: Nanos) -> None:
        """Hear that the jump guard opened."""

    def hear_close(self, instrument_ids: Sequence[InstrumentId], now: Nanos) -> None:
        """Hear that these close; their books are still as they were."""


class Volume:
    """Contracts an account traded in an instrument within a window of game time."""

    def __init__(self, window_ns: Nanos) -> None:
        self._window_ns = window_ns
        self._trades: deque[tuple[Nanos, int]] = deque(maxlen=KEPT)
        self.contracts = 0

    def add(self, now: Nanos, contracts: int) -> None:
        """Count a trade and forget those before the window."""
        trades = self._trades
        if len(trades) == KEPT:
            self.contracts -= trades[0][1]
        trades.append((now, contracts))
        self.contracts += contracts
        while trades[0][0] < now - self._window_ns:
            self.contracts -= trades.popleft()[1]


Place = tuple[AccountId, InstrumentId]
