"""What each role was told, and how often it was true."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from msgspec import Struct, field
from msgspec.msgpack import Decoder, Encoder
from msgspec.structs import replace

from itg.kernel.ids import Role
from itg.kernel.times import Nanos
from itg.kernel.words import VolRegime
from itg.signals.contract import (
    AccuracyRow,
    AlphaSignaled,
    SignalItem,
    SignalJudged,
    SignalKind,
    TrackingSignaled,
    VolatilitySignaled,
)

KEPT_MAX = 10_000
# A signal is made once, for nobody, and then addressed to each role.
NOBODY = Role("")
# What was told never changes: kept encoded, 10,000 of them cost a snapshot a tenth of the time.
_ENCODER = Encoder()
_DECODER = Decoder(SignalItem)
_KINDS = tuple(SignalKind)
_REGIMES = tuple(VolRegime)
S = TypeVar("S", VolatilitySignaled, TrackingSignaled, AlphaSignaled)


class Given(Struct):
    """A signal that waits for its truth."""

    signal_id: int
    regime: VolRegime
    predicted: str
    band: int = 0


class Awaited(Struct):
    """A given signal whose truth is seen at a horizon; `start` is what it began from."""

    given: Given
    horizon_ns: Nanos
    start: int


class Mailbox(Struct):
    """The last signals of one role."""

    last_seq: int = 0
    items: list[bytes] = field(default_factory=list)

    def keep(self, item: SignalItem) -> None:
        self.last_seq += 1
        self.items.append(_ENCODER.encode(item))
        if len(self.items) > KEPT_MAX:
            del self.items[0]

    def after(self, seq: int, count: int) -> list[SignalItem]:
        first_seq = self.last_seq - len(self.items) + 1
        start = max(seq + 1 - first_seq, 0)
        return [_DECODER.decode(item) for item in self.items[start : start + max(count, 0)]]


class Tally(Struct):
    """Counts of one kind, role, regime and band."""

    kind: SignalKind
    role: Role
    regime: VolRegime
    band: int
    judged: int = 0
    correct: int = 0


class Record(Struct):
    """All mailboxes and counts."""

    mailboxes: dict[Role, Mailbox] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)

    def give(self, now: Nanos, roles: Iterable[Role], signal: S) -> list[S]:
        """Address a signal to each role, numbered in that role's own sequence."""
        addressed = []
        for role in roles:
            mailbox = self.mailboxes.setdefault(role, Mailbox())
            told = replace(signal, role=role, signal_seq=mailbox.last_seq + 1)
            mailbox.keep(SignalItem(signaled_ns=now, signal=told))
            addressed.append(told)
        return addressed

    def judge(
        self, kind: SignalKind, roles: Sequence[Role], given: Given, truth: str
    ) -> SignalJudged:
        """Count one signal for every role that had it, and tell its truth once."""
        is_correct = given.predicted == truth
        for role in roles:
            tally = self._tally(kind, role, given)
            tally.judged += 1
            tally.correct += is_correct
        return SignalJudged(
            signal_id=given.signal_id,
            kind=kind,
            regime=given.regime,
            predicted=given.predicted,
            truth=truth,
            is_correct=is_correct,
        )

    def accuracy(self) -> tuple[AccuracyRow, ...]:
        """Return the counts by kind, role, regime and band."""
        return tuple(
            AccuracyRow(
                kind=tally.kind,
                role=tally.role,
                regime=tally.regime,
                band=tally.band,
                judged=tally.judged,
                correct=tally.correct,
            )
            for tally in sorted(self.tallies, key=_place)
        )

    def _tally(self, kind: SignalKind, role: Role, given: Given) -> Tally:
        for tally in self.tallies:
            if (tally.kind, tally.role, tally.regime, tally.band) == (
                kind,
                role,
                given.regime,
                given.band,
            ):
                return tally
        self.tallies.append(Tally(kind=kind, role=role, regime=given.regime, band=given.band))
        return self.tallies[-1]


def _place(tally: Tally) -> tuple[int, Role, int, int]:
    return _KINDS.index(tally.kind), tally.role, _REGIMES.index(tally.regime), tally.band
