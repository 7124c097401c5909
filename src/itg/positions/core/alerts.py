"""Warnings that a limit is nearly used."""

from itg.kernel.messages import Message
from itg.positions.contract import AccountLimitWarned
from itg.positions.core.accounts import Account
from itg.positions.core.portfolio import Holding


def watch_limits(account: Account, holding: Holding, out: list[Message]) -> None:
    """Warn of each limit that is 80 % used in its worst case, once until it falls below.

    Looks at the limits `holding` counts toward, which is all a change of it can move.
    """
    portfolio, terms = account.portfolio, account.terms
    risks = terms.option_risks if holding.listing.is_option else terms.underlying_risks
    for risk in risks:
        worst = risk.worst_case(portfolio, holding)
        is_near = worst >= risk.warn_at
        if not is_near and not account.warned:
            continue
        instrument_id = holding.listing.instrument_id if risk.is_per_instrument else None
        key = (risk.kind, instrument_id)
        if not is_near:
            account.warned.pop(key, None)
        elif key not in account.warned:
            account.warned[key] = None
            warning = AccountLimitWarned(
                account_id=account.account_id,
                private_seq=account.mailbox.next_seq(),
                kind=risk.kind,
                instrument_id=instrument_id,
                used=worst,
                limit=risk.limit,
            )
            account.mailbox.post(warning, out)
