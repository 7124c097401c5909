"""How hard a scenario is to trade, in a word and with its reason.

The score is 0.5 × volatility / 40 % + 0.3 × jumps / 2 + 0.2 × spread / 7.5 %: annual realised
volatility with its jumps, jumps a session from any cause, and the house's half-spread at the money
as a share of theory, each in units of the reference game, which scores about 1. Below 0.6 is calm,
from 1.3 on hard, from 2 on brutal. Without a spread the other two weigh 0.625 and 0.375.
"""

from collections.abc import Sequence

from msgspec import Struct

from itg.lab.figures import Distribution, median_of
from itg.lab.market import HOUSE_SPREAD
from itg.lab.world import JUMPS, REALISED

# Figure, weight, unit of one, and how a person reads it.
TERMS = (
    (REALISED, 0.5, 40.0, "volatility {value:.0f} % a year"),
    (JUMPS, 0.3, 2.0, "{value:.3g} jumps a session"),
    (HOUSE_SPREAD, 0.2, 7.5, "house half-spread {value:.1f} % of theory"),
)
LABELS = ((0.6, "calm"), (1.3, "normal"), (2.0, "hard"))
HARDEST = "brutal"


class Difficulty(Struct, frozen=True, kw_only=True):
    """The label, the score it comes from, and why in one line."""

    label: str
    score: float
    reason: str


def difficulty_of(rows: Sequence[Distribution]) -> Difficulty | None:
    """Return how hard these sessions are; None without simulated prices."""
    found = [
        (weight, value / unit, words.format(value=value))
        for what, weight, unit, words in TERMS
        if (value := median_of(rows, what)) is not None
    ]
    if median_of(rows, REALISED) is None:
        return None
    weights = sum(weight for weight, _, _ in found)
    score = sum(weight * ratio for weight, ratio, _ in found) / weights
    label = next((name for bound, name in LABELS if score < bound), HARDEST)
    parts = ", ".join(f"{words} (× {ratio:.2f})" for _, ratio, words in found)
    return Difficulty(label=label, score=score, reason=f"score {score:.2f} from {parts}")
