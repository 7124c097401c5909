"""The small investors: when they order, when they close, when they give up waiting."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from itg.kernel.ids import AccountId, InstrumentId, OrderId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.kernel.words import Instrument, Side
from itg.retail.contract import RetailFlow
from itg.retail.core.choice import Dice, draw_limit, draw_quantity, draw_series, draw_side
from itg.retail.core.holdings import Holding, Holdings, Resting
from itg.retail.core.listings import Listings

_SECOND_OF_MINUTE = NS_PER_S / NS_PER_MINUTE


class OrderWish(Struct, frozen=True):
    """An order to send; `price` None is a market order."""

    account_id: AccountId
    instrument_id: InstrumentId
    side: Side
    quantity: int
    price: Price | None = None


class Counts(Struct):
    """What was ordered since the start."""

    orders: int = 0
    market_orders: int = 0
    closing_orders: int = 0
    contracts_ordered: int = 0


class Flow(Struct):
    """The investors and their window; arrivals are a Poisson process of game time."""

    config: RetailFlow
    holdings: Holdings = field(default_factory=Holdings)
    counts: Counts = field(default_factory=Counts)
    start_ns: Nanos = Nanos(0)
    end_ns: Nanos = Nanos(0)

    def open(self, start_ns: Nanos, end_ns: Nanos) -> None:
        self.start_ns, self.end_ns = start_ns, end_ns

    def owns(self, account_id: AccountId) -> bool:
        return account_id in self.config.account_ids

    def note_rest(
        self,
        now: Nanos,
        order_id: OrderId,
        account_id: AccountId,
        instrument_id: InstrumentId,
        leaves_quantity: int,
    ) -> None:
        """Remember what an order still has to fill and how long its owner waits."""
        until_ns = Nanos(now + self.config.order_life_s * NS_PER_S)
        resting = Resting(account_id, instrument_id, leaves_quantity, until_ns)
        self.holdings.note_working(order_id, resting)

    def next_arrival(self, after_ns: Nanos, dice: Dice) -> Nanos | None:
        """Draw the next order's time; None when it falls beyond the end."""
        gap_ns = dice["arrival"].exponential(NS_PER_MINUTE / self.config.orders_per_minute)
        at_ns = Nanos(max(after_ns, self.start_ns) + int(gap_ns))
        return at_ns if at_ns < self.end_ns else None

    def arrive(
        self,
        dice: Dice,
        options: Sequence[Instrument],
        spots: Mapping[UnderlyingId, Price],
        theories: Mapping[InstrumentId, Price],
    ) -> OrderWish | None:
        """Draw an opening order among `options`; None if nothing can be ordered or held."""
        config = self.config
        priced = [o for o in options if o.instrument_id in theories and o.underlying_id in spots]
        account_id = self._account_with_room(dice)
        if not priced or account_id is None:
            return None
        chosen = draw_series(dice, config, priced, spots)
        room = self.holdings.room(account_id, config.position_cap)
        quantity = min(draw_quantity(dice["quantity"], config), room)
        side = draw_side(dice["side"], config)
        theory = theories[chosen.instrument_id]
        price = draw_limit(dice["price"], config, side, theory, chosen.tick_size)
        self._count(quantity, is_market=price is None)
        return OrderWish(account_id, chosen.instrument_id, side, quantity, price)

    def close_some(self, now: Nanos, dice: Dice, listings: Listings) -> list[OrderWish]:
        """Return this second's closing orders: by chance, and of what was held long enough."""
        if not self.start_ns <= now < self.end_ns:
            return []
        holdings = [
            holding
            for holding in self.holdings.positions.values()
            if listings.takes(holding.instrument_id, now)
        ]
        if not holdings:
            return []
        tired = [holdings[0]] if now - holdings[0].since_ns >= self._hold_ns else []
        chance = len(holdings) * self.config.close_per_minute * _SECOND_OF_MINUTE
        draw = dice["closing"].uniform()
        if draw < chance:
            drawn = holdings[min(int(draw / chance * len(holdings)), len(holdings) - 1)]
            tired += [drawn] if drawn is not holdings[0] or not tired else []
        return [self._closing(now, holding) for holding in tired]

    def give_up(self, now: Nanos, listings: Listings) -> list[tuple[AccountId, OrderId]]:
        """Return the working orders to cancel now."""
        return [
            (resting.account_id, order_id)
            for order_id, resting in self.holdings.overdue(now)
            if listings.takes(resting.instrument_id, now)
        ]

    @property
    def _hold_ns(self) -> int:
        return self.config.hold_s * NS_PER_S

    def _account_with_room(self, dice: Dice) -> AccountId | None:
        accounts = self.config.account_ids
        first = dice["account"].below(len(accounts))
        for offset in range(len(accounts)):
            account_id = accounts[(first + offset) % len(accounts)]
            if self.holdings.room(account_id, self.config.position_cap) > 0:
                return account_id
        return None

    def _closing(self, now: Nanos, holding: Holding) -> OrderWish:
        # Its time begins anew, so that a position nobody takes is not offered every second.
        self.holdings.hold_again(holding, now)
        quantity = min(abs(holding.net_quantity), self.config.quantity_max)
        self.counts.closing_orders += 1
        self._count(quantity, is_market=True)
        side = Side.SELL if holding.net_quantity > 0 else Side.BUY
        return OrderWish(holding.account_id, holding.instrument_id, side, quantity)

    def _count(self, quantity: int, *, is_market: bool) -> None:
        self.counts.orders += 1
        self.counts.market_orders += is_market
        self.counts.contracts_ordered += quantity
