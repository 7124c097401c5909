# python: ours
"""Our book and matching alone, without commands and events: what the data structures cost."""

from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.matching import take
from itg.kernel.words import Instrument, Phase, SelfTradePolicy

FREE = SelfTradePolicy.ALLOW


class Engine:
    TITLE, KIND = "ours, core only", "Python"

    def __init__(self, instruments):
        self.listings = [
            Listing(
                Instrument(
                    instrument_id="U", underlying_id="U", shard=0, multiplier=1, tick_size=1
                ),
                None,
                Phase.CONTINUOUS,
            )
            for _ in range(instruments)
        ]
        self.orders = {}
        self.log = []

    def new(self, instrument, side, oid, price, quantity, account):
        order = Order(oid, account, "U", side == 0, price, quantity, FREE)
        self._enter(self.listings[instrument], order)

    def cancel(self, instrument, oid):
        order = self.orders.pop(oid)
        listing = self.listings[instrument]
        (listing.bids if order.is_buy else listing.asks).remove(order)

    def amend(self, instrument, oid, side, price, quantity):
        self.cancel(instrument, oid)
        self.new(instrument, side, oid, price, quantity, 0)

    def tape(self):
        return self.log

    # What matching reports to.
    def trade(self, maker, taker, price, quantity):
        self.log.append((maker.order_id, taker.order_id, price, quantity))
        if not maker.leaves:
            del self.orders[maker.order_id]

    def gone(self, order, reason):
        raise AssertionError("nobody prevents self-trades here")

    def _enter(self, listing, order):
        take(order, listing.asks if order.is_buy else listing.bids, self, -order.key)
        if order.leaves:
            self.orders[order.order_id] = order
            (listing.bids if order.is_buy else listing.asks).add(order)
