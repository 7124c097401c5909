"""The organizer's hand on teams, keys, roles and rounds: commands, events, reads."""

from msgspec import Raw, Struct

from itg.game.contract.acts import KeyIssuer, OrganizerAct
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId, Role, TeamId
from itg.kernel.messages import Event, Query, Reply
from itg.kernel.money import Cash, Price
from itg.kernel.times import Nanos


class TeamRow(Struct, frozen=True, gc=False, kw_only=True):
    """One team of a roster, with the digest of the key drawn for it."""

    team_name: str
    role: Role
    key_hash: str


class ImportTeams(OrganizerAct, frozen=True, kw_only=True):
    """Register a roster in its order, all of it or nothing.

    Answered by one `TeamRegistered` a row, or by `TeamsImportRejected`.
    """

    rows: tuple[TeamRow, ...]


class RotateKey(OrganizerAct, frozen=True, kw_only=True):
    """Give a team a new key.

    The old ones work until `RetireKey`: at once where `retires_wall_ns` is None, else when the
    gateway's clock has reached it, or an earlier rotation's end. It is wall time, because game time
    stands between rounds and in a pause, and a key that was lost must not wait for the next round.
    With an `issuer` the key stands beside the others and ends none; it ends when its issuer's does,
    and is refused if that one works no more.
    """

    team_id: TeamId
    key_hash: str
    retires_wall_ns: int | None = None
    issuer: KeyIssuer | None = None


class RetireKey(OrganizerAct, frozen=True, kw_only=True):
    """Let a team's key work no more, None: any of its keys; one that is gone changes nothing."""

    team_id: TeamId
    key_number: int | None = None


class SuspendTeam(OrganizerAct, frozen=True, kw_only=True):
    """Cancel a team's orders and quotes and refuse new ones; it still reads."""

    team_id: TeamId


class ResumeTeam(OrganizerAct, frozen=True, kw_only=True):
    """Let a suspended team trade again."""

    team_id: TeamId


class AdjustTeam(OrganizerAct, frozen=True, kw_only=True):
    """Correct a team's cash, or its contracts at a price, which the house takes the other side of.

    Signed: positive comes to the team.
    """

    team_id: TeamId
    cash: Cash = Cash(0)
    instrument_id: InstrumentId | None = None
    quantity: int = 0
    price: Price = Price(0)


class SendMessage(OrganizerAct, frozen=True, kw_only=True):
    """Tell a team something, or all (None)."""

    text: str
    team_id: TeamId | None = None


class ExtendRound(OrganizerAct, frozen=True, kw_only=True):
    """Let the round under way close later, by so much game time; series expire with the close."""

    round_id: int
    extend_ns: Nanos


class ChangeRole(OrganizerAct, frozen=True, kw_only=True):
    """Replace a role's rules; the next order of its teams is judged by them.

    `change` is the command to the service that judges, in MessagePack, as in `CreateGame.setup`.
    """

    role: Role
    change: Raw


class RowFault(Struct, frozen=True, gc=False, kw_only=True):
    """Why a roster's row is refused; rows count from 0."""

    row: int
    refusal: Refusal


class TeamsImportRejected(Event, frozen=True, kw_only=True):
    """A roster was refused, every bad row named; nobody was registered."""

    faults: tuple[RowFault, ...]


class KeyRotated(Event, frozen=True, kw_only=True):
    """A team has another key; the `retiring` ones stop at an instant of wall time at the latest.

    The other key may be one of them.
    """

    team_id: TeamId
    account_id: AccountId
    key_number: int
    retiring: tuple[int, ...] = ()
    retires_wall_ns: int | None = None


class KeyRetired(Event, frozen=True, kw_only=True):
    """These keys of a team work no more: its sockets that came with them end."""

    team_id: TeamId
    account_id: AccountId
    key_numbers: tuple[int, ...]


class TeamSuspended(Event, frozen=True, kw_only=True):
    """A team's orders are refused."""

    team_id: TeamId
    account_id: AccountId


class TeamResumed(Event, frozen=True, kw_only=True):
    """A team trades again."""

    team_id: TeamId
    account_id: AccountId


class TeamReseated(Event, frozen=True, kw_only=True):
    """A team begins a round anew, in this role."""

    team_id: TeamId
    account_id: AccountId
    role: Role
    previous_role: Role


class MessageSent(Event, frozen=True, kw_only=True):
    """An organizer told a team something, or all (no account); `message_id` counts from 1."""

    message_id: int
    text: str
    team_id: TeamId | None = None
    account_id: AccountId | None = None


class RoundExtended(Event, frozen=True, kw_only=True):
    """A round closes later."""

    round_id: int
    session_end_ns: Nanos
    end_ns: Nanos | None


class GetSchedule(Query, frozen=True, kw_only=True):
    """Read who plays what in each round."""


class Seat(Struct, frozen=True, gc=False, array_like=True):
    """A team's role in a round."""

    team_id: TeamId
    role: Role


class ScheduledRound(Struct, frozen=True, gc=False, kw_only=True):
    """One round's seats in registration order."""

    round_id: int
    trading_day: str
    is_scored: bool
    seats: tuple[Seat, ...]


class Schedule(Reply, frozen=True, kw_only=True):
    """The rounds in order; those still to come with the teams there are now."""

    rounds: tuple[ScheduledRound, ...]


class GetMessages(Query, frozen=True, kw_only=True):
    """Read what organizers told a team and all, or (None) told anybody, after a number."""

    team_id: TeamId | None = None
    after_id: int = 0
    count: int = 1_000


class SentMessage(Struct, frozen=True, gc=False, kw_only=True):
    """One message; no team: it went to all."""

    message_id: int
    sent_ns: Nanos
    text: str
    team_id: TeamId | None = None


class Messages(Reply, frozen=True, kw_only=True):
    """Messages, newest last; the last 1,000 are kept."""

    messages: tuple[SentMessage, ...]


class GetRetiringKeys(Query, frozen=True, kw_only=True):
    """Read which keys still work that were rotated away."""


class RetiringKey(Struct, frozen=True, gc=False, kw_only=True):
    """A key that stops at an instant of wall time."""

    team_id: TeamId
    key_number: int
    retires_wall_ns: int


class RetiringKeys(Reply, frozen=True, kw_only=True):
    """Keys in the order in which they were rotated."""

    keys: tuple[RetiringKey, ...]
