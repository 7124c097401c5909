"""The running server: ready, everybody registered and connected, nobody stuck, pars there."""

import http.client
from collections.abc import Iterator

from msgspec import DecodeError, json

from itg.compose.organizer_calls import OrganizerCalls
from itg.compose.preflight.game import Subject
from itg.compose.preflight.rows import Row, row, unknown
from itg.wire.v1.operating import ConnectionsBody

_OK, _DENIED, _MISSING = 200, (401, 403), (404, 405)
NAMES_SHOWN = 20
_CONNECTIONS = ("epoch", "teams registered", "teams connected", "readers")


def server_rows(subject: Subject) -> Iterator[Row]:
    """Yield every row about the server at the subject's address."""
    assert subject.url is not None, "name the server"
    calls = OrganizerCalls(subject.url, subject.data / "admin.key")
    try:
        status, health = calls.read("/health/ready")
    except (OSError, http.client.HTTPException) as error:
        yield row(
            "server",
            f"no answer at {subject.url}: {error}",
            is_good=False,
            advice=f"start it: itg serve --data {subject.data}",
        )
        return
    yield ready_row(status, health)
    yield from _connection_rows(calls, subject.teams)
    yield _pars_row(calls)


def ready_row(status: int, health: dict[str, object]) -> Row:
    """Return whether the server takes requests."""
    phase = health.get("phase") or "no phase"
    return row(
        "server",
        f"{health.get('status', f'status {status}')}, {phase}, {health.get('scenario')}",
        is_good=status == _OK,
        advice="read its log; it restarts itself through recovery five times a minute at most",
    )


def _connection_rows(calls: OrganizerCalls, teams: int | None) -> Iterator[Row]:
    status, content = calls.ask("GET", "/admin/connections")
    if status != _OK:
        advice = "name the data whose admin.key is this server's with --data"
        if status in _MISSING:
            advice = "name the organizer's listener with --url; of `itg up` it is the node's port"
        found = f"status {status} for /admin/connections"
        if status in _DENIED:
            yield row("organizer's key", found, is_good=False, advice=advice)
        for name in _CONNECTIONS:
            yield unknown(name, found, advice)
        return
    try:
        body = json.decode(content, type=ConnectionsBody)
    except DecodeError as error:
        yield unknown(_CONNECTIONS[0], f"of another version: {error}", "use the server's own build")
        return
    yield row("epoch", str(body.epoch), is_good=True, advice="")
    yield from team_rows(body, teams)


def team_rows(body: ConnectionsBody, teams: int | None) -> Iterator[Row]:
    """Yield who is registered, who is missing, and whose socket takes nothing."""
    count = len(body.items)
    yield row(
        "teams registered",
        f"{count}" if teams is None else f"{count} of {teams}",
        is_good=count > 0 if teams is None else count == teams,
        advice="register who is missing: itg team add NAME, or give them the join code",
    )
    yield row(
        "teams connected",
        f"{count - len(body.missing)} of {count}{_named(', missing: ', body.missing)}",
        is_good=not body.missing,
        advice="call them: their bot runs with `itg bot run`, and their key is theirs",
    )
    stuck = [
        item.team_name
        for item in body.items
        if any(connection.is_blocked for connection in item.connections)
    ]
    yield row(
        "readers",
        _named("not reading: ", stuck) or "everybody reads",
        is_good=not stuck,
        advice="their program does not read its socket; it is closed once 4 MiB wait",
    )


def _pars_row(calls: OrganizerCalls) -> Row:
    status, scores = calls.read("/game/scores")
    if status in _MISSING:
        return unknown("pars", "this server has no scores", "score the day with another build")
    pars = scores.get("pars")
    if status != _OK or not isinstance(pars, list):
        return unknown("pars", f"/game/scores does not tell (status {status})", "itg score par")
    return pars_row(len(pars))


def pars_row(count: int) -> Row:
    """Return whether scores are measured against something."""
    return row(
        "pars",
        f"of {count} roles",
        is_good=count > 0,
        advice="itg score par, or scores stay without a par until it is set",
    )


def _named(before: str, names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"{before}{', '.join(names[:NAMES_SHOWN])}{more}"
