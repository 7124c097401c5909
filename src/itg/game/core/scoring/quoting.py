"""How well an account quotes: what it captures of fair value, how long, how full, how much."""

from collections.abc import Mapping
from math import fsum

from itg.game.contract import ScoringRules
from itg.game.core.scoring.books import Book
from itg.game.core.scoring.ledger import Ledger
from itg.game.core.scoring.measured import Measured, Part, share_by_interval
from itg.game.core.scoring.trading import captured_of
from itg.kernel.ids import AccountId


def capture(ledger: Ledger, book: Book, rules: ScoringRules) -> Measured | None:
    """Return Σ side × (fair − price) × quantity over Σ allowed half-spread × quantity.

    Fair is that at the trade and `markout_s` later, averaged; quantities count with their
    multiplier. Trades with other roles than the account's own and the house's, those with one team
    weighed so that at most `team_share_max` of the divisor is theirs. A realised spread as Huang
    and Stoll (1996) measure it, over the widest one that is allowed.
    """
    weights = _weights(book.allowed, book.allowed_from, rules)
    captured = _counted(book.captured, book.captured_from, weights)
    allowed = _counted(book.allowed, book.allowed_from, weights)
    if not allowed > 0:
        return None
    parts = []
    told = book.trade_ids[-rules.numbers.sources_max :]
    for trade_id in told:
        trade = ledger.trades[trade_id]
        pair = trade.maker_account_id, trade.taker_account_id
        other_id = pair[book.account_id == pair[0]]
        better = weights.get(other_id, 1.0) * captured_of(trade, book.account_id)
        parts.append(Part("trade", trade_id, trade.traded_ns, better / allowed))
    return Measured(captured / allowed, parts, len(book.trade_ids) - len(told))


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
    what counts of an account at most `team_share_max` are from one team.
    """
    role = [each for each in ledger.books.values() if each.role == book.role]
    made = [_made(each, rules) for each in role]
    whole = sum(made)
    if not whole:
        return None
    own = _made(book, rules)
    value = own / whole * len(role)
    parts = [Part("contracts", book.made, ledger.heard_ns, value)]
    return Measured(value, parts)


def _made(book: Book, rules: ScoringRules) -> float:
    return _counted(book.made, book.made_from, _weights(book.made, book.made_from, rules))


def _counted(
    whole: int, by_team: Mapping[AccountId, int], weights: Mapping[AccountId, float]
) -> float:
    lost = fsum((1.0 - weights[name]) * by_team[name] for name in weights)
    return whole - lost


def _weights(
    whole: int, by_team: Mapping[AccountId, int], rules: ScoringRules
) -> dict[AccountId, float]:
    # Of the teams whose part is too large, what each part is multiplied by to be the share of
    # what then counts in all: the largest are cut until the next one fits.
    share = rules.numbers.team_share_max
    left, large = whole, 0
    ordered = sorted(by_team.values(), reverse=True)
    while large < len(ordered) and ordered[large] > share * left / (1.0 - share * large):
        left -= ordered[large]
        large += 1
    most = share * left / (1.0 - share * large)
    return {name: most / part for name, part in by_team.items() if part > most}
