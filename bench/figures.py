"""What a benchmark hands back, beside its goal and its peer."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Verdict = Literal["met", "missed", "invalid", ""]


class Goal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of the targets: `at_least` or `at_most`, of the value or of its ratio to the peer."""

    name: str
    at_least: float | None = None
    at_most: float | None = None
    of_ratio: bool = False

    def is_met_by(self, value: float) -> bool:
        low = float("-inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= value <= high

    def text(self) -> str:
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None
        sign = "≥" if self.at_least is not None else "≤"
        return f"{self.name} {sign} {bound:,.6g}{' ×' if self.of_ratio else ''}"


class Peer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands beside a figure; `recorded` was measured elsewhere, on a machine of this kind."""

    name: str
    value: float
    recorded: bool = False


class Figure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One measured number. `name` stays the same from run to run."""

    name: str
    value: float
    unit: str
    is_less_better: bool = False
    goal: Goal | None = None
    peer: Peer | None = None
    note: str = ""
    fault: str = ""  # why the figure does not count
    is_context: bool = False  # of the disk, a peer or one unlucky moment: its change says nothing

    @property
    def ratio(self) -> float | None:
        return None if self.peer is None or not self.peer.value else self.value / self.peer.value

    @property
    def is_beside_peer(self) -> bool:
        """Tell whether the peer was measured in the same run, so that the ratio is the figure."""
        return self.peer is not None and not self.peer.recorded

    @property
    def verdict(self) -> Verdict:
        if self.fault:
            return "invalid"
        if self.goal is None:
            return ""
        judged = self.ratio if self.goal.of_ratio else self.value
        if judged is None:
            return ""
        return "met" if self.goal.is_met_by(judged) else "missed"


def quantile(ascending: Sequence[float], share: float) -> float:
    """Return the value that `share` of an ascending sequence does not pass."""
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]
