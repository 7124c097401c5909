"""The obligation to quote: what is asked for, looked at each second, and what follows from it.

A quote knows since when it has been valid without a break. That moves with every event of it, and
at a look, which alone sees a mark that moved or a jump that is over. So a look costs a glance at
each series, and a quote that was gone between two looks does not count at the second one.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import UNSET

from itg.kernel.ids import InstrumentId, Role
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.kernel.words import OptionTerms, Phase
from itg.positions.core.accounts import Account
from itg.positions.core.alerts import warn
from itg.positions.core.coverage_rules import CoverageRule, QuoteTest, Standing
from itg.positions.core.desk import Desk
from itg.positions.core.episodes import Use, stay_inside, stay_outside
from itg.positions.core.listings import Listing
from itg.positions.core.obligations import Obligation
from itg.positions.core.orders import Quote
from itg.positions.core.rules import PPM

REBATE = "maker_rebate"  # the kind of the warning that it is halved


class Asked(NamedTuple):
    """The series a role is asked for now, each with its bit, and all bits together."""

    wanted: int
    series: tuple[tuple[int, InstrumentId], ...]


def maker_fee(account: Account) -> Cash:
    """Return what a maker's contract costs the account now."""
    terms = account.terms
    is_halved = terms.coverage is not None and account.coverage.is_halved
    return terms.halved_maker_fee if is_halved else terms.rules.maker_fee


def series_seconds(account: Account) -> tuple[int, int]:
    """Return the day's series-seconds asked for, and counted as quoted, relief included."""
    return account.coverage.obliged, account.coverage.covered


def follow_quote(desk: Desk, now: Nanos, account: Account, quote: Quote) -> None:
    """Note since when a quote counts, after any event of it."""
    terms = account.terms
    if terms.coverage is None:
        return
    test = terms.quote_test
    standing = test.standing(
        quote,
        is_doubled=_is_doubled(desk, now, test),
        is_at_limit=test.is_at_limit(account.portfolio.filled),
    )
    _note(quote, standing, now)


def asked_now(desk: Desk, now: Nanos) -> dict[Role, Asked]:
    """Return the series each role with an obligation is asked for, chosen anew when it is time."""
    asked: dict[Role, Asked] = {}
    for role, terms in desk.roles.items():
        if terms.coverage is not None:
            obligation = _obligation(desk, now, role, terms.coverage)
            series = tuple(_due(desk, now, obligation))
            asked[role] = Asked(sum(bit for bit, _ in series), series)
    return asked


def look(desk: Desk, now: Nanos, account: Account, asked: Asked, out: list[Message]) -> None:
    """Count which of the series asked for are quoted, and judge the window."""
    rule, coverage, quotes = account.terms.coverage, account.coverage, account.quotes
    if rule is None or not asked.wanted:
        return
    covered = 0
    excused: list[int] = []
    valid_by = now - rule.constraint.valid_after_ns
    glance = _Glance(desk, now, account)
    for bit, instrument_id in asked.series:
        quote = quotes.get(instrument_id)
        if quote is not None and quote.firm_ns is not None and quote.firm_ns <= valid_by:
            covered |= bit
            continue
        standing = glance.at(instrument_id, quote, valid_by)
        if standing is Standing.REDUCING:
            excused.append(bit)
        elif standing is not Standing.SHORT:
            covered |= bit
    coverage.obliged += len(asked.series)
    room = coverage.obliged * rule.constraint.relief_max_ppm // PPM - coverage.relieved
    granted = excused[: max(0, room)]
    coverage.relieved += len(granted)
    covered |= sum(granted)
    coverage.covered += covered.bit_count()
    coverage.add(asked.wanted, covered, rule.looks_max)
    if len(coverage.looks) >= rule.judged_after:
        _judge(now, account, rule, out)


def begin_day(account: Account, out: list[Message]) -> None:
    """Let an account's coverage count from here; what it was flagged for is over."""
    rule = account.terms.coverage
    account.coverage.begin_day()
    if rule is None:
        return
    account.warned.pop((rule.kind, None), None)
    account.warned.pop((REBATE, None), None)
    stay_inside(account, Use(rule.kind, PPM, rule.constraint.breached_below_ppm), out)


class _Glance:
    """What a quote is to the obligation at one look, of those that are not plainly valid."""

    __slots__ = ("_account", "_is_at_limit", "_is_doubled", "_now", "_test")

    def __init__(self, desk: Desk, now: Nanos, account: Account) -> None:
        self._account = account
        self._now = now
        self._test = account.terms.quote_test
        self._is_doubled = _is_doubled(desk, now, self._test)
        self._is_at_limit = self._test.is_at_limit(account.portfolio.filled)

    def at(self, instrument_id: InstrumentId, quote: Quote | None, valid_by: int) -> Standing:
        test = self._test
        if quote is not None:
            standing = test.standing(
                quote, is_doubled=self._is_doubled, is_at_limit=self._is_at_limit
            )
            _note(quote, standing, self._now)
            if quote.valid_ns is not None and quote.valid_ns <= valid_by:
                return standing
        if self._is_at_limit:
            holding = self._account.portfolio.holdings.get(instrument_id)
            # Flat, or too small for a quote that only reduces: nothing may be quoted there.
            if holding is None or not test.is_reducible(holding.net):
                return Standing.REDUCING
        return Standing.SHORT


def _note(quote: Quote, standing: Standing, now: Nanos) -> None:
    if standing is Standing.SHORT:
        quote.valid_ns = None
    elif quote.valid_ns is None:
        quote.valid_ns = now
    quote.firm_ns = quote.valid_ns if standing is Standing.FIRM else None


def _is_doubled(desk: Desk, now: Nanos, test: QuoteTest) -> bool:
    return test.spread is not None and test.spread.is_doubled(now, desk.jumped_ns)


def _judge(now: Nanos, account: Account, rule: CoverageRule, out: list[Message]) -> None:
    coverage, limits = account.coverage, rule.constraint
    share = coverage.share_ppm(PPM)
    told = (share, limits.halved_below_ppm)
    warn(account, (rule.kind, None), told, out, is_near=share < limits.warn_below_ppm)
    has_rebate = account.terms.rules.maker_fee < 0
    coverage.is_halved = has_rebate and share < limits.halved_below_ppm
    warn(account, (REBATE, None), told, out, is_near=coverage.is_halved)
    use = Use(rule.kind, share, limits.breached_below_ppm)
    if share < limits.breached_below_ppm:
        stay_outside(account, use, now, Nanos(0), out)
    else:
        stay_inside(account, use, out)


def _obligation(desk: Desk, now: Nanos, role: Role, rule: CoverageRule) -> Obligation:
    before = desk.obligations.get(role)
    if before is not None and now - before.chosen_ns < rule.constraint.rechosen_ns:
        return before
    chosen = Obligation(now)
    if before is not None:
        chosen.places = before.places
    for instrument_id in _nearest(desk, rule.constraint.strikes):
        due_ns = None if before is None else before.due.get(instrument_id)
        chosen.due[instrument_id] = (
            Nanos(now + rule.constraint.grace_ns) if due_ns is None else due_ns
        )
        chosen.bit_of(instrument_id)
    if chosen.due:  # else nothing is marked yet: chosen again at the next look
        desk.obligations[role] = chosen
    return chosen


def _due(desk: Desk, now: Nanos, obligation: Obligation) -> Iterator[tuple[int, InstrumentId]]:
    phases = desk.open_shards
    for instrument_id, due_ns in obligation.due.items():
        listing = desk.listings[instrument_id]
        is_open = phases.get(listing.shard) is Phase.CONTINUOUS and not listing.is_delisted
        if is_open and due_ns <= now:
            yield obligation.bit_of(instrument_id), instrument_id


def _nearest(desk: Desk, strikes: int) -> list[InstrumentId]:
    # Calls and puts of the strikes nearest to spot, of each underlying and expiry; of two equally
    # near the lower. In listing order.
    chains: dict[tuple[str, int], dict[int, list[Listing]]] = {}
    for listing in desk.listings.values():
        option = listing.instrument.option
        if option is UNSET or listing.is_delisted or listing.settlement_price is not None:
            continue
        assert isinstance(option, OptionTerms)
        chain = chains.setdefault((listing.underlying_id, option.expires_ns), {})
        chain.setdefault(option.strike, []).append(listing)
    chosen = [
        listing
        for (underlying_id, _), chain in chains.items()
        for strike in _by_distance(chain, _spot(desk, underlying_id))[:strikes]
        for listing in chain[strike]
    ]
    chosen.sort(key=lambda listing: listing.index)
    return [listing.instrument_id for listing in chosen]


def _by_distance(strikes: Iterable[int], spot: int | None) -> list[int]:
    if spot is None:
        return []
    return sorted(strikes, key=lambda strike: (abs(strike - spot), strike))


def _spot(desk: Desk, underlying_id: str) -> int | None:
    listing = desk.listings.get(InstrumentId(underlying_id))
    return None if listing is None else listing.mark_price
