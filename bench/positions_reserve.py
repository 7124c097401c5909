"""Measure what positions takes of an order: the reservation, the acceptance, a trade.

Every account has the rules of a market maker; the account under test keeps 60 quotes and 20 working
orders. Prints p50 and p99 in microseconds of handling one message, in this process alone.
"""

import argparse
import gc
from collections.abc import Callable
from time import perf_counter_ns

from itg.exchange.contract import (
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    PlaceOrder,
    QuoteAccepted,
    SetQuote,
    TradeExecuted,
)
from itg.kernel.ids import (
    AccountId,
    ClientOrderId,
    InstrumentId,
    OrderId,
    Role,
    Shard,
    TradeId,
    UnderlyingId,
)
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_MS, Nanos
from itg.kernel.words import CancelReason, Instrument, OptionRight, OptionTerms, Side
from itg.positions.contract import (
    ConfigurePositions,
    ExposureLimit,
    OpenAccount,
    OrderRateLimit,
    OrderSizeLimit,
    PortfolioLimit,
    PositionLimit,
    QuoteTerms,
    ReserveOrder,
    ReserveQuotes,
    RoleRules,
    UnderlyingLimit,
)
from itg.positions.service import PositionsService

RULES = (
    OrderRateLimit(orders_per_s=10_000, cancels_per_s=20_000),
    OrderSizeLimit(max_quantity=1_000),
    PositionLimit(max_quantity=10_000_000),
    PortfolioLimit(max_quantity=10_000_000, filled_only=True),
    ExposureLimit(max_quantity=10_000_000),
    UnderlyingLimit(max_quantity=10_000_000),
)
ALICE, BOB = AccountId("alice"), AccountId("bob")
SERIES = 60
WARM_UP = 6_000


class Bench:
    def __init__(self) -> None:
        self.positions = PositionsService()
        self.now = Nanos(0)
        self.order_id = 0
        self.times: dict[str, list[int]] = {}
        self._set_up()

    def handle(self, message: Message) -> list[Message]:
        self.now = Nanos(self.now + NS_PER_MS)
        return list(self.positions.handle(self.now, message))

    def timed(self, name: str, message: Message) -> list[Message]:
        self.now = Nanos(self.now + NS_PER_MS)
        handle: Callable[[Nanos, Message], object] = self.positions.handle
        began = perf_counter_ns()
        told = handle(self.now, message)
        self.times.setdefault(name, []).append(perf_counter_ns() - began)
        assert isinstance(told, list)
        return told

    def place(self, account_id: AccountId, side: Side, number: int) -> PlaceOrder:
        body = ReserveOrder(
            account_id=account_id,
            instrument_id=series(number % SERIES),
            side=side,
            quantity=5,
            price=Price(100_000),
            client_order_id=ClientOrderId(f"1-{number}{side.value}"),
        )
        placed = self.timed("reserve", body)[-1]
        assert isinstance(placed, PlaceOrder)
        return placed

    def accept(self, placed: PlaceOrder) -> OrderId:
        self.order_id += 1
        order_id = OrderId(self.order_id)
        accepted = OrderAccepted(
            shard=placed.shard,
            order_id=order_id,
            reservation_id=placed.reservation_id,
            account_id=placed.account_id,
            instrument_id=placed.instrument_id,
            side=placed.side,
            quantity=placed.quantity,
            price=placed.price,
        )
        self.timed("accepted", accepted)
        return order_id

    def rest_and_cancel(self, number: int) -> None:
        placed = self.place(ALICE, Side.BUY, number)
        canceled = OrderCanceled(
            shard=placed.shard,
            order_id=self.accept(placed),
            account_id=ALICE,
            instrument_id=placed.instrument_id,
            quantity=placed.quantity,
            cancel_reason=CancelReason.REQUESTED,
        )
        self.timed("canceled", canceled)

    def cross(self, number: int) -> None:
        maker_side = Side.BUY if number % 2 else Side.SELL
        taker_side = Side.SELL if number % 2 else Side.BUY
        placed = self.place(ALICE, maker_side, number)
        maker = self.accept(placed)
        taker = self.accept(self.place(BOB, taker_side, number))
        trade = TradeExecuted(
            shard=placed.shard,
            trade_id=TradeId(number),
            instrument_id=placed.instrument_id,
            price=Price(100_000),
            quantity=placed.quantity,
            aggressor_side=taker_side,
            maker_order_id=maker,
            maker_account_id=ALICE,
            taker_order_id=taker,
            taker_account_id=BOB,
        )
        self.timed("trade (both sides)", trade)

    def _set_up(self) -> None:
        role = Role("market_maker")
        rules = RoleRules(
            role=role,
            maker_fee=Cash(-200),
            taker_fee=Cash(100),
            quotes_allowed=True,
            constraints=RULES,
        )
        self.handle(ConfigurePositions(roles=(rules,)))
        for account_id in (ALICE, BOB):
            self.handle(OpenAccount(account_id=account_id, role=role))
        for number in range(SERIES):
            self.handle(InstrumentListed(shard=Shard(0), instrument=listed(number)))
        terms = tuple(
            QuoteTerms(
                instrument_id=series(number),
                bid=Price(90_000),
                bid_quantity=10,
                ask=Price(110_000),
                ask_quantity=10,
            )
            for number in range(SERIES)
        )
        for asked in self.handle(ReserveQuotes(account_id=ALICE, quotes=terms)):
            if isinstance(asked, SetQuote):
                self.handle(self._stands(asked))
        for number in range(20):
            self.accept(self.place(ALICE, Side.BUY, -1 - number))

    def _stands(self, asked: SetQuote) -> QuoteAccepted:
        self.order_id += 2
        return QuoteAccepted(
            shard=asked.shard,
            reservation_id=asked.reservation_id,
            account_id=asked.account_id,
            instrument_id=asked.instrument_id,
            bid_order_id=OrderId(self.order_id - 1),
            bid=asked.bid,
            bid_quantity=asked.bid_quantity,
            ask_order_id=OrderId(self.order_id),
            ask=asked.ask,
            ask_quantity=asked.ask_quantity,
        )


def series(number: int) -> InstrumentId:
    return InstrumentId(f"SPX-20261217-C-{4000 + number}")


def listed(number: int) -> Instrument:
    terms = OptionTerms(
        right=OptionRight.CALL,
        strike=Price((4000 + number) * 10_000),
        expiry_date="2026-12-17",
        expires_ns=Nanos(10**18),
    )
    return Instrument(
        instrument_id=series(number),
        underlying_id=UnderlyingId("SPX"),
        shard=Shard(0),
        multiplier=100,
        tick_size=Price(100),
        option=terms,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=40_000)
    orders: int = parser.parse_args().orders
    bench = Bench()
    # Mailboxes and lists of done orders are full from here on, as they are for most of a day.
    for number in range(WARM_UP):
        bench.rest_and_cancel(number)
        bench.cross(WARM_UP + number)
    bench.times.clear()
    # As the program runs: no collection in the middle of a message.
    gc.collect()
    gc.freeze()
    gc.disable()
    for number in range(orders // 2):
        bench.rest_and_cancel(2 * WARM_UP + number)
        bench.cross(2 * WARM_UP + orders + number)
    print(f"{'message':<20} {'count':>8} {'p50 µs':>8} {'p99 µs':>8}")
    for name, times in bench.times.items():
        times.sort()
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        print(f"{name:<20} {len(times):>8} {p50 / 1e3:>8.2f} {p99 / 1e3:>8.2f}")


if __name__ == "__main__":
    main()
