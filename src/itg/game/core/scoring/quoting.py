"""How well an account quotes: what it captures of fair value, how long, how full, how much."""

from itg.game.contract import ScoringRules
from itg.game.core.scoring.books import Book
from itg.game.core.scoring.ledger import Ledger
from itg.game.core.scoring.measured import Measured, Part, share_by_interval
from itg.game.core.scoring.trading import captured_of


def capture(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return Σ side × (fair − price) × quantity over Σ allowed half-spread × quantity.

    Fair is that at the trade and `markout_s` later, averaged; quantities count with their
    multiplier. Trades with other roles than the account's own and the house's. A realised spread as
    Huang and Stoll (1996) measure it, over the widest one that is allowed.
    """
    if not book.allowed:
        return None
    parts = []
    told = book.trade_ids[-rules.numbers.sources_max :]
    for trade_id in told:
        trade = ledger.trades[trade_id]
        better = captured_of(trade, book.account_id)
        parts.append(Part("trade", trade_id, trade.traded_ns, better / book.allowed))
    return Measured(book.captured / book.allowed, parts, len(book.trade_ids) - len(told))


def coverage(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of obligated series-seconds that were covered."""
    whole = book.now.obliged
    return share_by_interval(ledger, book, rules, lambda tally: tally.covered, whole)


def inventory(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the mean of ½(Σ|q| / limit)² + ½(delta / limit)² over the seconds of trading."""
    of_role = next(each for each in rules.roles if each.role == book.role)
    if not (of_role.portfolio_limit and of_role.delta_limit):
        return None
    whole = book.now.trading_s
    return share_by_interval(ledger, book, rules, lambda tally: tally.load, whole)


def volume(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return the share of what the role made, over the fair share of one of its accounts.

    Made are contracts traded as the resting side with other roles than the own and the house's. Of
    an account's at most `team_share_max` count from one team.
    """
    role = [each for each in ledger.books.values() if each.role == book.role]
    made = [_counted(each, rules) for each in role]
    whole = sum(made)
    if not whole:
        return None
    own = _counted(book, rules)
    value = own / whole * len(role)
    parts = [Part("contracts", book.made, ledger.heard_ns, value)]
    return Measured(value, parts)


def _counted(book: Book, rules: ScoringRules) -> float:
    most = rules.numbers.team_share_max * book.made
    from_teams = sum(book.made_from.values())
    return book.made - from_teams + sum(min(each, most) for each in book.made_from.values())
