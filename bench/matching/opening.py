"""The opening of one instrument with 10,000 orders waiting; prints one JSON line.

python -m bench.matching.opening
"""

import gc
import json
import time

from bench.matching.dice import SEED, Dice

from itg.exchange.contract import (
    ConfigureExchange,
    ListInstrument,
    PlaceOrder,
    SetPhase,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import AccountId, InstrumentId, ReservationId, Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, Phase, SelfTradePolicy, Side

ORDERS = 10_000
REPEATS = 5
SHARD, NAME, TICK = Shard(0), InstrumentId("U"), 100
NOW = Nanos(1)


def main() -> None:
    spans, trades = [], 0
    for _ in range(REPEATS):
        service = waiting()
        gc.collect()
        started = time.process_time()
        events = service.handle(NOW, SetPhase(shard=SHARD, phase=Phase.CONTINUOUS))
        spans.append((time.process_time() - started) * 1e3)
        trades = sum(isinstance(event, TradeExecuted) for event in events)
    print(json.dumps({"ms": min(spans), "trades": trades}))


def waiting() -> ExchangeService:
    service = ExchangeService(SHARD)
    listed = Instrument(
        instrument_id=NAME,
        underlying_id=UnderlyingId("U"),
        shard=SHARD,
        multiplier=100,
        tick_size=Price(TICK),
    )
    setup: list[Message] = [
        ConfigureExchange(shard=SHARD, underlying_id=UnderlyingId("U")),
        ListInstrument(shard=SHARD, instrument=listed),
        SetPhase(shard=SHARD, phase=Phase.PRE_OPEN),
    ]
    for command in [*setup, *orders()]:
        service.handle(NOW, command)
    return service


def orders() -> list[Message]:
    dice = Dice(SEED)
    return [
        PlaceOrder(
            shard=SHARD,
            reservation_id=ReservationId(number),
            account_id=AccountId(str(number % 30)),
            instrument_id=NAME,
            side=dice.choice((Side.BUY, Side.SELL)),
            quantity=Quantity(dice.randint(1, 20)),
            price=Price(round(dice.gauss(1_000, 20)) * TICK),
            stp=SelfTradePolicy.ALLOW,
        )
        for number in range(ORDERS)
    ]


if __name__ == "__main__":
    main()
