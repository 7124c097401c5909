"""What is kept of how a round was served; bounded, whatever is noted."""

from collections.abc import Sequence

from msgspec import Struct, field

from itg.game.contract import AccountService, ServiceNote, SocketsNoted
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos

ROUNDS_KEPT = 2
CHANGES_MAX = 500  # of an account's sockets in one round; later ones are not told apart


class Served(Struct):
    """One account's sums."""

    notes: int = 0
    connected: int = 0
    changes: list[SocketsNoted] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def add(self, now: Nanos, note: ServiceNote) -> None:
        """Count one note."""
        self.notes += 1
        self.connected += note.sockets > 0
        known = self.changes[-1].sockets if self.changes else None
        if note.sockets != known and len(self.changes) < CHANGES_MAX:
            self.changes.append(SocketsNoted(now, note.sockets))
        if note.counts:
            kept = self.counts or [0] * len(note.counts)
            self.counts = [one + more for one, more in zip(kept, note.counts, strict=True)]


class Serving(Struct):
    """The rounds that are kept, by number, oldest first."""

    rounds: dict[int, dict[AccountId, Served]] = field(default_factory=dict)

    def note(self, round_id: int, now: Nanos, notes: Sequence[ServiceNote]) -> None:
        """Count a minute's notes to a round."""
        served = self.rounds.setdefault(round_id, {})
        if len(self.rounds) > ROUNDS_KEPT:
            del self.rounds[next(iter(self.rounds))]
        for note in notes:
            served.setdefault(note.account_id, Served()).add(now, note)

    def accounts(self, round_id: int) -> tuple[AccountService, ...]:
        """Return what is kept of a round."""
        return tuple(
            AccountService(
                account_id=account_id,
                notes=one.notes,
                connected=one.connected,
                changes=tuple(one.changes),
                counts=tuple(one.counts),
            )
            for account_id, one in self.rounds.get(round_id, {}).items()
        )
