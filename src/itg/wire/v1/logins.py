"""How a browser gets a key of its own: a link with a ticket, which is exchanged once."""

from itg.wire.v1.orders import Body, Request


class LoginTicketRequest(Request, frozen=True, kw_only=True):
    """For whom: oneself; an organizer may name a team, or ask for a key that reads alone."""

    team_id: str | None = None
    read_only: bool = False


class LoginTicketBody(Body, frozen=True, kw_only=True):
    """A ticket for `POST /game/logins`, and the page's address with it.

    A browser keeps what follows `#` to itself: no server and no log reads it.
    """

    ticket: str
    expires_in_s: int
    path: str


class LoginRequest(Request, frozen=True, kw_only=True):
    """The ticket of a link, good once."""

    ticket: str


class MeBody(Body, frozen=True, kw_only=True):
    """Whose key it is and what it may do; no team: an organizer's or a researcher's."""

    scopes: list[str]
    team_id: str | None
    team_name: str | None
    role: str | None
    key_name: str | None


class LoginBody(MeBody, frozen=True, kw_only=True):
    """A fresh key, shown this once, and whose it is."""

    api_key: str
