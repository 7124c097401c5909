"""Warnings that a limit is nearly used."""

from itg.kernel.ids import InstrumentId
from itg.kernel.messages import Message
from itg.positions.contract import AccountLimitWarned
from itg.positions.core.accounts import Account
from itg.positions.core.portfolio import Holding

LimitKey = tuple[str, InstrumentId | None]  # kind; None for limits of the whole account


def watch_limits(account: Account, holding: Holding, out: list[Message]) -> None:
    """Warn of each limit that is 80 % used in its worst case, once until it falls below.

    Looks at the limits `holding` counts toward, which is all a change of it can move.
    """
    portfolio, terms = account.portfolio, account.terms
    risks = terms.option_risks if holding.listing.is_option else terms.underlying_risks
    for risk in risks:
        worst = risk.worst_case(portfolio, holding)
        if worst < risk.warn_at and not account.warned:
            continue
        instrument_id = holding.listing.instrument_id if risk.is_per_instrument else None
        warn_once(account, (risk.kind, instrument_id), worst, (risk.warn_at, risk.limit), out)


def warn_once(
    account: Account, key: LimitKey, used: int, marks: tuple[int, int], out: list[Message]
) -> None:
    """Warn of a limit whose use is at its warning mark, the first of `marks`; the second is it."""
    warn_at, limit = marks
    warn(account, key, (used, limit), out, is_near=used >= warn_at)


def warn(
    account: Account, key: LimitKey, use: tuple[int, int], out: list[Message], *, is_near: bool
) -> None:
    """Warn of a limit that is near, once until it is not; `use` is what is used, and the limit."""
    if not is_near:
        account.warned.pop(key, None)
    elif key not in account.warned:
        account.warned[key] = None
        (kind, instrument_id), (used, limit) = key, use
        warning = AccountLimitWarned(
            account_id=account.account_id,
            private_seq=account.mailbox.next_seq(),
            kind=kind,
            instrument_id=instrument_id,
            used=used,
            limit=limit,
        )
        account.mailbox.post(warning, out)
