"""Kill switches: one for each account and one for everybody."""

from itg.kernel.errors import Refusal
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, InFreeze
from itg.positions.contract import (
    KILL_SWITCH_OF_ORGANIZER,
    AccountKillSwitchChanged,
    KillSwitchChanged,
    KillSwitchRejected,
    SetKillSwitch,
)
from itg.positions.core.accounts import Account, KillSwitch, never_opened
from itg.positions.core.desk import Desk
from itg.positions.core.stops import restrict


def set_kill_switch(desk: Desk, _now: Nanos, ask: SetKillSwitch, out: list[Message]) -> None:
    """Switch, cancel everything of whom it concerns, and tell them; a repeat tells nobody."""
    account_id = ask.account_id
    if account_id is None:
        switch, concerned = desk.kill_switch, tuple(desk.accounts.values())
    elif account_id in desk.accounts:
        account = desk.accounts[account_id]
        switch, concerned = account.kill_switch, (account,)
    else:
        _reject(ask, never_opened(account_id), out)
        return
    if not ask.is_active and switch.by_organizer and not ask.by_organizer:
        detail = "The organizer switched it; only the organizer releases it."
        _reject(ask, Refusal(code=KILL_SWITCH_OF_ORGANIZER.code, detail=detail), out)
        return
    was = (switch.is_active, switch.by_organizer)
    _switch(switch, ask)
    out.append(
        KillSwitchChanged(
            account_id=account_id,
            is_active=switch.is_active,
            by_organizer=switch.by_organizer if switch.is_active else ask.by_organizer,
        )
    )
    if was != (switch.is_active, switch.by_organizer):
        for account in concerned:
            _apply(desk, account, ask, out)


def _switch(switch: KillSwitch, ask: SetKillSwitch) -> None:
    # What the organizer switched stays the organizer's while it is active.
    switch.by_organizer = ask.is_active and (switch.by_organizer or ask.by_organizer)
    switch.is_active = ask.is_active


def _apply(desk: Desk, account: Account, ask: SetKillSwitch, out: list[Message]) -> None:
    restrict(desk, account)
    if ask.is_active:
        desk.sweep(account.account_id, CancelReason.KILL_SWITCH, InFreeze.ACT)
    event = AccountKillSwitchChanged(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        is_active=desk.kill_switch.is_active or account.kill_switch.is_active,
        by_organizer=ask.by_organizer,
    )
    account.mailbox.post(event, out)


def _reject(ask: SetKillSwitch, refusal: Refusal, out: list[Message]) -> None:
    out.append(KillSwitchRejected(account_id=ask.account_id, refusal=refusal))
