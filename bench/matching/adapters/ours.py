# python: ours
"""Our live path: the exchange service, every rule on, one command Struct in, event Structs out."""

from itg.exchange.contract import (
    CancelOrder,
    ConfigureExchange,
    ListInstrument,
    PlaceOrder,
    ReplaceOrder,
    SetPhase,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.words import Instrument, Phase, SelfTradePolicy, Side

SIDES = (Side.BUY, Side.SELL)
FREE = SelfTradePolicy.ALLOW
TICK = 100


class Engine:
    TITLE, KIND = "ours, service with events", "Python + msgspec"

    def __init__(self, instruments):
        self.service = ExchangeService(0)
        self.handle = self.service.handle
        self.handle(0, ConfigureExchange(shard=0, underlying_id="U"))
        self.names = [f"U-{number}" for number in range(instruments)]
        for name in self.names:
            listed = Instrument(
                instrument_id=name, underlying_id="U", shard=0, multiplier=100, tick_size=TICK
            )
            self.handle(0, ListInstrument(shard=0, instrument=listed))
        self.handle(0, SetPhase(shard=0, phase=Phase.PRE_OPEN))
        self.handle(0, SetPhase(shard=0, phase=Phase.CONTINUOUS))
        self.ids = {}  # theirs → ours
        self.theirs = {}
        self.accounts = {}
        self.filled = {}
        self.trades = []

    def new(self, instrument, side, oid, price, quantity, account):
        events = self.handle(
            1,
            PlaceOrder(
                shard=0,
                reservation_id=oid,
                account_id=str(account),
                instrument_id=self.names[instrument],
                side=SIDES[side],
                quantity=quantity,
                price=price * TICK,
                stp=FREE,
            ),
        )
        ours = events[0].order_id
        self.ids[oid] = ours
        self.theirs[ours] = oid
        self.accounts[oid] = str(account)
        if len(events) > 2:
            self._note(events)

    def cancel(self, instrument, oid):
        self.handle(1, CancelOrder(shard=0, account_id=self.accounts[oid], order_id=self.ids[oid]))

    def amend(self, instrument, oid, side, price, quantity):
        events = self.handle(
            1,
            ReplaceOrder(
                shard=0,
                reservation_id=oid,
                account_id=self.accounts[oid],
                order_id=self.ids[oid],
                price=price * TICK,
                quantity=quantity + self.filled.get(oid, 0),
            ),
        )
        if len(events) > 2:
            self._note(events)

    def tape(self):
        theirs = self.theirs
        return [
            (theirs[t.maker_order_id], theirs[t.taker_order_id], t.price // TICK, t.quantity)
            for t in self.trades
        ]

    def _note(self, events):
        trades = [event for event in events if type(event) is TradeExecuted]
        self.trades += trades
        for trade in trades:
            # A replace names the new total, filled contracts included.
            for order_id in (trade.maker_order_id, trade.taker_order_id):
                oid = self.theirs[order_id]
                self.filled[oid] = self.filled.get(oid, 0) + trade.quantity
