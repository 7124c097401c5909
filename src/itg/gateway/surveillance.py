"""What the gateway asks of whoever watches the market; `compose` brings it."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from itg.wire.v1.surveillance import CaseBody

_NOBODY = "nobody watches this game"


class DayCases(NamedTuple):
    """A trading day's cases by kind, in the order in which they were opened.

    `as_of_seq` is the number of the last event looked at, 0 before the first; `fault` says why the
    watch has stopped, None while it watches.
    """

    cases: Sequence[CaseBody]
    as_of_seq: int
    fault: str | None = None


class SurveillancePort(Protocol):
    """A view of trading days; reading changes nothing."""

    @property
    def round_id(self) -> int:
        """Return the round whose day is watched, 0 before the first."""

    def day(self) -> DayCases:
        """Return the day that is watched."""

    def day_of_round(self, round_id: int) -> DayCases:
        """Read another round's day from the journal. Slow: for a worker thread."""


class Unwatched:
    """A game that nobody watches: it has no cases, and says so."""

    round_id = 0

    def day(self) -> DayCases:
        return DayCases((), 0, _NOBODY)

    def day_of_round(self, _round_id: int) -> DayCases:
        return DayCases((), 0, _NOBODY)
