"""How well an account trades two legs against each other: per window, in balance, at once."""

from itg.game.contract import ScoringRules
from itg.game.core.scoring.books import PPM, Book
from itg.game.core.scoring.hedging import SAMPLES_MIN, spread_of
from itg.game.core.scoring.ledger import WINDOW, Ledger, Span
from itg.game.core.scoring.measured import (
    USD,
    Measured,
    Part,
    gained,
    mean_of,
    share_by_interval,
    steps,
)

PRICE_SCALE = 10_000


def convergence(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the mean P&L in USD of the signalled windows, 0 of one in which it did not trade."""
    del rules
    return mean_of(
        [
            (span, gained(book, span) if span.contracts.get(book.account_id, 0) else 0)
            for span in _windows(ledger, book)
        ]
    )


def balance(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of seconds in balance while a leg is above `leg_min`."""
    whole = book.now.legged_s
    return share_by_interval(ledger, book, rules, lambda tally: tally.balanced_s, whole)


def response(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of windows with `response_min` equivalents traded by `response_s`."""
    least = rules.numbers.response_min * PPM
    found = _windows(ledger, book)
    return _share(found, [span.equivalents.get(book.account_id, 0) >= least for span in found])


def engagement(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of windows in which it traded at all."""
    del rules
    found = _windows(ledger, book)
    return _share(found, [span.contracts.get(book.account_id, 0) > 0 for span in found])


def beta(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return |slope of interval P&L on the leader's move|, in the leader's equivalents.

    Least squares with an intercept; None where P&L or leader did not move at all.
    """
    found = steps(ledger, book, rules.numbers.interval_s // 60)
    moves = [step.leader_move for step in found]
    if len(found) < SAMPLES_MIN or not spread_of(moves) or not any(step.pnl for step in found):
        return None
    count, total, whole = len(found), sum(moves), spread_of(moves)
    # Cash over price units, and what one equivalent makes of a price unit in cash.
    unit = whole * rules.leader_multiplier * USD / PRICE_SCALE
    slope = sum(step.pnl * (count * step.leader_move - total) for step in found) / unit
    sign = -1 if slope < 0 else 1
    parts = [
        Part(
            "interval",
            0,
            step.start_ns,
            sign * step.pnl * (count * step.leader_move - total) / unit,
        )
        for step in found
    ]
    return Measured(abs(slope), parts)


def _windows(ledger: Ledger, book: Book) -> list[Span]:
    return [span for span in ledger.spans if span.kind == WINDOW and span.counts_for(book)]


def _share(spans: list[Span], met: list[bool]) -> Measured | None:
    if not spans:
        return None
    parts = [
        Part(span.kind, span.source_id, span.start_ns, is_met / len(spans))
        for span, is_met in zip(spans, met, strict=True)
    ]
    return Measured(sum(met) / len(spans), parts)
