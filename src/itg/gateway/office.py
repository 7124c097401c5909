"""What the gateway asks of whoever keeps the game's data; `compose` brings it."""

from collections.abc import Sequence
from typing import Protocol

from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import DATA_ELSEWHERE
from itg.wire.v1.operating import (
    ConnectionsBody,
    PreflightRowBody,
    ScenarioCheckBody,
    ScenarioNameBody,
    ScenarioTableBody,
)
from itg.wire.v1.preparing import NewGameBody, NewGameRequest

_ELSEWHERE = "another process keeps the game's data"
_ADVICE = "ask the server that plays the game, or `itg preflight` beside its data"


class Office(Protocol):
    """The machine, the data and the scenario as they are, and a place for the next game's."""

    def preflight(self, connections: ConnectionsBody, pars: int) -> Sequence[PreflightRowBody]:
        """Return whether everything is ready for the day. Slow: for a worker thread."""

    def tables(self) -> Sequence[ScenarioTableBody]:
        """Return the scenario's settings by table. Slow: for a worker thread."""

    def shipped(self) -> Sequence[ScenarioNameBody]:
        """Return the scenarios there are besides. Slow: for a worker thread."""

    def check(self, scenario: str) -> ScenarioCheckBody | None:
        """Return what a game of a shipped scenario would be, None for no such name. Slow."""

    def prepare(self, ask: NewGameRequest) -> NewGameBody:
        """Make a game ready to be served; `RefusedError` where that cannot be. Slow."""


class NoOffice:
    """A door before a game that is kept elsewhere: it says so."""

    def preflight(self, _connections: ConnectionsBody, _pars: int) -> Sequence[PreflightRowBody]:
        row = PreflightRowBody(
            name="machine and data", status="unknown", found=_ELSEWHERE, advice=_ADVICE
        )
        return (row,)

    def tables(self) -> Sequence[ScenarioTableBody]:
        return ()

    def shipped(self) -> Sequence[ScenarioNameBody]:
        return ()

    def check(self, _scenario: str) -> ScenarioCheckBody | None:
        return None

    def prepare(self, _ask: NewGameRequest) -> NewGameBody:
        raise RefusedError(
            problem_of(DATA_ELSEWHERE, f"{_ELSEWHERE}: make the next game beside it")
        )
