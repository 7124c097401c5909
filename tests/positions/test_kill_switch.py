import pytest
from tests.positions.scene import (
    ALICE,
    BOB,
    CAROL,
    MAKER,
    TRADER,
    Scene,
    cancel,
    of,
    only,
    order,
    quotes,
    replace,
    role,
    two_sided,
)

from itg.exchange.contract import MassCancel
from itg.kernel.ids import AccountId
from itg.kernel.words import CancelReason, InFreeze, Phase
from itg.positions.contract import (
    AccountKillSwitchChanged,
    AccountOrderUpdated,
    AccountQuoteRejected,
    AccountReplaceRejected,
    GetKillSwitches,
    KillSwitchChanged,
    KillSwitches,
    KillSwitchRejected,
    OpenAccount,
    PrivateEvent,
    SetKillSwitch,
)
from itg.positions.service import PositionsService

TEN_WIDE = two_sided("9.00", 10, "11.00", 10)


def scene(phase: Phase = Phase.CONTINUOUS) -> Scene:
    return Scene(role(TRADER), role(MAKER, quotes=True), phase=phase)


def kill(account_id: AccountId | None, *, by_organizer: bool = False) -> SetKillSwitch:
    return SetKillSwitch(account_id=account_id, by_organizer=by_organizer)


def release(account_id: AccountId | None, *, by_organizer: bool = False) -> SetKillSwitch:
    return SetKillSwitch(account_id=account_id, is_active=False, by_organizer=by_organizer)


def test_it_cancels_orders_and_quotes_in_every_shard() -> None:
    market = scene()
    market.rest(order(CAROL, "buy", 1, "8.00"))
    market.send(quotes(CAROL, TEN_WIDE))
    told = market.send(kill(CAROL))
    swept = of(MassCancel, told)
    assert [command.shard for command in swept] == [0, 1]
    assert {(c.orders, c.quotes, c.reason, c.in_freeze) for c in swept} == {
        (True, True, CancelReason.KILL_SWITCH, InFreeze.ACT)
    }
    assert only(AccountOrderUpdated, told).cancel_reason is CancelReason.KILL_SWITCH
    assert market.worst_case(CAROL, "position_limit") == 0


def test_it_works_in_the_freeze() -> None:
    market = scene(Phase.PRE_OPEN)
    market.rest(order(ALICE, "buy", 1, "8.00"))
    market.enter(Phase.OPENING_AUCTION)
    told = market.send(kill(ALICE))
    assert only(AccountOrderUpdated, told).cancel_reason is CancelReason.KILL_SWITCH


def test_orders_and_quotes_are_refused_until_it_is_released() -> None:
    market = scene()
    market.send(kill(CAROL))
    assert market.refused(order(CAROL, "buy", 1, "8.00")) == "KILL_SWITCH_ACTIVE"
    rejected = only(AccountQuoteRejected, market.send(quotes(CAROL, TEN_WIDE)))
    assert rejected.refusal.code == "KILL_SWITCH_ACTIVE"
    assert market.refused(order(BOB, "buy", 1, "8.00")) is None
    market.send(release(CAROL))
    assert market.refused(order(CAROL, "buy", 1, "8.00")) is None


def test_a_replace_that_adds_is_refused_and_a_cancel_passes() -> None:
    market = scene(Phase.CONTINUOUS)
    working = market.rest(order(ALICE, "buy", 5, "8.00"))
    # Round the machine: the exchange has not canceled it yet.
    market.positions.handle(market.now, kill(ALICE))
    told = market.positions.handle(market.now, replace(ALICE, working, quantity=6))
    assert only(AccountReplaceRejected, told).refusal.code == "KILL_SWITCH_ACTIVE"
    told = market.positions.handle(market.now, replace(ALICE, working, quantity=4))
    assert not of(AccountReplaceRejected, told)
    told = market.send(cancel(ALICE, working))
    assert only(AccountOrderUpdated, told).cancel_reason is CancelReason.REQUESTED


def test_again_changes_nothing_and_is_answered() -> None:
    market = scene()
    first = market.send(kill(ALICE))
    assert only(AccountKillSwitchChanged, first).is_active
    before = market.positions.snapshot()
    again = market.send(kill(ALICE))
    assert again == (KillSwitchChanged(account_id=ALICE, is_active=True, by_organizer=False),)
    assert market.positions.snapshot() == before


def test_everybodys_switch_tells_and_stops_every_account() -> None:
    market = scene()
    market.rest(order(ALICE, "buy", 1, "8.00"))
    told = market.send(kill(None, by_organizer=True))
    heard = [event.account_id for event in of(AccountKillSwitchChanged, told)]
    assert heard == ["alice", "bob", "carol", "dave"]
    assert market.refused(order(BOB, "buy", 1, "8.00")) == "KILL_SWITCH_ACTIVE"


def test_an_account_that_opens_later_is_stopped_too() -> None:
    market = scene()
    market.send(kill(None, by_organizer=True))
    late = AccountId("late")
    market.send(OpenAccount(account_id=late, role=TRADER))
    assert market.refused(order(late, "buy", 1, "8.00")) == "KILL_SWITCH_ACTIVE"


def test_an_accounts_own_switch_outlasts_everybodys() -> None:
    market = scene()
    market.send(kill(ALICE))
    market.send(kill(None, by_organizer=True))
    told = market.send(release(None, by_organizer=True))
    states = {event.account_id: event.is_active for event in of(AccountKillSwitchChanged, told)}
    assert states == {"alice": True, "bob": False, "carol": False, "dave": False}
    assert market.refused(order(ALICE, "buy", 1, "8.00")) == "KILL_SWITCH_ACTIVE"


@pytest.mark.parametrize("account_id", [ALICE, None])
def test_the_organizers_switch_is_released_by_the_organizer_only(
    account_id: AccountId | None,
) -> None:
    market = scene()
    market.send(kill(account_id))
    market.send(kill(account_id, by_organizer=True))
    told = market.send(release(account_id))
    assert only(KillSwitchRejected, told).refusal.code == "KILL_SWITCH_OF_ORGANIZER"
    assert market.refused(order(ALICE, "buy", 1, "8.00")) == "KILL_SWITCH_ACTIVE"
    told = market.send(release(account_id, by_organizer=True))
    assert not only(KillSwitchChanged, told).is_active
    assert market.refused(order(ALICE, "buy", 1, "8.00")) is None


def test_nobodys_account_has_no_switch() -> None:
    told = scene().send(kill(AccountId("nobody")))
    refusal = only(KillSwitchRejected, told).refusal
    assert (refusal.code, refusal.field) == ("ACCOUNT_NOT_FOUND", "account_id")
    assert refusal.detail == "Account 'nobody' was never opened."
    assert not of(PrivateEvent, told)


def test_it_survives_a_restart_and_can_be_read() -> None:
    market = scene()
    market.send(kill(BOB))
    data = market.positions.snapshot()
    market.positions = PositionsService()
    market.positions.restore(data)
    assert market.ask(GetKillSwitches()) == KillSwitches(is_active=False, account_ids=(BOB,))
    assert market.refused(order(BOB, "buy", 1, "8.00")) == "KILL_SWITCH_ACTIVE"
