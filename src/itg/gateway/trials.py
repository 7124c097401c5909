"""What the gateway asks of whoever tries an organizer's act on a copy of the game.

`compose` brings it, to whoever has the game's machine or its journals.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from itg.game.contract import CorrectTrade
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import PREVIEW_UNAVAILABLE
from itg.translate.corrections import Tried

_ELSEWHERE = "this process has neither the game nor its journals; the act can be done without"


Trial = Callable[[], Awaitable[Tried]]


class Trials(Protocol):
    """Acts tried on copies; the game that is played does not notice."""

    def take(self, act: CorrectTrade) -> Trial:
        """Copy the game as it is now; `RefusedError` where that cannot be, or too many wait."""


class NoTrials:
    """A door before a game whose journals are elsewhere."""

    def take(self, _act: CorrectTrade) -> Trial:
        raise RefusedError(problem_of(PREVIEW_UNAVAILABLE, _ELSEWHERE))
