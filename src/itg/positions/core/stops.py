"""What stops an account beside its role's rules: suspension, kill switches and the loss stop.

A suspension and a kill switch refuse whatever could add an order or a quote; the loss stop lets
through what only brings a position nearer to zero. Cancels and pulls pass all of them.
"""

from itg.kernel.errors import Refusal
from itg.kernel.words import Side
from itg.positions.contract import ACCOUNT_SUSPENDED, KILL_SWITCH_ACTIVE, LOSS_STOP_REACHED
from itg.positions.core.accounts import Account
from itg.positions.core.asks import OrderAsk, QuoteAsk
from itg.positions.core.desk import Desk
from itg.positions.core.portfolio import Holding


def restrict(desk: Desk, account: Account) -> None:
    """Note whether an account's orders have to be looked at; after any change of a stop."""
    account.is_restricted = (
        desk.kill_switch.is_active
        or account.kill_switch.is_active
        or account.is_loss_stopped
        or account.is_suspended
    )


def order_stopped(desk: Desk, account: Account, ask: OrderAsk) -> Refusal | None:
    """Return why a placement or replace is stopped; one that adds nothing never is."""
    if ask.added <= 0:
        return None
    return _kill_refusal(desk, account) or _loss_refusal(account, ask.holding, ask.side, ask.added)


def quote_stopped(desk: Desk, account: Account, ask: QuoteAsk) -> Refusal | None:
    """Return why a quote is stopped."""
    holding = ask.holding
    return (
        _kill_refusal(desk, account)
        or _loss_refusal(account, holding, Side.BUY, ask.added_bid)
        or _loss_refusal(account, holding, Side.SELL, ask.added_ask)
    )


def _kill_refusal(desk: Desk, account: Account) -> Refusal | None:
    if account.is_suspended:
        return Refusal(code=ACCOUNT_SUSPENDED.code, detail=ACCOUNT_SUSPENDED.hint)
    for switch, owner in (
        (account.kill_switch, "This account's"),
        (desk.kill_switch, "Everybody's"),
    ):
        if switch.is_active:
            by = "the organizer" if switch.by_organizer else "its owner"
            detail = f"{owner} kill switch was switched by {by}."
            return Refusal(code=KILL_SWITCH_ACTIVE.code, detail=detail)
    return None


def _loss_refusal(account: Account, holding: Holding, side: Side, added: int) -> Refusal | None:
    if not account.is_loss_stopped or added <= holding.reducing(side):
        return None
    return Refusal(
        code=LOSS_STOP_REACHED.code,
        detail="The session's loss reached the role's stop: only what reduces a position passes.",
        requested=added,
        allowed=holding.reducing(side),
    )
