"""Market-maker protection: what an account's quotes traded within a sliding window pulls them all.

The window is (now − length, now] of game time. Auction fills count like all others.
"""

from itg.kernel.errors import Refusal
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, InFreeze, Side
from itg.positions.contract import (
    QUOTE_PROTECTION_TRIPPED,
    AccountProtectionChanged,
    Fill,
    QuoteProtection,
    ResetQuoteProtection,
    SetQuoteProtection,
)
from itg.positions.core.accounts import Account, Protection, QuoteFill
from itg.positions.core.desk import Desk
from itg.positions.core.orders import QuoteSide
from itg.positions.core.rules import PPM

_OFF = QuoteProtection(window_ns=Nanos(0))


def set_protection(desk: Desk, now: Nanos, ask: SetQuoteProtection, out: list[Message]) -> None:
    """Set an account's protection; what its window holds, and a trip, stay."""
    account = desk.account(ask.account_id)
    if ask.contracts_max is None and ask.delta_max is None:
        account.protection = None
    elif account.protection is None:
        account.protection = Protection(ask.window_ns, ask.contracts_max, ask.delta_max)
    else:
        protection = account.protection
        protection.window_ns = ask.window_ns
        protection.contracts_max = ask.contracts_max
        protection.delta_max = ask.delta_max
    _tell(account, now, out)


def reset_protection(desk: Desk, now: Nanos, ask: ResetQuoteProtection, out: list[Message]) -> None:
    """Let an account quote again with an empty window."""
    account = desk.account(ask.account_id)
    if account.protection is not None:
        account.protection.reset()
    _tell(account, now, out)


def watch_quotes(
    desk: Desk, account: Account, side: QuoteSide, fill: Fill, out: list[Message]
) -> None:
    """Count a fill of a quote side; pull all quotes once the window holds too much."""
    protection = account.protection
    if protection is None:
        return
    now, contracts = fill.game_ns, fill.last_quantity
    protection.count(QuoteFill(now, contracts, _delta_of(account, side, contracts)))
    if protection.is_tripped or not protection.is_too_much:
        return
    protection.is_tripped = True
    desk.sweep(account.account_id, CancelReason.QUOTE_PROTECTION, InFreeze.DEFER, orders=False)
    _tell(account, now, out)


def protection_refusal(account: Account) -> Refusal | None:
    """Return why an account may not quote until it resets its protection."""
    protection = account.protection
    if protection is None or not protection.is_tripped:
        return None
    detail = "What the quotes traded within the window pulled them all; reset the protection."
    return Refusal(code=QUOTE_PROTECTION_TRIPPED.code, detail=detail)


def protection_state(account: Account, now: Nanos) -> QuoteProtection | None:
    """Return an account's protection as of a game time, None when it is switched off."""
    protection = account.protection
    if protection is None:
        return None
    # What has left the window since the last fill is still kept: a read changes nothing.
    fills = [fill for fill in protection.fills if fill.at_ns > now - protection.window_ns]
    return QuoteProtection(
        window_ns=protection.window_ns,
        contracts_max=protection.contracts_max,
        delta_max=protection.delta_max,
        contracts_traded=sum(fill.contracts for fill in fills),
        delta_traded=sum(fill.delta for fill in fills),
        is_tripped=protection.is_tripped,
    )


def _delta_of(account: Account, side: QuoteSide, contracts: int) -> int:
    listing = side.holding.listing
    weight = account.terms.delta_weight(listing.underlying_id)
    delta = contracts * listing.delta * weight // PPM
    return delta if side.side is Side.BUY else -delta


def _tell(account: Account, now: Nanos, out: list[Message]) -> None:
    event = AccountProtectionChanged(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        protection=protection_state(account, now) or _OFF,
    )
    account.mailbox.post(event, out)
