"""What is done once for a game, however many gateways stand before it.

The gateway beside the pump is the steward: it takes accounts out of the market when no gateway has
a session of theirs any more, ends the keys whose overlap is over, and notes what service each team
had. The others tell it what they see, in notes over their link.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import MsgspecError, Struct
from msgspec.msgpack import Decoder, Encoder

from itg.gateway.service_notes import ServiceWatch
from itg.gateway.withdrawals import Absences
from itg.kernel.ids import AccountId
from itg.wire.v1.socket import CancelOnDisconnect

log = structlog.get_logger()
_encode = Encoder().encode


class Came(Struct, frozen=True, tag=True, array_like=True):
    """An account opened a session at the gateway that tells it."""

    account_id: AccountId


class Went(Struct, frozen=True, tag=True, array_like=True):
    """A session of an account ended there, and what it wished for that case."""

    account_id: AccountId
    wish: CancelOnDisconnect


class Present(Struct, frozen=True, tag=True, array_like=True):
    """How many sessions each account has there: said when the link begins, or begins again."""

    sessions: dict[AccountId, int]


class Served(Struct, frozen=True, tag=True, array_like=True):
    """Answers per account by latency, as `ServiceNote` counts them, since the last note."""

    counts: dict[AccountId, list[int]]


_decoder: Decoder[Came | Went | Present | Served] = Decoder(Came | Went | Present | Served)


class Steward:
    """The steward itself, beside the pump."""

    def __init__(self, absences: Absences, service: ServiceWatch) -> None:
        self._absences = absences
        self._service = service
        self._elsewhere: dict[str, Counter[AccountId]] = {}

    def come(self, account_id: AccountId) -> None:
        """Note a session of this gateway."""
        self._absences.come(account_id)

    def go(self, account_id: AccountId, wish: CancelOnDisconnect) -> None:
        """Note the end of a session of this gateway."""
        self._absences.go(account_id, wish)

    def see_present(self, _: Mapping[AccountId, int]) -> None:
        """Do nothing: what came here was noted as it came."""

    def serve(self, counts: Mapping[AccountId, Sequence[int]]) -> None:
        """Add what a gateway counted to the next note."""
        self._service.add(counts)

    def hear(self, door: str, body: bytes) -> None:
        """Take what another gateway tells."""
        try:
            told = _decoder.decode(body)
        except MsgspecError as error:
            log.warning("note_dropped", door=door, reason=str(error))
            return
        there = self._elsewhere.setdefault(door, Counter())
        match told:
            case Came():
                there[told.account_id] += 1
                self._absences.come(told.account_id)
            case Went():
                there[told.account_id] -= 1
                self._absences.go(told.account_id, told.wish)
            case Present():
                self._recount(door, Counter(told.sessions))
            case Served():
                self.serve(told.counts)

    def lose(self, door: str) -> None:
        """Take a gateway that is gone for one whose sessions all ended, as `quotes` wishes it."""
        self._recount(door, Counter())
        del self._elsewhere[door]

    def _recount(self, door: str, now: Counter[AccountId]) -> None:
        before = self._elsewhere.get(door, Counter())
        self._elsewhere[door] = now
        for account_id in (now - before).elements():
            self._absences.come(account_id)
        for account_id in (before - now).elements():
            self._absences.go(account_id, "quotes")


class RemoteSteward:
    """The steward as the other gateways see it: `tell` carries a note to where it is."""

    def __init__(self, tell: Callable[[bytes], None]) -> None:
        self._tell = tell

    def come(self, account_id: AccountId) -> None:
        """Tell of a new session."""
        self._tell(_encode(Came(account_id)))

    def go(self, account_id: AccountId, wish: CancelOnDisconnect) -> None:
        """Tell of a session's end."""
        self._tell(_encode(Went(account_id, wish)))

    def see_present(self, sessions: Mapping[AccountId, int]) -> None:
        """Tell all sessions there are: the steward may have forgotten us."""
        self._tell(_encode(Present(dict(sessions))))

    def serve(self, counts: Mapping[AccountId, Sequence[int]]) -> None:
        """Tell what was counted."""
        if counts:
            self._tell(_encode(Served({name: list(row) for name, row in counts.items()})))


AnySteward = Steward | RemoteSteward
