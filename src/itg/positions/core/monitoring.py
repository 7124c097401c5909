"""What is looked at as time goes by: marks, the delta limit's episodes, the session's loss.

An episode begins when delta is first seen outside its limit and becomes a breach when it has lasted
longer than the grace; it ends when delta is seen inside. While no shard trades nobody can hedge:
the clock of an episode that is no breach yet stands at its beginning, and no breach ends.
"""

from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.positions.contract import AccountLimitBreached, AccountLimitCleared
from itg.positions.core import markouts
from itg.positions.core.accounts import Account
from itg.positions.core.alerts import warn_once
from itg.positions.core.desk import Desk
from itg.positions.core.facts import Marks
from itg.positions.core.loss_stop import watch_loss
from itg.positions.core.measuring import (
    delta_looked,
    look_at_all,
    mark_all,
    settle_all,
    tell_measures,
)
from itg.positions.core.monitored_rules import DeltaRule


def marks_published(desk: Desk, now: Nanos, event: Marks, out: list[Message]) -> None:
    """Value what was marked; at most once a second of game time look at every account."""
    settle_all(desk)
    markouts.read_marks(desk, now, out)
    mark_all(desk, now, event.marks)
    markouts.read_marks(desk, Nanos(now + 1), out)
    for account in desk.accounts.values():
        account.equity = None
    if desk.checked_ns is not None and now - desk.checked_ns < NS_PER_S:
        return
    desk.checked_ns = now
    look_at_all(desk)
    for account in desk.accounts.values():
        watch_loss(desk, account, out)
        if account.terms.delta_limit is not None:
            _watch_delta(desk, now, account, account.terms.delta_limit, out)
    tell_measures(desk, out)


def jump_guard_opened(desk: Desk, now: Nanos, _event: object, _out: list[Message]) -> None:
    """Give makers and hedgers the time a jump takes them."""
    desk.jumped_ns = desk.disturbed_ns = now


def trading_disturbed(desk: Desk, now: Nanos, _event: object, _out: list[Message]) -> None:
    """Give hedgers time: a halt begins or ends."""
    desk.disturbed_ns = now


def _watch_delta(
    desk: Desk, now: Nanos, account: Account, rule: DeltaRule, out: list[Message]
) -> None:
    if not desk.is_trading:
        account.outside_ns = None
        return
    used = delta_looked(account, rule)
    warn_once(account, (rule.kind, None), used, (rule.warn_at, rule.limit), out)
    if used <= rule.limit:
        account.outside_ns = None
        if account.is_breached:
            account.is_breached = False
            _post_cleared(account, rule, used, out)
        return
    if account.outside_ns is None:
        account.outside_ns = now
    if not account.is_breached and now - account.outside_ns >= _grace_ns(desk, now, rule):
        account.is_breached = True
        _post_breached(account, rule, used, out)


def _grace_ns(desk: Desk, now: Nanos, rule: DeltaRule) -> Nanos:
    disturbed_ns = desk.disturbed_ns
    if disturbed_ns is not None and now - disturbed_ns <= rule.grace_after_jump_ns:
        return rule.grace_after_jump_ns
    return rule.grace_ns


def _post_breached(account: Account, rule: DeltaRule, used: int, out: list[Message]) -> None:
    assert account.outside_ns is not None
    event = AccountLimitBreached(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        kind=rule.kind,
        used=used,
        limit=rule.limit,
        since_ns=account.outside_ns,
    )
    account.mailbox.post(event, out)


def _post_cleared(account: Account, rule: DeltaRule, used: int, out: list[Message]) -> None:
    event = AccountLimitCleared(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        kind=rule.kind,
        used=used,
        limit=rule.limit,
    )
    account.mailbox.post(event, out)
