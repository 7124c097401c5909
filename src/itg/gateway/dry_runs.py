"""What the gateway asks of whoever tries scenarios; `compose` brings it."""

from typing import Final, Protocol

from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import PREVIEW_UNAVAILABLE
from itg.wire.v1.rehearsing import DryRunBody

_ELSEWHERE = "this process tries no scenario: `itg scenario check` does on any machine"
NOTHING_YET: Final = DryRunBody(
    run_id=0,
    status="none",
    scenario="",
    share=0.0,
    fault="",
    faults=[],
    plan=None,
    figures=None,
)


class DryRuns(Protocol):
    """One dry run at a time; the game that is played does not wait for it."""

    def begin(self, scenario: str | None, text: str | None, minutes: int) -> DryRunBody:
        """Begin one, which ends another; `RefusedError` where that cannot be."""

    def now(self) -> DryRunBody:
        """Return the newest as far as it is."""

    def stop(self) -> DryRunBody:
        """End what runs."""


class NoDryRuns:
    """A door where nobody tries scenarios."""

    def begin(self, _scenario: str | None, _text: str | None, _minutes: int) -> DryRunBody:
        raise RefusedError(problem_of(PREVIEW_UNAVAILABLE, _ELSEWHERE))

    def now(self) -> DryRunBody:
        return NOTHING_YET

    def stop(self) -> DryRunBody:
        return NOTHING_YET
