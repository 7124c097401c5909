"""What happens to the campaign's market from outside: jumps, busts, settlements and listings."""

from typing import TYPE_CHECKING

from tests.positions.mirror import Mirror, signed_of
from tests.positions.scene import CALL, PUT, SPX, SPY_CALL, instrument, jump

from itg.exchange.contract import (
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    TradeBusted,
    TradeExecuted,
)
from itg.kernel.ids import AccountId, InstrumentId, Shard
from itg.kernel.money import Price

if TYPE_CHECKING:
    from tests.positions.day import Day

POSITION, EXPOSURE = 20, 40  # the limits of every role
OPTIONS = {CALL: Shard(0), PUT: Shard(0), SPY_CALL: Shard(1)}


class Organizer:
    """Tells positions what an exchange with ladders and organizers would."""

    def __init__(self, day: "Day") -> None:
        self.day = day
        self.delisted: list[InstrumentId] = []

    def act(self, account_id: AccountId) -> None:
        if self.day.is_closed:
            self.settle()
        elif self.day.rng.below(2):
            self.jump()
        else:
            self.bust()

    def jump(self) -> None:
        self.day.spot = 4_400 if self.day.spot == 4_500 else 4_500
        self.day.send(jump(self.day.spot))

    def settle(self) -> None:
        standing = [i for i in OPTIONS if i not in self.delisted]
        if not standing:
            return
        instrument_id = standing[self.day.rng.below(len(standing))]
        shard = OPTIONS[instrument_id]
        price = Price(self.day.rng.below(30) * 10_000)
        self.day.send(
            InstrumentSettled(
                shard=shard,
                instrument_id=instrument_id,
                settlement_price=price,
                official_close=price,
            )
        )
        assert all(mirror.net(instrument_id) == 0 for mirror in self.day.mirrors.values())
        self.day.send(InstrumentDelisted(shard=shard, instrument_id=instrument_id))
        self.delisted.append(instrument_id)

    def relist(self) -> None:
        """List again what was delisted, but for one series now and then."""
        for instrument_id in list(self.delisted):
            if self.day.rng.below(3):
                shard = OPTIONS[instrument_id]
                listed = instrument(instrument_id, shard)
                self.day.send(InstrumentListed(shard=shard, instrument=listed))
                self.delisted.remove(instrument_id)

    def bust(self) -> None:
        """Undo a trade, or move it to another price where undoing it would break a limit."""
        if not self.day.trades:
            return
        trade = self.day.trades.pop(self.day.rng.below(len(self.day.trades)))
        adjusted = None
        if self.day.rng.below(3) == 0 or not self.is_bearable(trade):
            adjusted = Price(trade.price + 1_000)
        self.day.send(
            TradeBusted(
                shard=trade.shard,
                trade_id=trade.trade_id,
                instrument_id=trade.instrument_id,
                price=trade.price,
                adjusted_price=adjusted,
                quantity=trade.quantity,
                aggressor_side=trade.aggressor_side,
                maker_order_id=trade.maker_order_id,
                maker_account_id=trade.maker_account_id,
                taker_order_id=trade.taker_order_id,
                taker_account_id=trade.taker_account_id,
                is_auction=trade.is_auction,
            )
        )
        self.day.counts["bust" if adjusted is None else "adjusted"] += 1

    def is_bearable(self, trade: TradeExecuted) -> bool:
        if trade.maker_account_id == trade.taker_account_id or trade.instrument_id == SPX:
            return trade.maker_account_id == trade.taker_account_id
        signed = signed_of(trade.aggressor_side, trade.quantity)
        mirrors = self.day.mirrors
        return self.is_within(mirrors[trade.taker_account_id], trade.instrument_id, -signed) and (
            self.is_within(mirrors[trade.maker_account_id], trade.instrument_id, signed)
        )

    def is_within(self, mirror: Mirror, instrument_id: InstrumentId, moved: int) -> bool:
        worst = mirror.worst_case(instrument_id)
        if_moved = mirror.worst_case(instrument_id, moved)
        others = sum(mirror.worst_case(i) for i in OPTIONS) - worst
        return if_moved <= POSITION and (others + if_moved <= EXPOSURE)
