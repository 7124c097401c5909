"""matching-engine: one engine per instrument, sequenced commands in, events out; Python ≥ 3.12."""

from matching_engine import CancelOrder, NewOrder, SequencedCommand, Side
from matching_engine.domain import SelfTradePrevention
from matching_engine.engine import MatchingEngine
from matching_engine.events import Trade

SIDES = (Side.BUY, Side.SELL)
FREE = SelfTradePrevention.NONE


class Engine:
    def __init__(self, instruments):
        self.engines = [MatchingEngine() for _ in range(instruments)]
        self.sequence = 0
        self.several = []  # answers of more than one event: those with trades

    def new(self, instrument, side, oid, price, quantity, account):
        self.sequence += 1
        order = NewOrder(oid, 1, SIDES[side], price, quantity, stp=FREE)
        command = SequencedCommand(self.sequence, 0, order)
        events = self.engines[instrument].process(command)
        if len(events) > 1:
            self.several.append(events)

    def cancel(self, instrument, oid):
        self.sequence += 1
        command = SequencedCommand(self.sequence, 0, CancelOrder(oid, 1))
        self.engines[instrument].process(command)

    def amend(self, instrument, oid, side, price, quantity):
        self.cancel(instrument, oid)
        self.new(instrument, side, oid, price, quantity, 0)

    def tape(self):
        trades = (e for events in self.several for e in events if type(e) is Trade)
        return [(t.maker_order_id, t.taker_order_id, t.price, t.qty) for t in trades]
