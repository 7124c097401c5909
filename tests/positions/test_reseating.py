"""An organizer's acts on accounts: a new seat, a correction, a suspension, another role."""

import pytest
from msgspec.structs import replace
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    MAKER,
    MULTIPLIER,
    PUT,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    quotes,
    role,
    two_sided,
    usd,
)

from itg.kernel.ids import AccountId, InstrumentId, Role
from itg.kernel.money import Cash, Price
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Phase
from itg.positions.contract import (
    AccountAdjusted,
    AccountLossStopped,
    AccountPositionChanged,
    AccountReseated,
    AdjustAccount,
    AdjustmentRejected,
    HandedOver,
    LossStop,
    OrderSizeLimit,
    ReplaceRole,
    ReseatAccount,
    SetKillSwitch,
    SuspendAccount,
)
from itg.positions.service import PositionsService

START_CASH = 10_000_000_0000
FEES = (100, 200)


def scene() -> Scene:
    """Bob has sold seven calls and two puts to Alice; the calls are marked above their price."""
    market = Scene(role(TRADER, fees=FEES), role(MAKER, quotes=True))
    for instrument_id, quantity, price in ((CALL, 7, "10.00"), (PUT, 2, "3.00")):
        market.rest(order(BOB, "sell", quantity, price, instrument_id))
        market.send(order(ALICE, "buy", quantity, price, instrument_id))
    market.send(marks(call="12.00"))
    return market


def reseat(account_id: AccountId = ALICE, role_name: Role = MAKER) -> ReseatAccount:
    return ReseatAccount(account_id=account_id, role=role_name, counterparty_id=CAROL)


def test_a_reseated_account_begins_anew_in_its_role() -> None:
    market = scene()
    told = market.send(reseat())
    seated = only(AccountReseated, told)
    mine = market.holdings(ALICE)
    assert (seated.role, seated.cash, mine.role, mine.cash) == (
        MAKER,
        START_CASH,
        MAKER,
        START_CASH,
    )
    assert mine.positions == ()
    assert (mine.realized_pnl, mine.unrealized_pnl, mine.fees) == (0, 0, 0)


def test_what_it_held_goes_to_the_house_at_the_marks_and_without_one_at_its_cost() -> None:
    market = scene()
    seated = only(AccountReseated, market.send(reseat()))
    assert seated.handed_over == (
        HandedOver(CALL, 7, usd("12.00")),
        HandedOver(PUT, 2, usd("3.00")),
    )
    house = market.holdings(CAROL)
    assert [p.net_quantity for p in house.positions] == [7, 2]
    assert house.cash == START_CASH - (7 * 12_0000 + 2 * 3_0000) * MULTIPLIER
    fees = 9 * FEES[1]
    won = 7 * 2_0000 * MULTIPLIER
    assert seated.cash_changed == fees - won  # so that it has its starting cash again


def test_positions_are_told_after_the_new_seat_to_both_sides() -> None:
    market = scene()
    told = market.send(reseat())
    changed = of(AccountPositionChanged, told)
    assert [(c.account_id, c.position.net_quantity) for c in changed] == [
        (ALICE, 0),
        (CAROL, 7),
        (ALICE, 0),
        (CAROL, 2),
    ]
    assert told.index(only(AccountReseated, told)) < told.index(changed[0])


def test_orders_and_quotes_of_a_reseated_account_are_canceled() -> None:
    market = scene()
    market.rest(order(ALICE, "buy", 1, "1.00"))
    market.send(reseat())
    assert market.place(order(ALICE, "buy", 1, "1.00", tag="new")).order is not None
    market.send(quotes(ALICE, two_sided("1.00", 10, "2.00", 10)))
    market.send(reseat(role_name=TRADER))
    assert market.worst_case(ALICE, "position_limit") == 0


def test_a_stopped_account_trades_again_in_its_new_seat_and_a_kill_switch_stays() -> None:
    stop = LossStop(max_loss=Cash(100_0000))
    market = Scene(role(TRADER, stop), role(MAKER))
    market.rest(order(BOB, "sell", 5, "10.00"))
    market.send(marks(call="10.00"))
    market.send(order(ALICE, "buy", 5, "10.00"))
    assert only(AccountLossStopped, market.send(marks(call="9.00"), NS_PER_S)).account_id == ALICE
    market.send(reseat(role_name=TRADER))
    assert market.refused(order(ALICE, "buy", 1, "9.00")) is None
    market.send(SetKillSwitch(account_id=ALICE, by_organizer=True))
    market.send(reseat(role_name=TRADER))
    assert market.refused(order(ALICE, "buy", 1, "9.00")) == "KILL_SWITCH_ACTIVE"


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_reseated_and_corrected_nothing_is_made_or_lost(seed: int) -> None:
    rng = Rng(seed, "positions.reseating")
    market = scene()  # asserts both sums after every message
    for _ in range(60):
        account_id = (ALICE, BOB)[rng.below(2)]
        match rng.below(4):
            case 0:
                market.send(reseat(account_id, (TRADER, MAKER)[rng.below(2)]))
            case 1:
                market.send(
                    AdjustAccount(
                        account_id=account_id,
                        cash=Cash(rng.below(2_000_0000) - 1_000_0000),
                        instrument_id=(CALL, PUT)[rng.below(2)],
                        quantity=rng.below(11) - 5,
                        price=usd(f"{rng.below(20) + 1}.00"),
                        counterparty_id=CAROL,
                    )
                )
            case 2:
                market.send(marks(call=f"{rng.below(20) + 1}.00"))
            case _:
                market.rest(order(BOB, "sell", 1, "10.00"))
                market.send(order(ALICE, "buy", 1, "10.00"))
    state = market.positions.snapshot()
    twin = PositionsService()
    twin.restore(state)
    assert twin.snapshot() == state


def test_a_correction_of_cash_alone_moves_nothing_else() -> None:
    market = scene()
    before = market.holdings(ALICE)
    adjusted = only(AccountAdjusted, market.send(AdjustAccount(account_id=ALICE, cash=Cash(-7))))
    after = market.holdings(ALICE)
    assert (adjusted.cash, after.cash) == (-7, before.cash - 7)
    assert after.positions == before.positions


def test_a_correction_of_an_account_that_is_not_there_is_refused() -> None:
    ask = AdjustAccount(account_id=AccountId("nobody"), cash=Cash(1))
    rejected = only(AdjustmentRejected, scene().send(ask))
    refusal = rejected.refusal
    assert (refusal.code, refusal.field) == ("ACCOUNT_NOT_FOUND", "account_id")
    assert refusal.detail == "Account 'nobody' was never opened."


@pytest.mark.parametrize(
    ("asked", "code", "of_field", "detail"),
    [
        (
            {"instrument_id": CALL, "quantity": 5},
            "INVALID_PRICE",
            "price",
            "price 0.00 is below one tick, 0.01: contracts move at a price of at least that",
        ),
        (
            {"instrument_id": CALL, "quantity": -5, "price": Price(-3_2500)},
            "INVALID_PRICE",
            "price",
            "price -3.25 is below one tick, 0.01: contracts move at a price of at least that",
        ),
        (
            {"instrument_id": CALL, "quantity": 5, "price": Price(3_0050)},
            "INVALID_PRICE",
            "price",
            "price 3.005 is off the tick; the nearest are 3.00 and 3.01",
        ),
        (
            {"instrument_id": CALL, "cash": Cash(100_0000)},
            "INVALID_QUANTITY",
            "quantity",
            f"quantity is 0 of {CALL}: give contracts and a price, or cash without instrument_id",
        ),
        (
            {"price": usd("3.00"), "cash": Cash(100_0000)},
            "INVALID_QUANTITY",
            "quantity",
            "quantity is 0 at a price of 3.00: give contracts, or cash without a price",
        ),
        (
            {"quantity": 5, "price": usd("3.00"), "cash": Cash(100_0000)},
            "INVALID_INSTRUMENT",
            "instrument_id",
            "quantity is 5: name the instrument_id of these contracts",
        ),
        (
            {"instrument_id": InstrumentId("SPX-NO"), "quantity": 5, "price": usd("3.00")},
            "INVALID_INSTRUMENT",
            "instrument_id",
            "No instrument 'SPX-NO' is listed.",
        ),
        ({}, "INVALID_QUANTITY", "quantity", "Nothing to correct: give cash, or an instrument"),
    ],
)
def test_a_correction_that_is_unclear_is_refused_with_what_would_be_right(
    asked: dict[str, object], code: str, of_field: str, detail: str
) -> None:
    market = scene()
    before = market.positions.snapshot()
    ask = replace(AdjustAccount(account_id=ALICE, counterparty_id=CAROL), **asked)
    refusal = only(AdjustmentRejected, market.send(ask)).refusal
    assert (refusal.code, refusal.field) == (code, of_field)
    assert refusal.detail.startswith(detail)
    assert market.positions.snapshot() == before


def test_contracts_are_corrected_at_one_tick() -> None:
    market = scene()
    ask = AdjustAccount(
        account_id=ALICE, instrument_id=CALL, quantity=2, price=Price(100), counterparty_id=CAROL
    )
    assert only(AccountAdjusted, market.send(ask)).price == Price(100)
    assert market.net(ALICE) == 9


def test_a_suspended_account_may_cancel_and_not_even_reduce() -> None:
    market = scene()
    market.send(SuspendAccount(account_id=ALICE))
    assert market.refused(order(ALICE, "sell", 1, "12.00")) == "ACCOUNT_SUSPENDED"
    assert market.send(SuspendAccount(account_id=ALICE)) == ()
    market.send(SuspendAccount(account_id=ALICE, is_suspended=False))
    assert market.refused(order(ALICE, "sell", 1, "12.00")) is None


def test_a_suspension_in_the_auctions_freeze_cancels_at_once() -> None:
    market = Scene(phase=Phase.PRE_OPEN)
    market.rest(order(ALICE, "buy", 1, "1.00"))
    market.enter(Phase.OPENING_AUCTION)
    market.send(SuspendAccount(account_id=ALICE))
    market.enter(Phase.CONTINUOUS)
    assert not of(AccountPositionChanged, market.send(order(BOB, "sell", 1, "1.00")))


def test_one_role_is_replaced_and_the_others_stand() -> None:
    market = Scene(role(TRADER, OrderSizeLimit(max_quantity=9)), role(MAKER, quotes=True))
    assert market.refused(order(ALICE, "buy", 5, "1.00")) is None
    market.send(ReplaceRole(rules=role(TRADER, OrderSizeLimit(max_quantity=4))))
    assert market.refused(order(ALICE, "buy", 5, "1.00")) == "ORDER_SIZE_EXCEEDED"
    assert market.refused(order(CAROL, "buy", 5, "1.00")) is None
