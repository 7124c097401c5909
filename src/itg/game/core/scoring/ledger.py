"""One round as it is summed: accounts, the spans of time P&L is read over, trades, samples."""

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from itg.game.contract import RoleScoring, ScoringRules, Team
from itg.game.core.scoring.books import Book, Tally
from itg.game.core.scoring.facts import BreachFact, MeasureFact, TradeFact
from itg.kernel.ids import AccountId, Role, UnderlyingId
from itg.kernel.times import NS_PER_MINUTE, Nanos

HEADLINE, SIGNAL, WINDOW = "headline", "signal", "window"


class Span(Struct):
    """A time over which P&L is read: from a headline to the next, of a signal, of a window.

    A signal's is its vega's P&L. `role` None: everybody's. `starts` and `ends` are sums at both
    ends by account, 0 for one that came later. `contracts` and `equivalents` (1e-6) are what each
    traded within it, the latter in its first seconds alone.
    """

    kind: str
    source_id: int
    role: Role | None
    start_ns: Nanos
    end_ns: Nanos | None = None
    is_open: bool = True
    starts: dict[AccountId, int] = field(default_factory=dict)
    ends: dict[AccountId, int] = field(default_factory=dict)
    contracts: dict[AccountId, int] = field(default_factory=dict)
    equivalents: dict[AccountId, int] = field(default_factory=dict)

    def is_of(self, role: Role) -> bool:
        """Tell whether a role's accounts are read over it."""
        return self.role is None or self.role == role

    def counts_for(self, book: Book) -> bool:
        """Tell whether an account is judged by it: it is its role's, and began as it played."""
        return self.is_of(book.role) and self.start_ns >= book.joined_ns


class Ledger(Struct):
    """All that a round's scores are computed from; samples are taken each minute of trading."""

    round_id: int
    start_ns: Nanos
    underlyings: tuple[UnderlyingId, ...] = ()
    others: dict[AccountId, Role] = field(default_factory=dict)  # accounts that are no team's
    books: dict[AccountId, Book] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    trades: dict[int, TradeFact] = field(default_factory=dict)
    sampled_ns: list[Nanos] = field(default_factory=list)
    leader_prices: list[int] = field(default_factory=list)
    leader_price: int = 0
    heard_ns: Nanos = Nanos(0)  # when accounts were measured last
    is_ended: bool = False
    is_closed: bool = False  # the last sample is of the settled round

    def seat(self, teams: Iterable[Team], rules: ScoringRules, joined_ns: Nanos = Nanos(0)) -> None:
        """Open a book for every team of a scored role that has none; see `Book.joined_ns`."""
        for team in teams:
            if team.account_id not in self.books and scoring_of(rules, team.role) is not None:
                book = Book(
                    account_id=team.account_id,
                    team_id=team.team_id,
                    role=team.role,
                    joined_ns=joined_ns,
                )
                book.samples = [Tally() for _ in self.sampled_ns]
                self.books[team.account_id] = book

    def measure(
        self,
        now: Nanos,
        measures: Sequence[MeasureFact],
        rules: ScoringRules,
        *,
        is_trading: bool,
    ) -> None:
        """Take a second's measures, close what has come to its end, sample each minute."""
        for measure in measures:
            book = self.books.get(measure.account_id)
            of_role = None if book is None else scoring_of(rules, book.role)
            if book is not None and of_role is not None:
                book.measure(now, measure, of_role, rules.numbers, is_trading=is_trading)
        self.heard_ns = now
        self._sample(now, measures, is_trading=is_trading)
        for span in self.spans:
            until_ns = span.end_ns
            if span.is_open and until_ns is not None and now >= until_ns:
                self._close(span, until_ns)  # a signal: the others do not know their end

    def close(self, now: Nanos, measures: Sequence[MeasureFact], rules: ScoringRules) -> None:
        """Take the last measures of all, again after a correction: they are the last sample."""
        if self.is_closed:
            self.sampled_ns.pop()
            self.leader_prices.pop()
            for book in self.books.values():
                book.samples.pop()
        self.is_closed = True
        for measure in measures:
            if measure.account_id in self.books:
                self.books[measure.account_id].settle(measure)
        self.heard_ns = now
        for span in self.spans:
            if span.is_open and span.end_ns is not None and now >= span.end_ns:
                self._close(span, span.end_ns)
        self.sampled_ns.append(now)
        self.leader_prices.append(self.leader_price)
        for book in self.books.values():
            book.sample(book.now.held_least)

    @property
    def has_traded(self) -> bool:
        """Tell whether any team had a second of trading."""
        return any(book.now.trading_s for book in self.books.values())

    def zero(self, account_id: AccountId) -> None:
        """Let the round count nothing for an account."""
        book = self.books.get(account_id)
        if book is not None:
            book.is_zeroed = True

    def role_of(self, account_id: AccountId | None) -> Role | None:
        """Return the role of a team's or another account, None for one nobody knows."""
        if account_id is None:
            return None
        book = self.books.get(account_id)
        return self.others.get(account_id) if book is None else book.role

    def open_span(self, span: Span) -> None:
        """Begin to read P&L from here on; a headline ends the one before."""
        if span.kind == HEADLINE:
            self.close_spans(span.start_ns, [one for one in self.spans if one.kind == HEADLINE])
        span.starts = self._sums(span)
        self.spans.append(span)

    def close_spans(self, at_ns: Nanos, spans: Sequence[Span]) -> None:
        """End those of these spans that are still open."""
        for span in spans:
            if span.is_open:
                self._close(span, at_ns)

    def breach(self, now: Nanos, told: BreachFact) -> None:
        """Note a breach, with the time since it began."""
        book = self.books.get(told.account_id)
        if book is None:
            return
        since_ns = max(told.since_ns, self.sampled_ns[0] if self.sampled_ns else now)
        book.breach(self.heard_ns, since_ns, told)

    def clear(self, account_id: AccountId, kind: str) -> None:
        """Note that a limit is kept again."""
        book = self.books.get(account_id)
        if book is not None:
            book.clear(self.heard_ns, kind)

    def _close(self, span: Span, at_ns: Nanos) -> None:
        span.is_open, span.end_ns = False, at_ns
        span.ends = self._sums(span)

    def _sums(self, span: Span) -> dict[AccountId, int]:
        return {
            account_id: book.now.vega if span.kind == SIGNAL else book.now.pnl
            for account_id, book in self.books.items()
            if span.is_of(book.role)
        }

    def _sample(self, now: Nanos, measures: Sequence[MeasureFact], *, is_trading: bool) -> None:
        if self.sampled_ns:
            is_due = now // NS_PER_MINUTE > self.sampled_ns[-1] // NS_PER_MINUTE
        else:
            is_due = is_trading
        if is_due:
            self.sampled_ns.append(now)
            self.leader_prices.append(self.leader_price)
            held = {measure.account_id: measure.options_held for measure in measures}
            for account_id, book in self.books.items():
                book.sample(held.get(account_id, 0))


def scoring_of(rules: ScoringRules, role: Role) -> RoleScoring | None:
    """Return how a role is scored, None if it is not."""
    return next((each for each in rules.roles if each.role == role), None)
