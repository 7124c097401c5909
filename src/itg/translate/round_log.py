"""What concerned a team in a round, line by line: its mailbox, its role's signals, its own scores.

Everything is told as it was on the team's sockets; of others it says what the team was told then.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, to_builtins
from msgspec.json import Encoder

from itg.game.contract import RoundScored, TeamReseated
from itg.kernel.ids import AccountId, Role
from itg.kernel.messages import Event, Message
from itg.kernel.times import to_micros
from itg.positions.contract import PrivateEvent
from itg.signals.contract import AnySignal
from itg.translate.account import private_push
from itg.translate.round_facts import Fact
from itg.translate.signals import signal_push

_encode: Final = Encoder().encode
_GAME: Final = "itg.game.contract"


class LogLine(Struct, frozen=True, gc=False, kw_only=True):
    """One line; `seq` counts within the channel."""

    seq: int
    ts_us: int
    game_us: int
    channel: str
    type: str
    data: object


class RoundLogs:
    """The logs of all accounts, made in one pass over a round's facts.

    `roles` are those before the round: teams that change theirs as it begins are seen to.
    """

    def __init__(self, roles: dict[AccountId, Role]) -> None:
        self.lines: dict[AccountId, list[bytes]] = {account_id: [] for account_id in roles}
        self._roles = dict(roles)
        self._numbers: dict[tuple[AccountId, str], int] = {}

    def add(self, facts: Iterable[Fact]) -> "RoundLogs":
        """Take in facts, in order."""
        for fact in facts:
            event = fact.event
            if isinstance(event, PrivateEvent):
                self._add_private(fact, event)
            elif isinstance(event, AnySignal):
                word, data = signal_push(event, fact.game_ns)
                line = self._line(fact, event.signal_seq, "signals", word, data)
                for account_id, role in self._roles.items():
                    if role == event.role:
                        self.lines[account_id].append(line)
            elif type(event).__module__.startswith(_GAME):
                self._add_game(fact, event)
        return self

    def _add_private(self, fact: Fact, event: PrivateEvent) -> None:
        lines = self.lines.get(event.account_id)
        if lines is not None:
            kind, data = private_push(event)
            lines.append(self._line(fact, event.private_seq, "private", kind, data))

    def _add_game(self, fact: Fact, event: Message) -> None:
        if isinstance(event, RoundScored):
            for score in event.scores.teams:
                self._put_own(fact, score.account_id, "scores", "score", score)
            return
        if isinstance(event, TeamReseated):
            self._roles[event.account_id] = event.role
        account_id = getattr(event, "account_id", None)
        if isinstance(event, Event) and account_id is not None:
            self._put_own(fact, account_id, "game", type(event).__name__, event)

    def _put_own(
        self, fact: Fact, account_id: AccountId, channel: str, kind: str, data: Struct
    ) -> None:
        lines = self.lines.get(account_id)
        if lines is not None:
            number = self._numbers[account_id, channel] = (
                self._numbers.get((account_id, channel), 0) + 1
            )
            lines.append(self._line(fact, number, channel, kind, data))

    def _line(self, fact: Fact, seq: int, channel: str, kind: str, data: Struct) -> bytes:
        line = LogLine(
            seq=seq,
            ts_us=to_micros(fact.ts_ns),
            game_us=to_micros(fact.game_ns),
            channel=channel,
            type=kind,
            data=to_builtins(data) if channel == "game" else data,
        )
        return _encode(line)
