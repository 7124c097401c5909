"""What can be read of obligations: the quotes asked for, and the legs."""

from collections import Counter

from itg.kernel.messages import Query, Reply
from itg.positions.contract import (
    AccountMissing,
    Coverage,
    GetCoverage,
    LegDelta,
    LimitUse,
    SeriesCoverage,
)
from itg.positions.core.accounts import Account
from itg.positions.core.desk import Desk
from itg.positions.core.obligations import Obligation
from itg.positions.core.rules import PPM


def coverage_uses(account: Account) -> tuple[LimitUse, ...]:
    """Return the row of an obligation to quote, none before the day has asked for anything."""
    rule, coverage = account.terms.coverage, account.coverage
    if rule is None or not coverage.looks:
        return ()
    least, share = rule.constraint.halved_below_ppm, coverage.share_ppm(PPM)
    use = LimitUse(
        kind=rule.kind,
        instrument_id=None,
        limit=least,
        used=share,
        worst_case=share,
        headroom=max(0, share - least),
        is_floor=True,
    )
    return (use,)


def leg_deltas(account: Account) -> tuple[LegDelta, ...]:
    """Return the legs an account is to balance."""
    rule = account.terms.balance
    legs = {} if rule is None else rule.legs(account.portfolio)
    return tuple(LegDelta(underlying_id=name, delta=leg) for name, leg in legs.items())


def read_coverage(desk: Desk, query: Query) -> Reply:
    """Return how an account meets its obligation to quote."""
    assert isinstance(query, GetCoverage)
    account = desk.accounts.get(query.account_id)
    if account is None:
        return AccountMissing(account_id=query.account_id)
    coverage, terms = account.coverage, account.terms
    obligation = desk.obligations.get(terms.rules.role)
    is_obliged = terms.coverage is not None
    return Coverage(
        account_id=account.account_id,
        coverage_ppm=coverage.share_ppm(PPM) if is_obliged and coverage.looks else None,
        relief_ppm=coverage.relieved * PPM // coverage.obliged if coverage.obliged else 0,
        is_rebate_halved=is_obliged and coverage.is_halved,
        series=_series(account, obligation) if is_obliged and obligation else (),
        obliged=coverage.obliged,
        covered=coverage.covered,
    )


def _series(account: Account, obligation: Obligation) -> tuple[SeriesCoverage, ...]:
    looks = account.coverage.looks
    counted = Counter(looks).items()  # many looks are like the one before
    last_asked, last_covered = looks[-1] if looks else (0, 0)
    rows: list[SeriesCoverage] = []
    for name in obligation.due:
        bit = obligation.bit_of(name)
        asked = sum(count for (wanted, _), count in counted if wanted & bit)
        covered = sum(count for (_, quoted), count in counted if quoted & bit)
        row = SeriesCoverage(
            instrument_id=name,
            coverage_ppm=covered * PPM // asked if asked else 0,
            is_covered=bool(last_covered & bit),
            is_asked=bool(last_asked & bit),
        )
        rows.append(row)
    return tuple(rows)
