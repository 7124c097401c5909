"""What a browser is let in by: one-time tickets, for a socket or for a key of its own.

A page cannot send a key with a socket's handshake, and a link must not carry a key: both carry a
ticket, which is good once and not for long. Tickets live in the gateway that issued them.
"""

import secrets
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from itg.gateway.calls import Caller
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import UNAUTHENTICATED
from itg.gateway.settings import GatewaySettings

T = TypeVar("T")
NO_TICKET = "this ticket was used or is too old"
_TICKET_BYTES = 32


class Login(Struct, frozen=True):
    """What a login ticket is good for: a key of `seat`; `issuer` is whose word that is."""

    issuer: Caller
    seat: Caller


class Tickets(Generic[T]):
    """Tickets of one kind, each good once; `now` in seconds of wall time."""

    def __init__(self, life_s: float, now: Callable[[], float]) -> None:
        self.life_s = life_s
        self._now = now
        self._issued: dict[str, tuple[T, float]] = {}

    def issue(self, good_for: T) -> str:
        """Return a ticket; those that were never used are forgotten in time."""
        now = self._now()
        for ticket in [t for t, (_, ends_at) in self._issued.items() if ends_at <= now]:
            del self._issued[ticket]
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        self._issued[ticket] = (good_for, now + self.life_s)
        return ticket

    def forget(self, is_gone: Callable[[T], bool]) -> None:
        """Let tickets be good no more: what they were issued for has changed."""
        for ticket in [t for t, (good_for, _) in self._issued.items() if is_gone(good_for)]:
            del self._issued[ticket]

    def redeem(self, ticket: str) -> T:
        """Return what this ticket is good for, once; raise `RefusedError` for any other."""
        issued = self._issued.pop(ticket, None)
        if issued is None or issued[1] <= self._now():
            raise RefusedError(problem_of(UNAUTHENTICATED, NO_TICKET))
        return issued[0]


class Passes:
    """A gateway's tickets of both kinds."""

    def __init__(self, settings: GatewaySettings, now: Callable[[], float]) -> None:
        self.sockets = Tickets[Caller](settings.ticket_s, now)
        self.logins = Tickets[Login](settings.login_ticket_s, now)

    def forget(self, is_gone: Callable[[Caller], bool]) -> None:
        """Let the tickets of callers be good no more whose keys have ended."""
        self.sockets.forget(is_gone)
        self.logins.forget(lambda login: is_gone(login.issuer) or is_gone(login.seat))
