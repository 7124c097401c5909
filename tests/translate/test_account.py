"""What the private channel says of limits, stops and busts: the wire's units and words."""

from itg.kernel.ids import AccountId, InstrumentId, OrderId, Seq, TradeId
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.positions.contract import (
    AccountFillBusted,
    AccountLimitBreached,
    AccountLimitWarned,
    AccountLossStopped,
    AccountSettled,
    Limits,
    LimitUse,
)
from itg.translate.account import private_push, risk_limits_body
from itg.wire.v1.account import BustPush, LimitBreachPush, LimitPush, LossStopPush, SettlementPush

TEAM, SEQ = AccountId("t"), Seq(1)
CALL = InstrumentId("SPX-20261217-C-4400")


def test_deltas_leave_in_the_leaders_equivalents_and_contracts_as_they_are() -> None:
    breached = AccountLimitBreached(
        account_id=TEAM,
        private_seq=SEQ,
        kind="delta_limit",
        used=51_250_000,
        limit=50_000_000,
        since_ns=Nanos(7_000),
    )
    warned = AccountLimitWarned(
        account_id=TEAM, private_seq=SEQ, kind="exposure_limit", used=40, limit=50
    )
    assert private_push(breached) == (
        "limit.breached",
        LimitBreachPush(kind="delta_limit", used=51.25, limit=50.0, since_us=7),
    )
    assert private_push(warned) == (
        "limit",
        LimitPush(kind="exposure_limit", instrument_id=None, used=40, limit=50),
    )


def test_a_delta_limits_use_leaves_in_the_same_unit() -> None:
    use = LimitUse(
        kind="delta_limit",
        instrument_id=None,
        limit=50_000_000,
        used=12_500_000,
        worst_case=12_500_000,
        headroom=37_500_000,
    )
    (row,) = risk_limits_body("t", Limits(limits=(use,), private_seq=SEQ)).limits
    assert (row.limit, row.used, row.worst_case, row.headroom) == (50.0, 12.5, 12.5, 37.5)


def test_a_loss_leaves_in_usd() -> None:
    stopped = AccountLossStopped(
        account_id=TEAM, private_seq=SEQ, session_pnl=Cash(-10_005_000), limit=Cash(10_000_000)
    )
    assert private_push(stopped) == (
        "loss.stopped",
        LossStopPush(session_pnl=-1_000.5, limit=1_000.0),
    )


def test_a_settlement_says_what_left_and_what_came_in() -> None:
    settled = AccountSettled(
        account_id=TEAM,
        private_seq=SEQ,
        instrument_id=CALL,
        settlement_price=Price(123_400),
        settled_quantity=-7,
        cash_settled=Cash(-86_380_000),
    )
    assert private_push(settled) == (
        "position.settled",
        SettlementPush(
            instrument_id=CALL, settlement_price=12.34, settled_quantity=-7, cash_settled=-8_638.0
        ),
    )


def test_an_undone_fill_has_no_adjusted_price() -> None:
    busted = AccountFillBusted(
        account_id=TEAM,
        private_seq=SEQ,
        trade_id=TradeId(1),
        order_id=OrderId(2),
        instrument_id=CALL,
        side=Side.BUY,
        last_price=Price(110_000),
        last_quantity=Quantity(3),
        fee_returned=Cash(600),
    )
    name, push = private_push(busted)
    assert name == "fill.busted"
    assert isinstance(push, BustPush)
    assert (push.adjusted_price, push.fee_returned) == (None, 0.06)
