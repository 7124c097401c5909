"""One request and its answer, however it came: over REST or over a socket."""

import asyncio
from collections.abc import Callable

from msgspec import Struct
from msgspec.json import Encoder
from msgspec.structs import replace

from itg.game.contract import Scope
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import SCOPE_MISSING, TEAM_KEY_NEEDED
from itg.kernel.ids import AccountId, Role, TeamId
from itg.runtime.trails import Trail
from itg.wire.v1.orders import Body
from itg.wire.v1.problems import Problem

encode = Encoder().encode
Headers = tuple[tuple[bytes, bytes], ...]


class Caller(Struct, frozen=True, kw_only=True):
    """Whoever asks: a team, the organizer (no team), or anybody (no scope)."""

    scopes: frozenset[Scope] = frozenset()
    team_id: TeamId | None = None
    account_id: AccountId | None = None
    role: Role | None = None
    key_number: int = 0  # which of the team's keys, or of those without a team, it came with
    key_name: str = ""  # of an organizer's or a researcher's key; "" is the first organizer's

    @property
    def budget_id(self) -> str | None:
        """Whose requests and sockets count together: a team's, or a key's without one.

        None: an organizer's, which have no bound.
        """
        if self.account_id is not None or Scope.ADMIN in self.scopes:
            return self.account_id
        return f"key {self.key_number} of {self.key_name}"

    def assert_scope(self, scope: Scope) -> None:
        """Refuse a key without the scope."""
        if scope not in self.scopes:
            detail = f"this needs a key with the scope {scope.value}"
            raise RefusedError(problem_of(SCOPE_MISSING, detail))


ANYBODY = Caller()


class Answer(Struct, frozen=True, gc=False):
    """A body, or a problem that its transport completes and encodes."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    problem: Problem | None = None
    media_type: bytes = b"application/json"


Reply = Callable[[Answer], None]


def reply_to(waiting: "asyncio.Future[Answer]") -> Reply:
    """Return what answers who waits; whoever gave up waiting is told nothing and ends nothing."""

    def reply(answer: Answer) -> None:
        if not waiting.done():
            waiting.set_result(answer)

    return reply


class Call(Struct, frozen=True, kw_only=True):
    """A request on its way; `reply` is called once, unless nobody waits any more."""

    caller: Caller
    trace_id: str
    reply: Reply
    is_rest: bool
    if_none_match: bytes = b""
    accept: bytes = b""
    address: str = ""  # the peer's, of a request over REST
    trail: Trail | None = None  # of a sampled request

    def account_id(self) -> AccountId:
        """Return the caller's account; refuses the organizer, who has none."""
        if self.caller.account_id is None:
            raise RefusedError(problem_of(TEAM_KEY_NEEDED))
        return self.caller.account_id

    def answered_by(self, reply: Reply) -> "Call":
        """Return this call with another end."""
        return replace(self, reply=reply)


def done(body: Body, status: int = 200, headers: Headers = ()) -> Answer:
    """Return an answer with a body."""
    return Answer(status, encode(body), headers)


def refused(problem: Problem, headers: Headers = ()) -> Answer:
    """Return an answer that is a problem."""
    return Answer(problem.status, headers=headers, problem=problem)
