"""Teams and keys: who may join, and whose key a digest is."""

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import (
    DUPLICATE_TEAM_NAME,
    GAME_FULL,
    INVALID_JOIN_CODE,
    INVALID_TEAM_NAME,
    ROLE_NOT_OPEN,
    UNKNOWN_ROLE,
    GameRules,
    IssueKey,
    KeyIssued,
    Principal,
    RegisterTeam,
    RetiringKey,
    Scope,
    Team,
    UnknownKey,
)
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.names import folded, is_as_team_id
from itg.kernel.times import Nanos

NAME_LENGTH_MIN = 3
NAME_LENGTH_MAX = 50
ROLE_SHOWN_MAX = 64  # characters of a role nobody has

ORGANIZER = Principal(
    team_id=None,
    account_id=None,
    role=None,
    scopes=(Scope.ADMIN, Scope.READ, Scope.RESEARCH),
)
TEAM_SCOPES = (Scope.TRADE, Scope.READ)
RESEARCH_SCOPES = (Scope.READ, Scope.RESEARCH)
RESEARCHER = Principal(team_id=None, account_id=None, role=None, scopes=RESEARCH_SCOPES)


class Registry(Struct):
    """The teams in registration order, and the digests of their keys; never leaves the service."""

    roles: tuple[Role, ...] = ()  # every role of the scenario, registrable or not
    join_code_hash: str = ""
    admin_key_hash: str = ""
    teams: list[Team] = field(default_factory=list)
    team_by_key: dict[str, int] = field(default_factory=dict)  # key digest → index in teams
    team_by_name: dict[str, int] = field(default_factory=dict)  # folded name → index in teams
    researcher_by_key: dict[str, str] = field(default_factory=dict)  # key digest → name
    organizer_by_key: dict[str, str] = field(default_factory=dict)  # of those after the first
    # Of a team's keys, and of those without a team; each from 1.
    key_numbers: dict[str, int] = field(default_factory=dict)
    keys_issued: dict[TeamId, int] = field(default_factory=dict)
    retiring: list[RetiringKey] = field(default_factory=list)
    places: dict[TeamId, int] = field(default_factory=dict)  # index in teams
    issued_apart: int = 0  # keys without a team, ever

    def refusal_of(self, ask: RegisterTeam, rules: GameRules) -> Refusal | None:
        """Say why a registration is refused, None if it is not."""
        name = clean_name(ask.team_name)
        if not NAME_LENGTH_MIN <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
            return _refusal(INVALID_TEAM_NAME, "team_name", requested=len(name))
        if is_as_team_id(name):
            # The organizer names a team by its id or its name: one must not be another's other.
            detail = f"{name!r} is written as a team's id is, t and a number: choose other words"
            return _refusal(INVALID_TEAM_NAME, "team_name", detail)
        if ask.role not in rules.registrable_roles:
            return self._refusal_of_role(ask.role, rules)
        if not (rules.open_registration or ask.by_organizer or self._knows_code(ask)):
            return _refusal(INVALID_JOIN_CODE, "join_code")
        if folded(name) in self.team_by_name:
            return _refusal(DUPLICATE_TEAM_NAME, "team_name")
        return self.refusal_of_full(rules) if len(self.teams) >= rules.max_teams else None

    def refusal_of_full(self, rules: GameRules) -> Refusal:
        """Say that there is no place left."""
        limit = rules.max_teams
        detail = f"{GAME_FULL.hint} Its max_teams is {limit}."
        current = len(self.teams)
        return Refusal(code=GAME_FULL.code, detail=detail, limit=limit, current=current)

    def refusal_of_twin(self, row: int) -> Refusal:
        """Say that a roster's earlier row (from 0) has this name."""
        detail = f"Row {row + 1} of the roster has this name. {DUPLICATE_TEAM_NAME.hint}"
        return Refusal(code=DUPLICATE_TEAM_NAME.code, detail=detail, field="team_name")

    def register(self, ask: RegisterTeam, now: Nanos) -> Team:
        """Add a team that `refusal_of` let pass; its account has its id."""
        slug = f"t{len(self.teams) + 1}"
        team = Team(
            team_id=TeamId(slug),
            account_id=AccountId(slug),
            team_name=clean_name(ask.team_name),
            role=ask.role,
            registered_ns=now,
        )
        self.places[team.team_id] = len(self.teams)
        self.add_key(len(self.teams), ask.key_hash, team.team_id)
        self.team_by_name[folded(team.team_name)] = len(self.teams)
        self.teams.append(team)
        return team

    def add_key(self, place: int, key_hash: str, team_id: TeamId | None = None) -> int:
        """Let a key be the team's at a place, and return which of its keys it is."""
        assert key_hash not in self.team_by_key
        assert key_hash != self.admin_key_hash
        owner = self.teams[place].team_id if team_id is None else team_id
        number = self.keys_issued.get(owner, 0) + 1
        self.keys_issued[owner] = number
        self.key_numbers[key_hash] = number
        self.team_by_key[key_hash] = place
        return number

    def issue(self, ask: IssueKey) -> KeyIssued:
        """Let a key without a team read and research, or organize."""
        assert ask.key_hash not in self.team_by_key
        assert ask.key_hash != self.admin_key_hash
        name = clean_name(ask.key_name)
        keys = self.organizer_by_key if ask.is_organizer else self.researcher_by_key
        keys[ask.key_hash] = name
        self.issued_apart += 1
        self.key_numbers[ask.key_hash] = self.issued_apart
        scopes = ORGANIZER.scopes if ask.is_organizer else RESEARCH_SCOPES
        return KeyIssued(key_name=name, scopes=scopes)

    def team(self, team_id: TeamId) -> Team | None:
        """Return a team."""
        place = self.places.get(team_id)
        return None if place is None else self.teams[place]

    def change(self, team: Team) -> None:
        """Keep a team as it is now."""
        self.teams[self.places[team.team_id]] = team

    def owner_of(self, key_hash: str) -> Principal | UnknownKey:
        """Find whose key a digest is."""
        if key_hash and key_hash == self.admin_key_hash:
            return ORGANIZER
        for principal, names in (
            (ORGANIZER, self.organizer_by_key),
            (RESEARCHER, self.researcher_by_key),
        ):
            if key_hash in names:
                # A key of a game begun before such keys were counted has no number.
                number = self.key_numbers.get(key_hash, 0)
                return replace(principal, key_name=names[key_hash], key_number=number)
        index = self.team_by_key.get(key_hash)
        if index is None:
            return UnknownKey()
        team = self.teams[index]
        return Principal(
            team_id=team.team_id,
            account_id=team.account_id,
            role=team.role,
            scopes=TEAM_SCOPES,
            key_number=self.key_numbers[key_hash],
        )

    def _refusal_of_role(self, role: Role, rules: GameRules) -> Refusal:
        asked = repr(role[:ROLE_SHOWN_MAX])
        reason = ROLE_NOT_OPEN if role in self.roles else UNKNOWN_ROLE
        wrong = f"{asked} is played by the house" if reason is ROLE_NOT_OPEN else f"no role {asked}"
        open_roles = ", ".join(rules.registrable_roles)
        return _refusal(reason, "role", f"{wrong}; the roles that are open: {open_roles}.")

    def _knows_code(self, ask: RegisterTeam) -> bool:
        return self.join_code_hash != "" and ask.join_code_hash == self.join_code_hash


def clean_name(team_name: str) -> str:
    """Return the name without space around it."""
    return team_name.strip()


def _refusal(
    reason: RejectReason, of_field: str, detail: str = "", *, requested: int | None = None
) -> Refusal:
    told = detail or reason.hint
    return Refusal(code=reason.code, detail=told, field=of_field, requested=requested)
