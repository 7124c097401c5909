"""Ids of orders and trades: never twice, and each leads to its shard."""

from tests.exchange.market import RESERVATION, TICK

from itg.exchange.contract import (
    ConfigureExchange,
    ListInstrument,
    PlaceOrder,
    SetPhase,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import AccountId, InstrumentId, Shard, UnderlyingId, shard_of_id
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, Phase, Side

TRADES = 50_000  # of each shard


def test_hundred_thousand_trades_of_two_shards_have_ids_of_their_own_that_lead_home() -> None:
    trade_ids: set[int] = set()
    for shard in (Shard(0), Shard(1)):
        exchange = opened(shard)
        for number in range(TRADES):
            side = Side.SELL if number % 2 else Side.BUY
            exchange.handle(Nanos(1), order(shard, "maker", side))
            other = Side.BUY if number % 2 else Side.SELL
            events = exchange.handle(Nanos(1), order(shard, "taker", other))
            (trade,) = (event for event in events if isinstance(event, TradeExecuted))
            ids = (trade.trade_id, trade.maker_order_id, trade.taker_order_id)
            assert {shard_of_id(number) for number in ids} == {shard}
            trade_ids.add(trade.trade_id)
    assert len(trade_ids) == 2 * TRADES


def opened(shard: Shard) -> ExchangeService:
    exchange = ExchangeService(shard)
    name = UnderlyingId(f"U{shard}")
    listed = Instrument(
        instrument_id=InstrumentId(name),
        underlying_id=name,
        shard=shard,
        multiplier=100,
        tick_size=Price(TICK),
    )
    setup: tuple[Message, ...] = (
        ConfigureExchange(shard=shard, underlying_id=name),
        ListInstrument(shard=shard, instrument=listed),
        SetPhase(shard=shard, phase=Phase.PRE_OPEN),
        SetPhase(shard=shard, phase=Phase.CONTINUOUS),
    )
    for message in setup:
        exchange.handle(Nanos(1), message)
    return exchange


def order(shard: Shard, account: str, side: Side) -> PlaceOrder:
    return PlaceOrder(
        shard=shard,
        reservation_id=RESERVATION,
        account_id=AccountId(account),
        instrument_id=InstrumentId(f"U{shard}"),
        side=side,
        quantity=Quantity(1),
        price=Price(10 * TICK),
    )
