"""What reports add and no score counts."""

from collections.abc import Sequence
from math import fsum, sqrt

from itg.game.contract import ScoringRules, Unscored
from itg.game.core.scoring.books import PPM, Book
from itg.game.core.scoring.hedging import SAMPLES_MIN
from itg.game.core.scoring.ledger import Ledger
from itg.game.core.scoring.measured import steps

LOSSES_BEYOND = 20  # one in so many intervals loses more than value at risk
_RATIO_MAX = 10**12


def unscored(ledger: Ledger, role: Sequence[Book], rules: ScoringRules) -> list[Unscored]:
    """Return the figures of a role's accounts; ratios are None of fewer than two minutes.

    Sharpe (1966): mean over standard deviation of one-minute P&L, times the root of their number;
    r = 0. Information ratio (Treynor and Black 1973): the same of what it made above the mean of
    its role's accounts that played then. Value at risk: historical, the loss that one interval in
    twenty exceeds.
    """
    minutes = [[float(step.pnl) for step in steps(ledger, book, 1)] for book in role]
    longest = max(map(len, minutes), default=0)
    means = [_mean_at(minutes, left) for left in range(longest, 0, -1)]
    every = rules.numbers.interval_s // 60
    return [
        Unscored(
            pnl=book.now.pnl,
            fees=-book.now.fees,
            contracts=book.contracts,
            sharpe=_ratio(own),
            information_ratio=_ratio(
                [one - mean for one, mean in zip(own, means[longest - len(own) :], strict=True)]
            ),
            value_at_risk=_value_at_risk([step.pnl for step in steps(ledger, book, every)]),
            drawdown=book.fallen,
        )
        for book, own in zip(role, minutes, strict=True)
    ]


def _mean_at(minutes: Sequence[Sequence[float]], left: int) -> float:
    # Who came late has the later minutes: they are counted from the end.
    played = [own[-left] for own in minutes if len(own) >= left]
    return fsum(played) / len(played)


def _ratio(values: Sequence[float]) -> int | None:
    if len(values) < SAMPLES_MIN:
        return None
    mean = fsum(values) / len(values)
    variance = fsum((each - mean) * (each - mean) for each in values) / (len(values) - 1)
    # Sums of cash are exact to far below a cent: what is less is rounding.
    if variance <= 1e-6:
        return None
    found = mean / sqrt(variance) * sqrt(len(values))
    return round(max(-_RATIO_MAX, min(found, _RATIO_MAX)) * PPM)


def _value_at_risk(pnls: Sequence[int]) -> int | None:
    if not pnls:
        return None
    return max(0, -sorted(pnls)[len(pnls) // LOSSES_BEYOND])
