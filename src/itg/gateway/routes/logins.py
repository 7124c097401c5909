"""How browsers sign in: a link's ticket is exchanged for a key of the browser's own.

The key is issued like any other: journalled, audited, known to every gateway, and it ends with
the rotation or the revocation that ends its owner's. Its command names the key that made the link:
one that a rotation will end hands its end on, one that works no more gives nothing.
"""

from msgspec.structs import replace

from itg.game.contract import (
    TEAM_NOT_FOUND,
    IssueKey,
    KeyIssued,
    KeyIssuer,
    KeyRotated,
    RotateKey,
    Scope,
)
from itg.gateway.auth import digest_of, fresh_key
from itg.gateway.calls import ANYBODY, Answer, Call, Caller, Headers, done, refused
from itg.gateway.decoding import field_fault
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.membership import FIRST_KEY
from itg.gateway.operations import Operation, Route, act, parameterless
from itg.gateway.passes import NO_TICKET, Login
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import SCOPE_MISSING, UNAUTHENTICATED
from itg.kernel.ids import TeamId
from itg.positions.contract import RATE_LIMIT_EXCEEDED
from itg.runtime.envelope import Record
from itg.wire.v1.logins import (
    LoginBody,
    LoginRequest,
    LoginTicketBody,
    LoginTicketRequest,
    MeBody,
)

_NO_STORE: Headers = ((b"cache-control", b"no-store"),)
_SIGNED_IN = "a browser signed in"
_READS_ALONE = "links are made with a team's key or an organizer's; this one reads alone"
_ISSUER_GONE = "the key that made this link works no more"
VIEWER = Caller(scopes=frozenset((Scope.READ, Scope.RESEARCH)), key_name="viewer")


def login_path(gateway: Gateway, login: Login) -> str:
    """Return the address, without its host, of the page that signs in once as `login` says."""
    return _path(login, gateway.passes.logins.issue(login))


def _path(login: Login, ticket: str) -> str:
    seat = login.seat
    page = "trade" if seat.team_id else "admin" if Scope.ADMIN in seat.scopes else "board"
    return f"/{page}#ticket={ticket}"


def _issue_ticket(gateway: Gateway, call: Call, params: LoginTicketRequest) -> None:
    if call.caller.team_id is None and Scope.ADMIN not in call.caller.scopes:
        raise RefusedError(problem_of(SCOPE_MISSING, _READS_ALONE))
    login = Login(issuer=call.caller, seat=_seat(gateway, call.caller, params))
    account_id = call.caller.account_id
    wait_ms = account_id and gateway.guard.login_tickets.take(account_id)
    if isinstance(wait_ms, int):
        detail = "too many login tickets"
        raise RefusedError(problem_of(RATE_LIMIT_EXCEEDED, detail, retry_after_ms=wait_ms))
    tickets = gateway.passes.logins
    ticket = tickets.issue(login)
    body = LoginTicketBody(
        ticket=ticket, expires_in_s=int(tickets.life_s), path=_path(login, ticket)
    )
    call.reply(done(body, 201, _NO_STORE))


def _seat(gateway: Gateway, caller: Caller, params: LoginTicketRequest) -> Caller:
    is_organizer = Scope.ADMIN in caller.scopes
    if params.read_only:
        if not is_organizer:
            raise field_fault("/read_only", "is for an organizer: a team's key trades")
        if params.team_id is not None:
            raise field_fault("/read_only", "is of no team: leave out team_id")
        return VIEWER
    if params.team_id in {None, "me", caller.team_id}:
        return caller
    team = gateway.directory.teams.get(TeamId(params.team_id or ""))
    if team is None or not is_organizer:
        raise RefusedError(problem_of(TEAM_NOT_FOUND))
    scopes = frozenset((Scope.TRADE, Scope.READ))
    return Caller(scopes=scopes, team_id=team.team_id, account_id=team.account_id, role=team.role)


def _sign_in(gateway: Gateway, call: Call, params: LoginRequest) -> None:
    try:
        login = gateway.passes.logins.redeem(params.ticket)
    except RefusedError:
        raise RefusedError(gateway.keys.problem_for(call.address, NO_TICKET)) from None
    api_key = fresh_key()
    command = _issuing(login, digest_of(api_key.encode()))

    def compose(record: Record) -> Answer:
        if not (first_of(KeyRotated, record.outputs) or first_of(KeyIssued, record.outputs)):
            return refused(problem_of(UNAUTHENTICATED, _ISSUER_GONE))
        me = me_body(gateway, login.seat)
        body = LoginBody(
            api_key=api_key,
            scopes=me.scopes,
            team_id=me.team_id,
            team_name=me.team_name,
            role=me.role,
            key_name=me.key_name,
        )
        return done(body, 201, _NO_STORE)

    gateway.send(replace(call, caller=login.issuer), command, compose)


def _issuing(login: Login, key_hash: str) -> IssueKey | RotateKey:
    seat, by = login.seat, login.issuer
    issuer = _key_of(seat if by == ANYBODY else by)
    if seat.team_id is None:
        return IssueKey(
            key_name=seat.key_name or FIRST_KEY,
            key_hash=key_hash,
            is_organizer=Scope.ADMIN in seat.scopes,
            issuer=issuer,
            reason=_SIGNED_IN,
        )
    return RotateKey(
        team_id=seat.team_id,
        key_hash=key_hash,
        issuer=issuer,
        reason=_SIGNED_IN,
        by=by.team_id or "",  # an organizer's name is added where acts are sent
    )


def _key_of(caller: Caller) -> KeyIssuer | None:
    # No key asked for the link to a viewer that a demo makes: it is the server's own.
    if caller.team_id is None and Scope.ADMIN not in caller.scopes:
        return None
    return KeyIssuer(key_number=caller.key_number, team_id=caller.team_id)


def me_body(gateway: Gateway, caller: Caller) -> MeBody:
    """Return whose key a caller's is."""
    team = None if caller.team_id is None else gateway.directory.teams[caller.team_id]
    is_organizer = Scope.ADMIN in caller.scopes
    return MeBody(
        scopes=sorted(scope.value for scope in caller.scopes),
        team_id=caller.team_id,
        team_name=None if team is None else team.team_name,
        role=None if team is None else team.role,
        key_name=caller.key_name or (FIRST_KEY if is_organizer else None),
    )


def _get_me(gateway: Gateway, call: Call) -> None:
    call.reply(gateway.as_of(call, done(me_body(gateway, call.caller))))


OPERATIONS: tuple[Operation, ...] = (
    parameterless(
        Route(
            name="me.get",
            method="GET",
            path="/game/me",
            summary="Read whose key this is and what it may do.",
            result=MeBody,
        ),
        _get_me,
    ),
    act(
        Route(
            name="logins.ticket",
            method="POST",
            path="/game/login-tickets",
            summary="Get a link that signs a browser in, once.",
            result=LoginTicketBody,
            status=201,
            on_socket=False,
        ),
        LoginTicketRequest,
        _issue_ticket,
    ),
    act(
        Route(
            name="logins.exchange",
            method="POST",
            path="/game/logins",
            summary="Exchange the ticket of a link for a key; shown this once.",
            result=LoginBody,
            scope=None,
            metered=Metered.FREE,
            status=201,
            on_socket=False,
            is_of_pages=True,
        ),
        LoginRequest,
        _sign_in,
    ),
)
