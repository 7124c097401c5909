"""What a trade adds to the books and the windows, and how it is taken back.

Sums of integers: a trade that is busted is subtracted, and what remains is what would have been.

What two teams pay one another can be arranged. Beyond the allowed half-spread their trade counts
for nothing; within it a team's gain against fair value counts in no P&L, and its loss does. So no
money that one team hands to another is a result of the other.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from itg.game.contract import ScoringRules
from itg.game.core.scoring.books import Book, Excluded
from itg.game.core.scoring.facts import TradeFact
from itg.game.core.scoring.ledger import WINDOW, Ledger
from itg.kernel.ids import AccountId, TradeId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos


def count_trade(ledger: Ledger, trade: TradeFact, rules: ScoringRules) -> None:
    """Add a marked trade to all it counts for; one of an account with itself is none."""
    if trade.maker_account_id == trade.taker_account_id:
        return
    if not any(account in ledger.books for account in _accounts(trade)):
        return
    ledger.trades[trade.trade_id] = trade
    _apply(ledger, trade, rules, (trade.traded_ns, ledger))


def correct_trade(
    ledger: Ledger,
    trade_id: TradeId,
    price: Price | None,
    rules: ScoringRules,
    moved: tuple[Nanos, Ledger | None],
) -> bool:
    """Undo a trade, or let it count at another price; False if it is not (yet) counted here.

    `moved` is when its cash moves, and the ledger whose P&L that moves.
    """
    trade = ledger.trades.pop(trade_id, None)
    if trade is None:
        return False
    _apply(ledger, trade, rules, moved, sign=-1)
    if price is not None:
        repriced = replace(trade, price=price)
        ledger.trades[trade_id] = repriced
        _apply(ledger, repriced, rules, moved)
    return True


def is_far_between_teams(ledger: Ledger, trade: TradeFact) -> bool:
    """Tell whether two teams traded beyond the allowed half-spread from fair value."""
    are_teams = all(account in ledger.books for account in _accounts(trade))
    return are_teams and abs(trade.price - trade.mark_price) > trade.half_spread


def captured_of(trade: TradeFact, account_id: AccountId) -> int:
    """Return twice what a trade captured of fair value at it and later, averaged, in cash."""
    better = trade.mark_price + trade.later_price - 2 * trade.price
    return _side_of(trade, account_id) * better * trade.quantity * trade.multiplier


def _apply(
    ledger: Ledger,
    trade: TradeFact,
    rules: ScoringRules,
    moved: tuple[Nanos, Ledger | None],
    *,
    sign: int = 1,
) -> None:
    at_ns, measured = moved
    is_far = is_far_between_teams(ledger, trade)
    house = ledger.role_of(rules.house_account_id)
    for book, other_id in _sides(ledger, trade):
        book.contracts += sign * trade.quantity
        gain = _gain_of(trade, book.account_id)
        if is_far or (gain > 0 and other_id in ledger.books):
            paid = _paid_in(measured, book, ledger)
            if paid is not None:
                paid.excluded.append(_excluded(ledger, trade, sign * gain, at_ns))
        if is_far:
            continue
        _apply_to_windows(ledger, trade, book, rules, sign)
        if ledger.role_of(other_id) not in {book.role, house}:
            _apply_to_quoting(trade, book, sign, ledger.books.get(other_id))


def _paid_in(measured: Ledger | None, book: Book, ledger: Ledger) -> Book | None:
    if measured is ledger:
        return book
    # A later round's: a seat that began anew has no part in what the one before it did.
    later = None if measured is None else measured.books.get(book.account_id)
    is_same_seat = later is not None and later.role == book.role and not book.is_zeroed
    return later if is_same_seat else None


def _apply_to_quoting(trade: TradeFact, book: Book, sign: int, other: Book | None) -> None:
    captured = sign * captured_of(trade, book.account_id)
    allowed = sign * 2 * trade.half_spread * trade.quantity * trade.multiplier
    book.captured += captured
    book.allowed += allowed
    if other is not None:
        name = other.account_id
        book.captured_from[name] = book.captured_from.get(name, 0) + captured
        book.allowed_from[name] = book.allowed_from.get(name, 0) + allowed
    if sign > 0:
        book.trade_ids.append(trade.trade_id)
    else:
        book.trade_ids.remove(trade.trade_id)
    if book.account_id == trade.maker_account_id:
        book.made += sign * trade.quantity
        if other is not None:
            made = book.made_from.get(other.account_id, 0) + sign * trade.quantity
            book.made_from[other.account_id] = made


def _apply_to_windows(
    ledger: Ledger, trade: TradeFact, book: Book, rules: ScoringRules, sign: int
) -> None:
    at_ns, account_id = trade.traded_ns, book.account_id
    soon_ns = rules.numbers.response_s * NS_PER_S
    for span in ledger.spans:
        is_within = span.start_ns <= at_ns and (span.end_ns is None or at_ns <= span.end_ns)
        if span.kind != WINDOW or span.role != book.role or not is_within:
            continue
        span.contracts[account_id] = span.contracts.get(account_id, 0) + sign * trade.quantity
        if at_ns < span.start_ns + soon_ns:
            moved = sign * abs(trade.delta) * trade.quantity
            span.equivalents[account_id] = span.equivalents.get(account_id, 0) + moved


def _gain_of(trade: TradeFact, account_id: AccountId) -> int:
    edge = _side_of(trade, account_id) * (trade.mark_price - trade.price)
    return edge * trade.quantity * trade.multiplier


def _excluded(ledger: Ledger, trade: TradeFact, pnl: int, at_ns: Nanos) -> Excluded:
    is_underlying = UnderlyingId(trade.instrument_id) in ledger.underlyings
    return Excluded(at_ns, pnl, pnl if is_underlying else 0)


def _side_of(trade: TradeFact, account_id: AccountId) -> int:
    is_buyer = (account_id == trade.taker_account_id) is trade.is_taker_buyer
    return 1 if is_buyer else -1


def _sides(ledger: Ledger, trade: TradeFact) -> Iterator[tuple[Book, AccountId]]:
    maker_id, taker_id = _accounts(trade)
    for account_id, other_id in ((maker_id, taker_id), (taker_id, maker_id)):
        book = ledger.books.get(account_id)
        if book is not None:
            yield book, other_id


def _accounts(trade: TradeFact) -> tuple[AccountId, AccountId]:
    return trade.maker_account_id, trade.taker_account_id
