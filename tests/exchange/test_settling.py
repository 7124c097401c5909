"""Expiry: worth at the official close; and trades that are undone."""

from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.life import DAY_NS, Chain, ladder_of, names, usd
from tests.exchange.market import FIRST, SHARD, Market, of

from itg.exchange.contract import (
    BustRejected,
    BustTrade,
    GetTrades,
    InstrumentDelisted,
    InstrumentSettled,
    OrderCanceled,
    PhaseChanged,
    PlaceOrder,
    PublicTrades,
    TradeBusted,
    TradeExecuted,
)
from itg.kernel.ids import AccountId, InstrumentId, ReservationId, TradeId
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.words import OptionRight, Phase, Side
from itg.market_data.contract import UntrackSeries

CLOSED, PRE_OPEN, CONTINUOUS = Phase.CLOSED, Phase.PRE_OPEN, Phase.CONTINUOUS
C4400, P4444 = InstrumentId("U-20261201-C-4400"), InstrumentId("U-20261201-P-4444")


def opened() -> Chain:
    chain = Chain(ladder_of(expiries=2))
    chain.price(4400)
    chain.enter(PRE_OPEN, CONTINUOUS)
    return chain


def order(
    account: str, side: Side, quantity: int, price: float, name: InstrumentId = C4400
) -> PlaceOrder:
    return PlaceOrder(
        shard=SHARD,
        reservation_id=ReservationId(1),
        account_id=AccountId(account),
        instrument_id=name,
        side=side,
        quantity=Quantity(quantity),
        price=usd(price),
    )


def settled(told: list[Message]) -> dict[InstrumentId, Price]:
    return {m.instrument_id: m.settlement_price for m in of(InstrumentSettled, told)}


def test_an_expired_series_settles_at_its_intrinsic_value_and_is_no_more() -> None:
    chain = opened()
    chain.enter(CLOSED)
    told = chain.close(4420.37)
    prices = settled(told)
    assert prices[C4400] == usd(20.37)
    assert prices[P4444] == usd(23.63)
    assert prices[InstrumentId("U-20261201-P-4400")] == 0
    assert len(prices) == 10
    gone = [m.instrument_id for m in of(InstrumentDelisted, told)]
    assert gone == [m.instrument_id for m in of(UntrackSeries, told)] == list(prices)
    assert chain.strikes(1) == []
    assert len(chain.strikes(2)) == 5


def test_each_settlement_comes_right_before_its_delisting() -> None:
    chain = opened()
    chain.enter(CLOSED)
    told = [m for m in chain.close(4400) if isinstance(m, InstrumentSettled | InstrumentDelisted)]
    for one, two in zip(told[::2], told[1::2], strict=True):
        assert isinstance(one, InstrumentSettled)
        assert isinstance(two, InstrumentDelisted)
        assert one.instrument_id == two.instrument_id


def test_the_close_s_own_boundary_runs_before_the_settlement() -> None:
    chain = Chain(ladder_of(expiries=1))
    chain.price(4400)
    chain.schedule((1, PRE_OPEN), (1, CONTINUOUS), (DAY_NS, CLOSED))
    chain.send(order("a", Side.BUY, 3, 5))
    told = chain.close(4400)
    kinds = [type(m) for m in told]
    assert kinds.index(PhaseChanged) < kinds.index(OrderCanceled) < kinds.index(InstrumentSettled)


def test_orders_that_still_stand_in_a_series_that_ends_are_canceled_first() -> None:
    chain = opened()
    chain.send(order("a", Side.BUY, 3, 5))
    told = chain.close(4400)
    ((end, reason),) = [(m.quantity, m.cancel_reason.value) for m in of(OrderCanceled, told)]
    assert (end, reason) == (3, "market_closed")
    of_series = [type(m) for m in told if getattr(m, "instrument_id", None) == C4400]
    assert of_series[:3] == [OrderCanceled, InstrumentSettled, InstrumentDelisted]


def test_a_session_cut_short_settles_what_would_have_ended_with_it() -> None:
    chain = opened()
    chain.enter(CLOSED)
    assert len(settled(chain.close(4420, is_early=True))) == 10
    assert chain.now < DAY_NS


def test_the_official_close_is_the_underlying_s_next_reference() -> None:
    chain = opened()
    chain.enter(CLOSED)
    chain.close(4420)
    chain.enter(PRE_OPEN)
    name = InstrumentId("U")
    # Everything between 4410 and 4430 would trade as much: the reference decides.
    chain.send(order("a", Side.BUY, 1, 4430, name))
    chain.send(order("b", Side.SELL, 1, 4410, name))
    (trade,) = of(TradeExecuted, chain.enter(CONTINUOUS))
    assert trade.price == usd(4420)


@given(st.integers(1, 900_000), st.integers(-20, 20), st.integers(0, 60))
def test_call_less_put_is_what_the_close_is_above_the_strike(
    close_ticks: int, net: int, other: int
) -> None:
    chain = opened()
    chain.enter(CLOSED)
    close = close_ticks / 100
    terms = {i.instrument_id: i.option for i in chain.listed() if i.option}
    prices = settled(chain.close(close))
    cash = 0
    for name, price in prices.items():
        option = terms[name]
        twin = InstrumentId(name.replace("-C-", "-P-"))
        assert price >= 0
        if option.right is OptionRight.CALL:
            assert price - prices[twin] == usd(close) - option.strike
            assert price == 0 or prices[twin] == 0
        # What the long side is paid the short side pays.
        cash += sum(holding * price for holding in (net, other, -net - other))
    assert cash == 0


# -- trades undone ------------------------------------------------------------


def traded() -> tuple[Market, TradeExecuted]:
    market = Market(CONTINUOUS)
    market.sell("maker", 5, 10)
    (trade,) = of(TradeExecuted, market.buy("taker", 3, 10))
    return market, trade


def bust(market: Market, trade_id: int, price: int | None = None) -> Message:
    (told,) = market.send(
        BustTrade(
            shard=SHARD,
            trade_id=TradeId(trade_id),
            price=None if price is None else Price(price),
        )
    )
    return told


def test_a_busted_trade_names_both_parties_and_what_was_traded() -> None:
    market, trade = traded()
    told = bust(market, trade.trade_id)
    assert isinstance(told, TradeBusted)
    assert (told.maker_account_id, told.taker_account_id) == ("maker", "taker")
    assert (told.maker_order_id, told.taker_order_id) == (
        trade.maker_order_id,
        trade.taker_order_id,
    )
    assert (told.price, told.quantity, told.adjusted_price) == (1_000, 3, None)
    assert (told.instrument_id, told.aggressor_side) == (FIRST, Side.BUY)


def test_a_trade_can_be_moved_to_another_price() -> None:
    market, trade = traded()
    told = bust(market, trade.trade_id, 1_200)
    assert isinstance(told, TradeBusted)
    assert (told.price, told.adjusted_price) == (1_000, 1_200)


def code(told: Message) -> str:
    assert isinstance(told, BustRejected)
    return told.refusal.code


def test_a_trade_is_busted_or_adjusted_once() -> None:
    market, trade = traded()
    bust(market, trade.trade_id, 1_200)
    assert code(bust(market, trade.trade_id)) == "TRADE_ALREADY_BUSTED"


def test_what_cannot_be_undone_is_refused() -> None:
    market, trade = traded()
    assert code(bust(market, trade.trade_id + 1)) == "TRADE_NOT_FOUND"
    assert code(bust(market, trade.trade_id, 1_250)) == "INVALID_PRICE"
    assert code(bust(market, trade.trade_id, 0)) == "INVALID_PRICE"
    assert isinstance(bust(market, trade.trade_id), TradeBusted)


def test_the_trade_of_a_series_that_settled_is_past() -> None:
    chain = opened()
    chain.send(order("a", Side.BUY, 3, 5))
    (trade,) = of(TradeExecuted, chain.send(order("b", Side.SELL, 3, 5)))
    chain.close(4400)
    (told,) = chain.send(BustTrade(shard=SHARD, trade_id=trade.trade_id))
    assert isinstance(told, BustRejected)
    assert (told.refusal.code, told.refusal.field) == ("TRADE_NOT_FOUND", "trade_id")
    ended = f"trade {trade.trade_id} is of {trade.instrument_id}, which has ended"
    assert told.refusal.detail == f"{ended}: its positions became cash"


def test_a_bust_is_remembered_by_a_snapshot_and_the_tape_stays_as_it_was() -> None:
    market, trade = traded()
    bust(market, trade.trade_id)
    again = Market()
    again.service.restore(market.service.snapshot())
    assert code(bust(again, trade.trade_id)) == "TRADE_ALREADY_BUSTED"
    tape = again.service.query(GetTrades(shard=SHARD))
    assert isinstance(tape, PublicTrades)
    assert [t.trade_id for t in tape.trades] == [trade.trade_id]


def test_the_tape_says_what_became_of_its_trades_also_after_a_snapshot() -> None:
    market, undone = traded()
    moved, left = (
        of(TradeExecuted, market.buy("taker", 1, 10))[0].trade_id for _ in ("moved", "as it was")
    )
    bust(market, undone.trade_id)
    bust(market, moved, 1_200)
    again = Market()
    again.service.restore(market.service.snapshot())
    assert again.service.snapshot() == market.service.snapshot()
    for service in (market.service, again.service):
        tape = service.query(GetTrades(shard=SHARD))
        assert isinstance(tape, PublicTrades)
        assert [(t.trade_id, t.price, t.is_busted, t.adjusted_price) for t in tape.trades] == [
            (undone.trade_id, 1_000, True, None),
            (moved, 1_000, False, 1_200),
            (left, 1_000, False, None),
        ]


def test_the_names_of_settled_series_are_free_again() -> None:
    chain = opened()
    chain.enter(CLOSED)
    chain.close(4400)
    assert C4400 not in names(chain.listed())
