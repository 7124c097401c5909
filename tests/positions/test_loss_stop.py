from tests.positions.scene import (
    ALICE,
    BOB,
    MAKER,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    role,
)

from itg.exchange.contract import MassCancel
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_S
from itg.kernel.words import CancelReason, InFreeze, Phase
from itg.positions.contract import (
    AccountLossStopped,
    AccountOrderUpdated,
    LossStop,
    ReserveOrder,
)
from itg.positions.service import PositionsService

# A loss of 1.00 on ten contracts is 1,000 USD.
THOUSAND = Cash(1_000_0000)


def scene() -> Scene:
    """Bob has sold ten calls to Alice at 10.00, the mark; Alice may lose 1,000 USD."""
    market = Scene(role(TRADER, LossStop(max_loss=THOUSAND)), role(MAKER))
    market.send(marks(call="10.00", put="5.00"))
    market.rest(order(BOB, "sell", 10, "10.00"))
    market.send(order(ALICE, "buy", 10, "10.00"))
    return market


def fall(market: Scene, mark: str = "9.00") -> AccountLossStopped | None:
    told = market.send(marks(call=mark), NS_PER_S)
    found = of(AccountLossStopped, told)
    return found[0] if found else None


def test_the_loss_that_reaches_the_stop_is_told_with_its_numbers() -> None:
    market = scene()
    assert fall(market, "9.01") is None
    stopped = fall(market)
    assert stopped is not None
    assert (stopped.account_id, stopped.session_pnl, stopped.limit) == (ALICE, -THOUSAND, THOUSAND)


def test_it_is_told_once_a_day() -> None:
    market = scene()
    fall(market)
    assert fall(market, "8.00") is None


def test_marks_are_looked_at_once_a_second() -> None:
    market = scene()
    market.send(marks(call="10.00"), NS_PER_S)
    assert not of(AccountLossStopped, market.send(marks(call="9.00"), NS_PER_S - 1))
    assert of(AccountLossStopped, market.send(marks(call="9.00"), 1))


def test_a_fill_is_looked_at_at_once() -> None:
    market = scene()
    market.send(marks(call="9.50"), NS_PER_S)
    market.rest(order(BOB, "sell", 5, "10.50"))
    told = market.send(order(ALICE, "buy", 5, "10.50"))
    stopped = next(e for e in of(AccountLossStopped, told) if e.account_id == ALICE)
    assert stopped.session_pnl == -THOUSAND


def test_it_cancels_orders_and_quotes_and_waits_for_a_frozen_book() -> None:
    market = scene()
    market.rest(order(ALICE, "buy", 1, "8.00"))
    told = market.send(marks(call="9.00"), NS_PER_S)
    swept = of(MassCancel, told)
    assert {(c.account_id, c.orders, c.quotes, c.reason, c.in_freeze) for c in swept} == {
        (ALICE, True, True, CancelReason.LOSS_STOP, InFreeze.DEFER)
    }
    assert only(AccountOrderUpdated, told).cancel_reason is CancelReason.LOSS_STOP


def test_only_what_reduces_passes_until_the_next_open() -> None:
    market = scene()
    fall(market)
    assert market.refused(order(ALICE, "buy", 1, "8.00")) == "LOSS_STOP_REACHED"
    assert market.refused(order(ALICE, "sell", 11, "12.00")) == "LOSS_STOP_REACHED"
    assert market.refused(order(ALICE, "sell", 6, "12.00")) is None
    refusal = market.place(order(ALICE, "sell", 5, "12.00")).refusal
    assert refusal is not None
    assert (refusal.requested, refusal.allowed) == (5, 4)
    market.enter(Phase.CLOSED)
    market.enter(Phase.PRE_OPEN)
    assert market.refused(order(ALICE, "buy", 1, "8.00")) is None


def test_the_next_days_loss_counts_from_its_open() -> None:
    market = scene()
    fall(market)
    market.enter(Phase.CLOSED)
    market.enter(Phase.PRE_OPEN)
    assert fall(market, "8.01") is None
    assert fall(market, "8.00") is not None


def test_a_stopped_account_is_stopped_after_a_restart() -> None:
    market = scene()
    fall(market)
    data = market.positions.snapshot()
    market.positions = PositionsService()
    market.positions.restore(data)
    placed: ReserveOrder = order(ALICE, "buy", 1, "8.00")
    assert market.refused(placed) == "LOSS_STOP_REACHED"
