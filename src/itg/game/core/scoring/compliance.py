"""How well an account keeps the limits that are watched, not enforced."""

from itg.game.contract import Kpi, ScoringNumbers, ScoringRules
from itg.game.core.scoring.books import PPM, Book, Breach
from itg.game.core.scoring.ledger import Ledger
from itg.game.core.scoring.measured import Measured, Part

COMPLIANCE = Kpi(name="compliance", weight_ppm=PPM, zero=0.0, half=50.0, full=100.0)


def compliance(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return 100 × the share of time inside less points per breach by its depth, in points.

    Outside are the seconds of every episode that became a breach, from its beginning. None without
    a second of trading.
    """
    now, numbers = book.now, rules.numbers
    if not now.trading_s:
        return None
    inside = 1 - min(now.outside_s, now.trading_s) / now.trading_s
    parts = [Part("inside", 0, ledger.start_ns, 100 * inside)]
    left = numbers.breach_points_max
    for breach in book.breaches:
        # Beyond the most there is to lose a breach is told, and costs nothing more.
        cost = min(left, _points(breach, numbers))
        left -= cost
        parts.append(Part("breach", 0, breach.since_ns, -float(cost)))
    return Measured(100 * inside - (numbers.breach_points_max - left), parts)


def _points(breach: Breach, numbers: ScoringNumbers) -> int:
    beyond = sum(breach.depth > depth for depth in numbers.breach_depths)
    return numbers.breach_points[beyond]
