"""How rough an account's P&L was, against the reference bots' of its role."""

from math import sqrt

from itg.game.contract import Kpi, ScoringRules
from itg.game.core.scoring.books import PPM, Book
from itg.game.core.scoring.ledger import Ledger, scoring_of
from itg.game.core.scoring.measured import USD, Measured, Part, largest_fall, steps

RISK = Kpi(name="risk", weight_ppm=PPM, zero=2.0, half=1.0, full=0.0)


def risk(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return ½ drawdown / its reference + ½ downside deviation / its reference.

    Drawdown is the largest fall of P&L from its peak before, looked at each minute. None without a
    second of trading, and where the role has no references.
    """
    of_role = scoring_of(rules, book.role)
    assert of_role is not None, "a book is opened for scored roles alone"
    has_references = of_role.drawdown_reference > 0 and of_role.deviation_reference > 0
    if not (has_references and book.now.trading_s):
        return None
    fallen = 0.5 * largest_fall(ledger, book) / USD / of_role.drawdown_reference
    deviated = 0.5 * downside_deviation(ledger, book) / of_role.deviation_reference
    parts = [
        Part("drawdown", 0, ledger.heard_ns, fallen),
        Part("deviation", 0, ledger.heard_ns, deviated),
    ]
    return Measured(fallen + deviated, parts)


def downside_deviation(ledger: Ledger, book: Book) -> float:
    """Return the root of the mean square of one-minute losses, gains as 0, in USD.

    Target 0 (Sortino and van der Meer 1991).
    """
    found = steps(ledger, book, 1)
    if not found:
        return 0.0
    squares = sum(min(step.pnl, 0) ** 2 for step in found)
    return sqrt(squares / len(found)) / USD
