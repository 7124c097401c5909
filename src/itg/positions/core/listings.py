"""Instruments as the desk knows them: where they trade, their mark, and the sum of all holdings."""

from msgspec import UNSET

from itg.kernel.ids import InstrumentId, TradeId
from itg.kernel.money import Price
from itg.kernel.words import Instrument
from itg.positions.contract import PnlParts
from itg.positions.core.facts import Greeks


class Listing:
    """One listed instrument. `net_sum` adds up the net positions of all accounts: always zero."""

    __slots__ = (
        "delta",
        "greeks",
        "holders",
        "index",
        "instrument",
        "instrument_id",
        "is_delisted",
        "is_option",
        "last_trade_id",
        "mark_price",
        "multiplier",
        "net_sum",
        "rises",
        "session_time",
        "settlement_price",
        "shard",
        "spot_price",
        "underlying_id",
    )

    def __init__(self, instrument: Instrument, index: int) -> None:
        self.instrument = instrument
        self.instrument_id: InstrumentId = instrument.instrument_id
        self.underlying_id = instrument.underlying_id
        self.shard = instrument.shard
        self.multiplier = instrument.multiplier
        self.is_option = instrument.option is not UNSET
        self.index = index  # listing order, the order of every answer
        self.mark_price: Price | None = None
        self.delta = 0  # 1e-6 per 1.00 of spot, as last marked
        self.net_sum = 0
        self.is_delisted = False  # known for history alone: it takes no orders
        self.settlement_price: Price | None = None  # once settled
        self.greeks: Greeks | None = None  # of an option, as last marked
        self.spot_price: Price | None = None  # of its underlying then
        self.session_time = 0  # how long sessions had run then
        # What one contract gained since the day began, by `PnlParts`, while somebody held it.
        self.rises = [0] * len(PnlParts.__struct_fields__)
        self.holders = 0  # measured accounts with a position in it
        self.last_trade_id = TradeId(0)  # booked; a shard's ids rise
