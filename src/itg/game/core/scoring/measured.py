"""What a measure answers, and the steps of P&L that several of them look at."""

from collections.abc import Callable, Iterator, Sequence
from math import fsum
from typing import NamedTuple

from msgspec import Struct

from itg.game.contract import ScoringRules
from itg.game.core.scoring.books import Book, Tally
from itg.game.core.scoring.ledger import Ledger, Span
from itg.kernel.times import Nanos

USD = 10_000  # cash in one


class Part(NamedTuple):
    """One thing that was counted, and what it added in the measure's unit."""

    kind: str
    source_id: int
    at_ns: Nanos
    value: float


class Measured(NamedTuple):
    """A measure's value; its parts add up to it, with what so many `earlier` ones added."""

    value: float
    parts: Sequence[Part]
    earlier: int = 0


# None: there was nothing to measure.
Measure = Callable[[Ledger, Book, ScoringRules], Measured | None]


class Step(Struct, frozen=True, gc=False):
    """P&L between two samples, in cash, without what counts nowhere; the move in price units."""

    start_ns: Nanos
    end_ns: Nanos
    pnl: int
    underlying_pnl: int
    held_least: int
    leader_move: int


def steps(ledger: Ledger, book: Book, minutes: int) -> list[Step]:
    """Return an account's P&L in steps of so many samples; what is left over is left out.

    So is a step that began before the account played.
    """
    times, prices = ledger.sampled_ns, ledger.leader_prices
    out = _excluded_by(book, times)
    found = []
    for end in range(minutes, len(times), minutes):
        start = end - minutes
        if times[start] < book.joined_ns:
            continue
        before, after = book.samples[start], book.samples[end]
        found.append(
            Step(
                start_ns=times[start],
                end_ns=times[end],
                pnl=after.pnl - before.pnl - out[end][0] + out[start][0],
                underlying_pnl=after.underlying_pnl
                - before.underlying_pnl
                - out[end][1]
                + out[start][1],
                held_least=min(one.held_least for one in book.samples[start + 1 : end + 1]),
                leader_move=prices[end] - prices[start],
            )
        )
    return found


def largest_fall(ledger: Ledger, book: Book) -> int:
    """Return the largest fall of P&L from its peak before in cash, looked at in each sample.

    From 0 at the beginning to what was measured last, without what counts nowhere.
    """
    times = [*ledger.sampled_ns, ledger.heard_ns]
    peak = most = 0
    for tally, (out, _) in zip([*book.samples, book.now], _excluded_by(book, times), strict=True):
        peak = max(peak, tally.pnl - out)
        most = max(most, peak - tally.pnl + out)
    return most


def gained(book: Book, span: Span) -> int:
    """Return what an account made over a span in cash, so far if it is open."""
    start = span.starts.get(book.account_id, 0)
    end = book.now.pnl if span.is_open else span.ends.get(book.account_id, 0)
    until_ns = None if span.is_open else span.end_ns
    out = sum(
        one.pnl
        for one in book.excluded
        if span.start_ns < one.at_ns and (until_ns is None or one.at_ns <= until_ns)
    )
    return end - start - out


def gained_in_vega(book: Book, span: Span) -> int:
    """Return what an account made by implied volatility over a span in cash, so far if open."""
    end = book.now.vega if span.is_open else span.ends.get(book.account_id, 0)
    return end - span.starts.get(book.account_id, 0)


def mean_of(values: Sequence[tuple[Span, int]]) -> Measured | None:
    """Return the mean of spans' P&L in USD, None of none."""
    if not values:
        return None
    parts = [
        Part(span.kind, span.source_id, span.start_ns, cash / USD / len(values))
        for span, cash in values
    ]
    return Measured(fsum(cash / USD for _, cash in values) / len(values), parts)


def share_by_interval(
    ledger: Ledger,
    book: Book,
    rules: ScoringRules,
    of: Callable[[Tally], float],
    whole: float,
) -> Measured | None:
    """Return a sum's share of a whole, and what each interval added; None of an empty whole."""
    if not whole:
        return None
    every = rules.numbers.interval_s // 60
    parts: list[Part] = []
    told, start_ns = 0.0, ledger.start_ns
    for at_ns, tally in _at_intervals(ledger, book, every):
        added = of(tally) - told
        if added:
            parts.append(Part("interval", 0, start_ns, added / whole))
        told, start_ns = of(tally), at_ns
    return Measured(of(book.now) / whole, parts)


def _at_intervals(ledger: Ledger, book: Book, every: int) -> Iterator[tuple[Nanos, Tally]]:
    yield from zip(ledger.sampled_ns[::every], book.samples[::every], strict=True)
    yield ledger.heard_ns, book.now


def _excluded_by(book: Book, times: Sequence[Nanos]) -> list[tuple[int, int]]:
    # Sums of all excluded until each of these rising times, those of underlyings beside.
    waiting = sorted(book.excluded, key=lambda one: one.at_ns, reverse=True)
    sums: list[tuple[int, int]] = []
    pnl = underlying_pnl = 0
    for until_ns in times:
        while waiting and waiting[-1].at_ns <= until_ns:
            one = waiting.pop()
            pnl += one.pnl
            underlying_pnl += one.underlying_pnl
        sums.append((pnl, underlying_pnl))
    return sums
