"""A round's facts out of a journal, and who is who in them.

A round begins with its `RoundStarted` and goes on until another one starts: corrections after the
close belong to it. Teams are numbered in the order of their first order or quote of the round,
which says nothing of who they are; names stand in only once the organizer has revealed them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from itg.exchange.contract import OrderAccepted, QuoteAccepted
from itg.game.contract import IdentitiesRevealed, RoundStarted, TeamRegistered, TeamReseated
from itg.kernel.ids import AccountId, Role, Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.codec import Codec
from itg.runtime.journal import FROM_START, Journal

_STARTED = RoundStarted.__name__.encode()
_IDENTITIES = tuple(
    kind.__name__.encode()
    for kind in (TeamRegistered, TeamReseated, RoundStarted, IdentitiesRevealed)
)
_ENTERING = (OrderAccepted, QuoteAccepted)


class Fact(NamedTuple):
    """One event, its number, the clocks when it happened, and the number of what caused it."""

    seq: Seq
    ts_ns: Nanos
    game_ns: Nanos
    event: Message
    cause_seq: Seq


def facts_of(
    journal: Journal, codec: Codec, round_id: int, kinds: Sequence[type[Message]] = ()
) -> Iterator[Fact]:
    """Return a round's facts in order; none if it never started.

    With `kinds`, rows without any of them are passed over: they are looked for, not decoded.
    """
    is_within = False
    names = [kind.__name__.encode() for kind in kinds]
    for row in journal.rows(FROM_START):
        is_wanted = is_within and (not names or any(name in row.body for name in names))
        if not is_wanted and _STARTED not in row.body:
            continue
        for record in codec.decode_records(row.body):
            seq, ts_ns, game_ns = record.seq, record.ts_ns, record.game_ns
            for place, event in enumerate(record.outputs, start=1):
                if isinstance(event, RoundStarted):
                    if is_within:
                        return
                    is_within = event.round_id == round_id
                if is_within:
                    yield Fact(Seq(seq + place), ts_ns, game_ns, event, seq)


class Identities:
    """Who takes part in a round: opaque numbers from 1, and names once they are revealed.

    `teams` are in the roles they had before it; whoever changes as it begins does so in its facts.
    """

    def __init__(self) -> None:
        self.is_revealed = False
        self._has_begun = False
        self.teams: dict[AccountId, Role] = {}
        self._names: dict[AccountId, str] = {}
        self._numbers: dict[AccountId, int] = {}

    @classmethod
    def of(cls, journal: Journal, codec: Codec, round_id: int) -> "Identities":
        """Return who is who in a round, as of the journal's end."""
        identities = cls()
        for row in journal.rows(FROM_START):
            if any(name in row.body for name in _IDENTITIES):
                for record in codec.decode_records(row.body):
                    identities._learn(record.outputs, round_id)
        identities._number(facts_of(journal, codec, round_id, _ENTERING))
        return identities

    def number(self, account_id: AccountId) -> int | None:
        """Return a participant's number; None for an account that sent nothing in the round."""
        return self._numbers.get(account_id)

    def name(self, account_id: AccountId) -> str:
        """Return a participant's name: the team's, or the account of the house's own."""
        assert self.is_revealed, "names leave once the organizer has revealed them"
        return self._names.get(account_id, account_id)

    def _learn(self, events: Iterable[Message], round_id: int) -> None:
        for event in events:
            if isinstance(event, TeamRegistered):
                self._names[event.account_id] = event.team_name
                self.teams[event.account_id] = event.role
            elif isinstance(event, TeamReseated) and not self._has_begun:
                self.teams[event.account_id] = event.role
            elif isinstance(event, RoundStarted):
                self._has_begun |= event.round_id == round_id
            elif isinstance(event, IdentitiesRevealed) and event.round_id == round_id:
                self.is_revealed = True

    def _number(self, facts: Iterable[Fact]) -> None:
        numbers = self._numbers
        for fact in facts:
            event = fact.event
            if isinstance(event, _ENTERING) and event.account_id not in numbers:
                numbers[event.account_id] = len(numbers) + 1
