"""The organizer's acts on teams, keys and roles: facts of the game, and what to ask of positions.

Another service is asked in the service's own words; here stands what is meant.
"""

from typing import assert_never

from msgspec import Raw, Struct
from msgspec.structs import replace

from itg.game.contract import (
    HOUSE_NEEDED,
    TEAM_NOT_FOUND,
    TEAM_WRONG_STATUS,
    UNKNOWN_ROLE,
    AdjustTeam,
    ChangeRole,
    GameActRejected,
    ImportTeams,
    KeyRetired,
    KeyRotated,
    MessageSent,
    RegisterTeam,
    ResumeTeam,
    RetireKey,
    RotateKey,
    RowFault,
    ScoringRejected,
    SendMessage,
    SentMessage,
    SuspendTeam,
    Team,
    TeamRegistered,
    TeamReseated,
    TeamResumed,
    TeamsImportRejected,
    TeamSuspended,
)
from itg.game.core import keys
from itg.game.core.audit import TeamAct
from itg.game.core.game import Game
from itg.game.core.rotation import role_in
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, InstrumentId, Role, TeamId
from itg.kernel.money import Cash, Price
from itg.kernel.names import folded
from itg.kernel.times import Nanos

MESSAGES_KEPT = 1_000


class ToOpen(Struct, frozen=True):
    """Open an account."""

    account_id: AccountId
    role: Role


class ToReseat(Struct, frozen=True):
    """Let an account begin anew; the house takes over what it holds."""

    account_id: AccountId
    role: Role
    counterparty_id: AccountId


class ToSuspend(Struct, frozen=True):
    """Stop an account, or let it trade again."""

    account_id: AccountId
    is_suspended: bool


class ToAdjust(Struct, frozen=True):
    """Correct an account, against the house where contracts move."""

    account_id: AccountId
    cash: Cash
    instrument_id: InstrumentId | None
    quantity: int
    price: Price
    counterparty_id: AccountId | None


class ToChange(Struct, frozen=True):
    """Pass a change of a role on to who judges by it."""

    change: Raw


Meant = ToOpen | ToReseat | ToSuspend | ToAdjust | ToChange
Told = (
    GameActRejected
    | TeamRegistered
    | TeamsImportRejected
    | KeyRotated
    | KeyRetired
    | TeamSuspended
    | TeamResumed
    | TeamReseated
    | MessageSent
)


def organize(created: Game, now: Nanos, ask: TeamAct) -> list[Told | Meant]:
    """Do one act, or say why not."""
    match ask:
        case ImportTeams():
            return _import(created, now, ask)
        case SendMessage():
            return [_send(created, now, ask)]
        case ChangeRole():
            if ask.role not in created.registry.roles:
                return [_rejected(UNKNOWN_ROLE, "role", f"there is no role {ask.role}")]
            return [ToChange(ask.change)]
        case RotateKey() | RetireKey() | SuspendTeam() | ResumeTeam() | AdjustTeam():
            team = created.registry.team(ask.team_id)
            if team is None:
                return [_unknown(ask.team_id)]
            return _act_on(created, team, ask)
        case _:
            assert_never(ask)


def _act_on(
    created: Game, team: Team, ask: RotateKey | RetireKey | SuspendTeam | ResumeTeam | AdjustTeam
) -> list[Told | Meant]:
    match ask:
        case RotateKey():
            return [*keys.rotate(created.registry, team, ask)]
        case RetireKey():
            return [*keys.retire(created.registry, team, ask)]
        case SuspendTeam() | ResumeTeam():
            return _suspend(created, team, is_suspended=isinstance(ask, SuspendTeam))
        case AdjustTeam():
            house = created.rules.house_account_id
            if ask.quantity and house is None:
                return [_rejected(HOUSE_NEEDED, "quantity", "contracts have no other side")]
            moved = (ask.cash, ask.instrument_id, ask.quantity, ask.price)
            return [ToAdjust(team.account_id, *moved, house)]
        case _:
            assert_never(ask)


def _suspend(created: Game, team: Team, *, is_suspended: bool) -> list[Told | Meant]:
    if team.is_suspended == is_suspended:
        state = "is suspended already" if is_suspended else "is not suspended"
        return [_rejected(TEAM_WRONG_STATUS, "team_id", f"{team.team_id} {state}")]
    created.registry.change(replace(team, is_suspended=is_suspended))
    told = TeamSuspended if is_suspended else TeamResumed
    return [
        ToSuspend(team.account_id, is_suspended),
        told(team_id=team.team_id, account_id=team.account_id),
    ]


def _send(created: Game, now: Nanos, ask: SendMessage) -> MessageSent | GameActRejected:
    team = None if ask.team_id is None else created.registry.team(ask.team_id)
    if ask.team_id is not None and team is None:
        return _unknown(ask.team_id)
    created.last_message_id += 1
    number = created.last_message_id
    created.messages.append(
        SentMessage(message_id=number, sent_ns=now, text=ask.text, team_id=ask.team_id)
    )
    if len(created.messages) > MESSAGES_KEPT:
        del created.messages[0]
    return MessageSent(
        message_id=number,
        text=ask.text,
        team_id=ask.team_id,
        account_id=None if team is None else team.account_id,
    )


def _import(created: Game, now: Nanos, ask: ImportTeams) -> list[Told | Meant]:
    rows = [
        RegisterTeam(
            team_name=row.team_name, role=row.role, key_hash=row.key_hash, by_organizer=True
        )
        for row in ask.rows
    ]
    faults = _faults(created, rows)
    if faults:
        return [TeamsImportRejected(faults=tuple(faults))]
    told: list[Told | Meant] = []
    for row in rows:
        registered = created.register(row, now)
        assert isinstance(registered, TeamRegistered), "every row was looked at"
        told += (ToOpen(registered.account_id, registered.role), registered)
    return told


def _faults(created: Game, rows: list[RegisterTeam]) -> list[RowFault]:
    faults: list[RowFault] = []
    first_of_name: dict[str, int] = {}
    room = created.rules.max_teams - len(created.registry.teams)
    for number, row in enumerate(rows):
        refusal = created.registry.refusal_of(row, created.rules)
        earlier = first_of_name.setdefault(folded(row.team_name), number)
        if refusal is None and earlier != number:
            refusal = created.registry.refusal_of_twin(earlier)
        if refusal is None and number >= room:
            refusal = created.registry.refusal_of_full(created.rules)
        if refusal is not None:
            faults.append(RowFault(row=number, refusal=refusal))
    return faults


def reseats(created: Game, round_id: int) -> list[Told | Meant]:
    """Seat the teams for a round that begins: whoever changes roles, and all if it is scored."""
    rules, registry = created.rules, created.registry
    told: list[Told | Meant] = []
    for place, team in enumerate(registry.teams):
        role = role_in(rules, round_id, place)
        if role is None or (role == team.role and not created.rounds.plan(round_id).is_scored):
            continue
        house = rules.house_account_id
        assert house is not None, "roles go round where there is a house"
        registry.change(replace(team, role=role))
        told.append(ToReseat(team.account_id, role, house))
        told.append(
            TeamReseated(
                team_id=team.team_id,
                account_id=team.account_id,
                role=role,
                previous_role=team.role,
            )
        )
    created.note_seats(round_id)
    return told


def refusal_in(told: Told | ScoringRejected) -> str | None:
    """Return the code of an act that was refused."""
    match told:
        case GameActRejected() | ScoringRejected():
            return told.refusal.code
        case TeamsImportRejected():
            return told.faults[0].refusal.code
        case _:
            return None


def _unknown(team_id: TeamId) -> GameActRejected:
    return _rejected(TEAM_NOT_FOUND, "team_id", f"there is no team {team_id}")


def _rejected(reason: RejectReason, of_field: str, detail: str) -> GameActRejected:
    refusal = Refusal(code=reason.code, detail=f"{detail}. {reason.hint}", field=of_field)
    return GameActRejected(refusal=refusal)
