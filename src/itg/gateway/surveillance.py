"""What the gateway asks of whoever watches the market; `compose` brings it."""

from collections.abc import Sequence
from typing import Protocol

from itg.wire.v1.surveillance import CaseBody


class SurveillancePort(Protocol):
    """A view of the trading day's cases; reading changes nothing."""

    @property
    def as_of_seq(self) -> int:
        """Return the number of the last event looked at, 0 before the first."""

    @property
    def fault(self) -> str | None:
        """Return why the watch has stopped, None while it watches."""

    def cases(self) -> Sequence[CaseBody]:
        """Return the cases by kind, in the order in which they were opened."""


class Unwatched:
    """A game that nobody watches: it has no cases, and says so."""

    as_of_seq = 0
    fault: str | None = "nobody watches this game"

    def cases(self) -> Sequence[CaseBody]:
        return ()
