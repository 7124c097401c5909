"""What the gateway asks of whoever tries an organizer's act on a copy of the game.

`compose` brings it, where one process has the whole game.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from itg.game.contract import CorrectTrade
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import PREVIEW_UNAVAILABLE
from itg.kernel.errors import Refusal

_ELSEWHERE = (
    "this game is on several nodes, or another process plays it: what an act would do is shown "
    "where one process has the whole game; the act itself can be done without"
)


class Tried(Struct, frozen=True, kw_only=True):
    """What became of a trial: a body as JSON, or why the act would be refused, or a fault."""

    body: str = ""
    refusal: Refusal | None = None
    fault: str = ""


Trial = Callable[[], Awaitable[Tried]]


class Trials(Protocol):
    """Acts tried on copies; the game that is played does not notice."""

    def take(self, act: CorrectTrade) -> Trial:
        """Copy the game as it is now; `RefusedError` where that cannot be, or too many wait."""


class NoTrials:
    """A door before a game that no one process has."""

    def take(self, _act: CorrectTrade) -> Trial:
        raise RefusedError(problem_of(PREVIEW_UNAVAILABLE, _ELSEWHERE))
