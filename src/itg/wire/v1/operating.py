"""What the organizer reads of the machine while a game runs."""

from itg.wire.v1.orders import Body


class ConnectionBody(Body, frozen=True, kw_only=True):
    """One open socket, as the server sees it; the age of its last frame is wall time.

    `waiting_bytes` is what it has not read yet, `unanswered` its requests under way; `is_blocked`:
    it takes nothing at present.
    """

    connection_number: int
    open_ms: int
    last_frame_age_ms: int
    waiting_bytes: int
    unanswered: int
    is_blocked: bool
    channels: list[str]


class TeamConnectionsBody(Body, frozen=True, kw_only=True):
    """A team with its open sockets, oldest first; without any it is missing."""

    team_id: str
    team_name: str
    account_id: str
    role: str
    connections: list[ConnectionBody]


class ConnectionsBody(Body, frozen=True, kw_only=True):
    """Every team in registration order, who is missing, and how many sockets are of nobody's team.

    `epoch` is that of every channel that begins anew with the server.
    """

    epoch: int
    items: list[TeamConnectionsBody]
    missing: list[str]
    others: int
