"""How well an account carries options: through headlines and signals, hedged and within limits."""

from collections.abc import Sequence

from itg.game.contract import ScoringRules
from itg.game.core.scoring.books import Book
from itg.game.core.scoring.ledger import HEADLINE, SIGNAL, Ledger
from itg.game.core.scoring.measured import (
    Measured,
    Part,
    gained,
    gained_in_vega,
    mean_of,
    share_by_interval,
    steps,
)

SAMPLES_MIN = 2  # no variance of fewer


def windows(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the mean P&L in USD from a headline to the next, the last to the round's end."""
    del rules
    spans = [span for span in ledger.spans if span.kind == HEADLINE and span.counts_for(book)]
    return mean_of([(span, gained(book, span)) for span in spans])


def signals(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the mean vega P&L in USD from a signal to `signal_horizon_s` after its effect."""
    del rules
    spans = [span for span in ledger.spans if span.kind == SIGNAL and span.counts_for(book)]
    return mean_of([(span, gained_in_vega(book, span)) for span in spans])


def rehedge(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return 1 − Var(hedged P&L) / Var(unhedged P&L), over intervals with options held throughout.

    Unhedged is what was made without underlyings. Hedging effectiveness (Ederington 1979).
    """
    found = [
        step
        for step in steps(ledger, book, rules.numbers.interval_s // 60)
        if step.held_least >= rules.numbers.held_min
    ]
    hedged = [step.pnl for step in found]
    unhedged = [step.pnl - step.underlying_pnl for step in found]
    if len(found) < SAMPLES_MIN or not spread_of(unhedged):
        return None
    whole = spread_of(unhedged)
    parts = [Part("unhedged", 0, found[0].start_ns, 1.0)]
    count, total = len(found), sum(hedged)
    # n Σx² − (Σx)² is Σ x (n x − Σx): each interval's part of the variance.
    for step in found:
        share = step.pnl * (count * step.pnl - total) / whole
        parts.append(Part("interval", 0, step.start_ns, -share))
    return Measured(1 - spread_of(hedged) / whole, parts)


def delta(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of seconds within the delta limit while `held_min` options are held."""
    whole = book.now.held_s
    return share_by_interval(ledger, book, rules, lambda tally: tally.within_s, whole)


def holding(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of seconds of trading in which `held_min` options were held."""
    whole = book.now.trading_s
    return share_by_interval(ledger, book, rules, lambda tally: tally.held_s, whole)


def spread_of(values: Sequence[int]) -> int:
    """Return n² times the variance of integers, exactly."""
    return len(values) * sum(each * each for each in values) - sum(values) ** 2
