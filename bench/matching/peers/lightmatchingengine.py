"""lightmatchingengine: one object for all instruments; it numbers orders itself."""

from lightmatchingengine.lightmatchingengine import LightMatchingEngine


class Engine:
    def __init__(self, instruments):
        self.engine = LightMatchingEngine()
        self.theirs = {}  # ours → theirs
        self.ours = {}
        self.traded = []

    def new(self, instrument, side, oid, price, quantity, account):
        order, trades = self.engine.add_order(instrument, price, quantity, side + 1)
        self.theirs[oid] = order.order_id
        self.ours[order.order_id] = oid
        if trades:
            self.traded.append((order.order_id, trades))

    def cancel(self, instrument, oid):
        self.engine.cancel_order(self.theirs[oid], instrument)

    def amend(self, instrument, oid, side, price, quantity):
        self.cancel(instrument, oid)
        self.new(instrument, side, oid, price, quantity, 0)

    def tape(self):
        # It reports a trade once for each of its two orders.
        return [
            (self.ours[trade.order_id], self.ours[taker], trade.trade_price, trade.trade_qty)
            for taker, trades in self.traded
            for trade in trades
            if trade.order_id != taker
        ]
