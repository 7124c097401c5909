"""What is looked at as time goes by: marks, watched limits' episodes, quotes, the session's loss.

An episode begins when a use is first seen outside its limit and becomes a breach when it has lasted
longer than the grace; it ends when the use is seen inside. While no shard trades nobody can hedge:
the clock of an episode that is no breach yet stands at its beginning, and no breach ends.
"""

from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.positions.core import coverage, markouts
from itg.positions.core.accounts import Account
from itg.positions.core.alerts import warn_once
from itg.positions.core.desk import Desk
from itg.positions.core.episodes import Use, stand_still, stay_inside, stay_outside
from itg.positions.core.facts import Marks
from itg.positions.core.loss_stop import watch_loss
from itg.positions.core.measuring import (
    delta_looked,
    look_at_all,
    mark_all,
    settle_all,
    tell_measures,
)
from itg.positions.core.monitored_rules import DeltaRule, WatchedRule


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
    asked = coverage.asked_now(desk, now) if desk.is_trading else {}
    for account in desk.accounts.values():
        watch_loss(desk, account, out)
        for rule in account.terms.watched:
            _watch(desk, now, account, rule, out)
        role = account.terms.rules.role
        if role in asked:
            coverage.look(desk, now, account, asked[role], out)
    tell_measures(desk, out)


def jump_guard_opened(desk: Desk, now: Nanos, _event: object, _out: list[Message]) -> None:
    """Give makers and hedgers the time a jump takes them."""
    desk.jumped_ns = desk.disturbed_ns = now


def trading_disturbed(desk: Desk, now: Nanos, _event: object, _out: list[Message]) -> None:
    """Give hedgers time: a halt begins or ends."""
    desk.disturbed_ns = now


def _watch(desk: Desk, now: Nanos, account: Account, rule: WatchedRule, out: list[Message]) -> None:
    if not desk.is_trading:
        stand_still(account, rule.kind)
        return
    if isinstance(rule, DeltaRule):
        used = delta_looked(account, rule)
    else:
        used = rule.use(account.portfolio)
    warn_once(account, (rule.kind, None), used, (rule.warn_at, rule.limit), out)
    use = Use(rule.kind, used, rule.limit)
    if used <= rule.limit:
        stay_inside(account, use, out)
    else:
        stay_outside(account, use, now, rule.grace_ns(now, desk.disturbed_ns), out)
