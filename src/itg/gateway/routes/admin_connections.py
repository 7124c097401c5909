"""Who is connected, and how each connection does: asked before the open and when a team calls."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic

from itg.game.contract import Scope
from itg.gateway.calls import Call, done
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless
from itg.gateway.sessions import Session
from itg.kernel.ids import AccountId
from itg.kernel.times import to_micros
from itg.wire.v1.operating import ConnectionBody, ConnectionsBody, TeamConnectionsBody

_MS_PER_S = 1_000
_US_PER_S = 1_000_000


def _list_connections(gateway: Gateway, call: Call) -> None:
    call.reply(done(connections_of(gateway)))


def connections_of(gateway: Gateway) -> ConnectionsBody:
    """Return every team with its open sockets."""
    of_account = _by_account(gateway.feed.sessions)
    elsewhere = _elsewhere(gateway, of_account)
    teams = gateway.directory.teams.values()
    items = [
        TeamConnectionsBody(
            team_id=team.team_id,
            team_name=team.team_name,
            account_id=team.account_id,
            role=team.role,
            connections=[_body(gateway, each) for each in of_account.get(team.account_id, ())],
            last_seen_us=_last_seen_us(
                gateway,
                team.account_id,
                is_here=team.account_id in of_account or elsewhere[team.account_id] > 0,
            ),
            elsewhere=elsewhere[team.account_id],
        )
        for team in teams
    ]
    return ConnectionsBody(
        epoch=gateway.feed.epoch,
        items=items,
        missing=[item.team_name for item in items if not (item.connections or item.elsewhere)],
        others=len(of_account.get(None, ())),
    )


def _elsewhere(
    gateway: Gateway, here: Mapping[AccountId | None, Sequence[Session]]
) -> Counter[AccountId]:
    # The steward hears of every gateway's sessions; any other gateway knows its own alone.
    everywhere = Counter(gateway.absences.sessions)
    return everywhere - Counter({a: len(own) for a, own in here.items() if a is not None})


def _last_seen_us(gateway: Gateway, account_id: AccountId, *, is_here: bool) -> int | None:
    now_us = to_micros(gateway.pump.clock.wall_ns())
    left_s = gateway.feed.fanout.left_s.get(account_id)
    if is_here or left_s is None:
        return now_us if is_here else None
    return now_us - int((monotonic() - left_s) * _US_PER_S)


def _by_account(sessions: Iterable[Session]) -> dict[AccountId | None, list[Session]]:
    found: dict[AccountId | None, list[Session]] = {}
    for session in sessions:
        found.setdefault(session.caller.account_id, []).append(session)
    return found


def _body(gateway: Gateway, session: Session) -> ConnectionBody:
    now = monotonic()
    return ConnectionBody(
        connection_number=session.connection_number,
        open_ms=int((now - session.opened_s) * _MS_PER_S),
        last_frame_age_ms=int((now - session.heard_s) * _MS_PER_S),
        waiting_bytes=session.waiting_bytes + session.wire.unsent_bytes(),
        unanswered=session.unanswered,
        is_blocked=session.is_blocked,
        channels=gateway.feed.heard_by(session),
    )


OPERATIONS: tuple[Operation, ...] = (
    parameterless(
        Route(
            name="admin.connections",
            method="GET",
            path="/admin/connections",
            summary="List every team with its open sockets, and who has none.",
            result=ConnectionsBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        _list_connections,
    ),
)
