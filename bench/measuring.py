"""Measure what positions takes to follow the marks: `MarksPublished`, a trade, a second's look.

Prints p50 and p99 in microseconds of processor time of handling one message, at 6 and at 40
measured accounts that hold 40 of 122 instruments each, marked four times a second of game time.

    python -m bench.measuring
"""

from time import thread_time_ns

from itg.exchange.contract import (
    InstrumentListed,
    OrderAccepted,
    PhaseChanged,
    PlaceOrder,
    TradeExecuted,
)
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Role, Shard, TradeId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Instrument, OptionRight, OptionTerms, Phase, Side
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import (
    ConfigurePositions,
    DeltaLimit,
    DeltaWeight,
    LossStop,
    OpenAccount,
    ReserveOrder,
    RoleRules,
)
from itg.positions.service import PositionsService
from itg.runtime.supervise import tuned_process

HELD, STEPS = 40, 2_000
SPX, SPY = UnderlyingId("SPX"), UnderlyingId("SPY")
HOUSE, TEAM = Role("house"), Role("team")
RULES = (
    DeltaLimit(max_delta=10**12, weights=(DeltaWeight(SPX, 1_000_000), DeltaWeight(SPY, 100_000))),
    LossStop(max_loss=Cash(10**15)),
)
ROLES = (
    RoleRules(role=HOUSE, maker_fee=Cash(0), taker_fee=Cash(0)),
    RoleRules(
        role=TEAM, maker_fee=Cash(-200), taker_fee=Cash(100), is_measured=True, constraints=RULES
    ),
)


class Market:
    """Positions with instruments, accounts and trades, told everything by hand."""

    def __init__(self, accounts: int) -> None:
        self.positions = PositionsService()
        self.now = Nanos(1_000 * NS_PER_S)
        self.rng = Rng(7, "bench.measuring")
        self.order_id = 0
        self.names: list[InstrumentId] = []
        self.prices: list[int] = []
        self.tell(ConfigurePositions(roles=ROLES, session_ns=Nanos(19_800 * NS_PER_S)))
        self.accounts = [AccountId(f"t{n}") for n in range(accounts)]
        self.tell(OpenAccount(account_id=AccountId("house"), role=HOUSE))
        for account_id in self.accounts:
            self.tell(OpenAccount(account_id=account_id, role=TEAM))
        for underlying_id in (SPX, SPY):
            self.list(InstrumentId(underlying_id), underlying_id, None)
            for n in range(60):
                option = OptionTerms(
                    right=OptionRight.CALL,
                    strike=Price(44_000_000 + n),
                    expiry_date="2026-12-17",
                    expires_ns=Nanos(10**18),
                )
                self.list(InstrumentId(f"{underlying_id}-C-{n}"), underlying_id, option)
        self.tell(
            PhaseChanged(
                shard=Shard(0),
                underlying_id=SPX,
                phase=Phase.CONTINUOUS,
                previous=Phase.CLOSED,
            )
        )
        self.tell(self.marks())
        for account_id in self.accounts:
            for n in range(HELD):
                self.trade(account_id, (n * 3 + self.rng.below(3)) % len(self.names))

    def list(
        self, name: InstrumentId, underlying_id: UnderlyingId, option: OptionTerms | None
    ) -> None:
        terms = {} if option is None else {"option": option}
        listed = Instrument(
            instrument_id=name,
            underlying_id=underlying_id,
            shard=Shard(0),
            multiplier=100,
            tick_size=Price(100),
            **terms,
        )
        self.names.append(name)
        self.prices.append(44_000_000 if option is None else 200_000)
        self.tell(InstrumentListed(shard=Shard(0), instrument=listed))

    def marks(self) -> MarksPublished:
        below = self.rng.below
        self.prices = [price + below(2_001) - 1_000 for price in self.prices]
        marks = (
            Mark(
                name,
                Price(price),
                200_000 + below(1_000),
                500_000 + below(1_000),
                5_000 + below(10),
                2_000_000,
                -3_000_000,
            )
            for name, price in zip(self.names, self.prices, strict=True)
        )
        return MarksPublished(step=0, marks=tuple(marks))

    def trade(self, account_id: AccountId, place: int) -> int:
        """Let an account buy or sell from the house and return what the trade took."""
        side = Side.BUY if self.rng.below(2) else Side.SELL
        other = Side.SELL if side is Side.BUY else Side.BUY
        price, quantity = Price(self.prices[place] // 100 * 100 + 100), 1 + self.rng.below(9)
        ids = []
        for owner, on in ((AccountId("house"), other), (account_id, side)):
            placed = ReserveOrder(
                account_id=owner,
                instrument_id=self.names[place],
                side=on,
                quantity=quantity,
                price=price,
            )
            (ask,) = self.positions.handle(self.now, placed)
            assert isinstance(ask, PlaceOrder)
            self.order_id += 1
            ids.append(OrderId(self.order_id))
            accepted = OrderAccepted(
                shard=Shard(0),
                order_id=ids[-1],
                reservation_id=ask.reservation_id,
                account_id=owner,
                instrument_id=self.names[place],
                side=on,
                quantity=Quantity(quantity),
                price=price,
            )
            self.tell(accepted)
        return self.tell(
            TradeExecuted(
                shard=Shard(0),
                trade_id=TradeId(self.order_id),
                instrument_id=self.names[place],
                price=price,
                quantity=Quantity(quantity),
                aggressor_side=side,
                maker_order_id=ids[0],
                maker_account_id=AccountId("house"),
                taker_order_id=ids[1],
                taker_account_id=account_id,
            )
        )

    def tell(self, message: Message) -> int:
        """Handle a message and return the processor's time it took."""
        began = thread_time_ns()
        self.positions.handle(self.now, message)
        return thread_time_ns() - began


def main() -> None:
    for accounts in (6, 40):
        market = Market(accounts)
        marked: list[int] = []
        looked: list[int] = []
        traded: list[int] = []
        with tuned_process():
            for step in range(STEPS):
                market.now = Nanos(market.now + 250 * NS_PER_MS)
                taken = market.tell(market.marks())
                marked.append(taken)
                if step % 4 == 3:  # the look before it was at the market's setting up
                    looked.append(taken)
                owner = market.accounts[market.rng.below(accounts)]
                traded.append(market.trade(owner, market.rng.below(len(market.names))))
        for name, times in (("marks", marked), ("a second's", looked), ("trade", traded)):
            times.sort()
            low, high = times[len(times) // 2], times[len(times) * 99 // 100]
            print(f"{accounts} accounts, {name}: p50 {low / 1e3:.1f} us, p99 {high / 1e3:.1f} us")


if __name__ == "__main__":
    main()
