"""The end of a series, and trades undone."""

import pytest
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    MULTIPLIER,
    PUT,
    SPX,
    SPY_CALL,
    TRADER,
    Scene,
    instrument,
    marks,
    of,
    only,
    order,
    role,
    usd,
)

from itg.exchange.contract import (
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    ReportOpenInterest,
    TradeBusted,
    TradeExecuted,
)
from itg.kernel.ids import AccountId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.words import Phase, Side
from itg.positions.contract import (
    AccountFillBusted,
    AccountPositionChanged,
    AccountSettled,
    Position,
    PrivateEvent,
)

SHARD = instrument(CALL, 0).shard
DELISTED = InstrumentDelisted(shard=SHARD, instrument_id=CALL)


def scene() -> Scene:
    """Bob has sold seven calls to Alice at 10.00; fees are 0.01 to the maker, 0.02 to the taker."""
    market = Scene(role(TRADER, fees=(100, 200)))
    trade(market, 7, "10.00")
    return market


def trade(market: Scene, quantity: int, price: str) -> TradeExecuted:
    """Let Alice buy of Bob."""
    market.rest(order(BOB, "sell", quantity, price))
    return only(TradeExecuted, market.send(order(ALICE, "buy", quantity, price)))


def settled(price: str) -> InstrumentSettled:
    return InstrumentSettled(
        shard=SHARD,
        instrument_id=CALL,
        settlement_price=Price(0) if price == "0" else usd(price),
        official_close=usd("4400"),
    )


def busted(trade: TradeExecuted, adjusted: str | None = None) -> TradeBusted:
    return TradeBusted(
        shard=trade.shard,
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        price=trade.price,
        adjusted_price=usd(adjusted) if adjusted else None,
        quantity=trade.quantity,
        aggressor_side=trade.aggressor_side,
        maker_order_id=trade.maker_order_id,
        maker_account_id=trade.maker_account_id,
        taker_order_id=trade.taker_order_id,
        taker_account_id=trade.taker_account_id,
        is_auction=trade.is_auction,
    )


def position(market: Scene, account_id: AccountId) -> Position:
    return next(p for p in market.holdings(account_id).positions if p.instrument_id == CALL)


def heard(told: tuple[Message, ...], account_id: AccountId) -> list[type[PrivateEvent]]:
    return [type(e) for e in of(PrivateEvent, told) if e.account_id == account_id]


@pytest.mark.parametrize("price", ["12.34", "0"])
def test_holdings_become_cash(price: str) -> None:
    market = scene()
    before = market.holdings(ALICE).cash
    told = market.send(settled(price))
    event = next(e for e in of(AccountSettled, told) if e.account_id == ALICE)
    value = 7 * event.settlement_price * MULTIPLIER
    assert (event.settled_quantity, event.cash_settled) == (7, value)
    assert market.holdings(ALICE).cash == before + value
    after = position(market, ALICE)
    assert (after.net_quantity, after.average_price, after.unrealized_pnl) == (0, None, 0)
    assert after.realized_pnl == value - 7 * usd("10.00") * MULTIPLIER


def test_the_short_pays_what_the_long_gets() -> None:
    market = scene()
    told = market.send(settled("12.34"))
    events = {event.account_id: event for event in of(AccountSettled, told)}
    assert events[BOB].settled_quantity == -7
    assert events[BOB].cash_settled == -events[ALICE].cash_settled
    assert position(market, BOB).realized_pnl == -position(market, ALICE).realized_pnl


def test_only_who_held_it_is_told_and_the_position_follows() -> None:
    told = scene().send(settled("12.34"))
    for account_id in (ALICE, BOB):
        assert heard(told, account_id) == [AccountSettled, AccountPositionChanged]
    assert heard(told, CAROL) == []


def test_a_delisted_instrument_takes_no_orders_and_stays_readable() -> None:
    market = scene()
    market.send(settled("12.34"))
    market.send(DELISTED)
    assert market.refused(order(ALICE, "buy", 1, "9.00")) == "INVALID_INSTRUMENT"
    assert position(market, ALICE).fees == 7 * 200


def test_what_is_listed_again_trades_again() -> None:
    market = scene()
    market.send(DELISTED)
    market.send(InstrumentListed(shard=SHARD, instrument=instrument(CALL, 0)))
    assert market.refused(order(ALICE, "buy", 1, "9.00")) is None


def test_a_closed_shard_learns_what_of_it_is_held() -> None:
    market = scene()
    for instrument_id in (SPX, PUT, SPY_CALL):
        market.rest(order(ALICE, "sell", 3, "10.00", instrument_id))
        market.send(order(BOB, "buy", 2, "10.00", instrument_id))
        market.send(order(CAROL, "buy", 1, "10.00", instrument_id))
    reports = of(ReportOpenInterest, market.enter(Phase.CLOSED))
    assert [(report.shard, report.open_interest) for report in reports] == [
        (0, ((CALL, 7), (PUT, 3), (SPX, 3))),
        (1, ((SPY_CALL, 3),)),
    ]


def test_an_undone_trade_leaves_all_money_as_before_it() -> None:
    market = scene()
    market.send(marks(call="10.00"))
    before = [market.holdings(account_id) for account_id in (ALICE, BOB)]
    done = trade(market, 3, "11.00")
    told = market.send(busted(done))
    after = [market.holdings(account_id) for account_id in (ALICE, BOB)]
    for was, now in zip(before, after, strict=True):
        assert (now.cash, now.fees) == (was.cash, was.fees)
        # By average cost the way back realizes what the way in has put into the cost.
        assert now.realized_pnl + now.unrealized_pnl == was.realized_pnl + was.unrealized_pnl
    assert (market.net(ALICE), market.net(BOB)) == (7, -7)
    for account_id in (ALICE, BOB):
        assert heard(told, account_id) == [AccountFillBusted, AccountPositionChanged]


def test_the_fee_of_each_half_comes_back() -> None:
    market = scene()
    told = market.send(busted(trade(market, 3, "11.00")))
    returned = {e.account_id: (e.side, e.fee_returned) for e in of(AccountFillBusted, told)}
    assert returned == {BOB: (Side.SELL, 300), ALICE: (Side.BUY, 600)}


def test_an_adjusted_trade_counts_at_its_new_price_and_keeps_its_fee() -> None:
    market = scene()
    done = trade(market, 3, "11.00")
    before = market.holdings(ALICE)
    told = market.send(busted(done, "11.50"))
    event = next(e for e in of(AccountFillBusted, told) if e.account_id == ALICE)
    assert (event.last_price, event.adjusted_price) == (usd("11.00"), usd("11.50"))
    assert event.fee_returned == 0
    after = market.holdings(ALICE)
    assert after.fees == before.fees
    assert after.cash == before.cash - 3 * usd("0.50") * MULTIPLIER
    assert market.net(ALICE) == 10


def test_a_trade_with_oneself_returns_both_fees_and_moves_nothing() -> None:
    market = scene()
    cash = market.holdings(BOB).cash
    market.rest(order(BOB, "sell", 2, "11.00"))
    told = market.send(order(BOB, "buy", 2, "11.00", stp="allow"))
    told = market.send(busted(only(TradeExecuted, told)))
    assert sorted(event.fee_returned for event in of(AccountFillBusted, told)) == [200, 400]
    assert heard(told, BOB) == [AccountFillBusted, AccountFillBusted, AccountPositionChanged]
    assert (market.holdings(BOB).cash, market.net(BOB)) == (cash, -7)


def test_a_trade_undone_after_the_settlement_is_settled_for_the_difference() -> None:
    market = Scene()
    cash = {account_id: market.holdings(account_id).cash for account_id in (ALICE, BOB)}
    done = trade(market, 3, "11.00")
    market.send(settled("12.00"))
    told = market.send(busted(done))
    assert {market.net(account_id) for account_id in (ALICE, BOB)} == {0}
    assert {a: market.holdings(a).cash for a in (ALICE, BOB)} == cash
    assert [type(e) for e in of(PrivateEvent, told) if e.account_id == ALICE][-2:] == [
        AccountSettled,
        AccountPositionChanged,
    ]


def test_an_undone_fill_stays_a_fill_of_its_order() -> None:
    market = scene()
    done = trade(market, 3, "11.00")
    market.send(busted(done))
    assert market.refused(order(ALICE, "buy", 1, "9.00")) is None
    assert market.net(ALICE) == 7
