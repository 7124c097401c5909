"""The loss stop: a session's loss, at marks, that ends an account's adding for the day.

The session's P&L is equity now less equity when the day opened. Adding up an account's holdings
costs as much as all the rest of a trade, so the sum is kept until a mark moves, and a fill in
between changes it by what the fill is off the mark and by its fee.
"""

from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.words import CancelReason, InFreeze
from itg.positions.contract import AccountLossStopped
from itg.positions.core.accounts import Account
from itg.positions.core.desk import Desk
from itg.positions.core.stops import restrict


def equity_of(account: Account) -> int:
    """Return cash plus everything held at its mark."""
    if account.equity is None:
        account.equity = account.portfolio.equity()
    return account.equity


def begin_day(desk: Desk, account: Account) -> None:
    """Let an account use its client order ids again, and trade; its P&L counts from here."""
    account.answers.clear()
    account.day_equity = Cash(equity_of(account))
    account.is_loss_stopped = False
    restrict(desk, account)


def watch_loss(desk: Desk, account: Account, out: list[Message]) -> None:
    """Stop an account whose session's loss has reached its role's stop; once a day."""
    rule = account.terms.loss_stop
    if rule is None or account.is_loss_stopped or not desk.open_shards:
        return
    session_pnl = equity_of(account) - account.day_equity
    if session_pnl > -rule.max_loss:
        return
    account.is_loss_stopped = True
    restrict(desk, account)
    desk.sweep(account.account_id, CancelReason.LOSS_STOP, InFreeze.DEFER)
    stopped = AccountLossStopped(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        session_pnl=Cash(session_pnl),
        limit=rule.max_loss,
    )
    account.mailbox.post(stopped, out)
