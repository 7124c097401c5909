"""The small investors: when they order, when they close, when they give up waiting."""

from collections.abc import Mapping

from msgspec import Struct, field

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.kernel.words import Side
from itg.retail.contract import RetailFlow
from itg.retail.core.arrivals import Arrivals
from itg.retail.core.chains import Market
from itg.retail.core.choice import (
    Dice,
    Drawn,
    Placement,
    draw_limit,
    draw_quantity,
    draw_series,
    draw_side,
)
from itg.retail.core.counts import Counts
from itg.retail.core.holdings import Holding, Holdings, Resting
from itg.retail.core.listings import Listings
from itg.retail.core.moods import Mood, Path, side_with

_SECOND_OF_MINUTE = NS_PER_S / NS_PER_MINUTE


class OrderWish(Struct, frozen=True):
    """An order to send; `price` None is a market order."""

    account_id: AccountId
    instrument_id: InstrumentId
    side: Side
    quantity: int
    price: Price | None = None


class Order(Struct, frozen=True):
    """An opening order as drawn, whoever sends it."""

    drawn: Drawn
    side: Side
    quantity: int
    placement: Placement
    price: Price | None


class Flow(Struct):
    """The investors: what they hold, what they feel and when the next one comes."""

    config: RetailFlow
    arrivals: Arrivals
    path: Path
    holdings: Holdings = field(default_factory=Holdings)
    counts: Counts = field(default_factory=Counts)

    @classmethod
    def configured(cls, config: RetailFlow) -> "Flow":
        return cls(config=config, arrivals=Arrivals.configured(config), path=Path(config.behaviors))

    def open(self, start_ns: Nanos, end_ns: Nanos) -> None:
        self.arrivals.open(start_ns, end_ns)
        self.path.open()

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

    def hear(self, now: Nanos, spot: Price) -> bool:
        """Hear the leader's noise-free price; tell whether a panic moved the pending arrival."""
        if not self.path.hear(now, spot) or not self.arrivals.is_open(now):
            return False
        self.arrivals.panic(now, Nanos(now + self.config.behaviors.panic_s * NS_PER_S))
        return True

    def next_arrival(self, after_ns: Nanos, dice: Dice) -> Nanos | None:
        """Draw the next order's time; None when it falls beyond the end."""
        return self.arrivals.draw(after_ns, dice["arrival"])

    def arrive(self, now: Nanos, dice: Dice, market: Market) -> OrderWish | None:
        """Let an investor come: it opens a position, in panic or for want of room it closes one.

        The draws of an opening order are made in any case. None if nothing can be ordered.
        """
        self.counts.arrivals += 1
        first = dice["account"].below(len(self.config.account_ids))
        if not market.chains:
            return None
        mood = self._feel(now, dice, market)
        account_id = self._account_with_room(first)
        order = self._draw(dice, market, mood)
        if mood.is_panic and (holding := self._held_from(now, first, market.listings)):
            self.counts.panic_chances += 1
            if mood.panics:
                self.counts.panic_closings += 1
                return self._closing(now, holding)
        if account_id is not None:
            return self._opening(account_id, order, mood)
        return self._make_room(now, first, market.listings)

    def look_around(
        self, now: Nanos, dice: Dice, listings: Listings, theories: Mapping[InstrumentId, Price]
    ) -> list[OrderWish]:
        """Return a second's closing orders; called once a second."""
        self.arrivals.tick(now)
        closings = self.close_some(now, dice, listings)
        return closings + self.take_profits(now, dice, listings, theories)

    def close_some(self, now: Nanos, dice: Dice, listings: Listings) -> list[OrderWish]:
        """Return this second's closing orders: by chance, and of what was held long enough."""
        if not self.arrivals.is_open(now):
            return []
        holdings = [
            holding
            for holding in self.holdings.positions.values()
            if listings.takes(holding.instrument_id, now)
        ]
        if not holdings:
            return []
        self.counts.position_seconds += len(holdings)
        tired = [holdings[0]] if now - holdings[0].since_ns >= self._hold_ns else []
        self.counts.hold_closings += len(tired)
        chance = len(holdings) * self.config.close_per_minute * _SECOND_OF_MINUTE
        draw = dice["closing"].uniform()
        if draw < chance:
            self.counts.chance_closings += 1
            drawn = holdings[min(int(draw / chance * len(holdings)), len(holdings) - 1)]
            tired += [drawn] if drawn is not holdings[0] or not tired else []
        return [self._closing(now, holding) for holding in tired]

    def take_profits(
        self, now: Nanos, dice: Dice, listings: Listings, theories: Mapping[InstrumentId, Price]
    ) -> list[OrderWish]:
        """Return the closing orders of those who are content with what they gained."""
        behaviors = self.config.behaviors
        if not behaviors.profit_taking or not self.arrivals.is_open(now):
            return []
        winners = [
            holding
            for holding in self.holdings.unattended()
            # What this second has closed already had its time begun anew.
            if holding.since_ns < now
            and listings.takes(holding.instrument_id, now)
            and holding.instrument_id in theories
            and holding.gain(theories[holding.instrument_id])
            > behaviors.profit_move * abs(holding.cost)
        ]
        rng = dice["profit_taking"]
        content = [holding for holding in winners if rng.uniform() < behaviors.profit_taking]
        self.counts.profit_chances += len(winners)
        self.counts.profit_closings += len(content)
        return [self._closing(now, holding) for holding in content]

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

    def _feel(self, now: Nanos, dice: Dice, market: Market) -> Mood:
        is_panic = now < self.arrivals.panic_until_ns
        return self.path.feel(dice, next(iter(market.spots.values())), is_panic=is_panic)

    def _draw(self, dice: Dice, market: Market, mood: Mood) -> Order:
        config = self.config
        wanted = mood.chased if mood.chases else None
        drawn = draw_series(dice, config, market, wanted)
        times = config.behaviors.fomo_size if mood.chases else 1.0
        quantity = draw_quantity(dice["quantity"], config, times)
        side = draw_side(dice["side"], config)
        if mood.chases:
            side = Side.BUY
        elif mood.follows:
            side = side_with(drawn.right, is_rise=mood.is_rise is True)
        theory = market.theories[drawn.instrument.instrument_id]
        tick_size = drawn.instrument.tick_size
        placement, price = draw_limit(dice["price"], config, side, theory, tick_size)
        return Order(drawn, side, quantity, placement, price)

    def _opening(self, account_id: AccountId, order: Order, mood: Mood) -> OrderWish:
        room = self.holdings.room(account_id, self.config.position_cap)
        quantity, counts = min(order.quantity, room), self.counts
        counts.note_order(quantity, is_market=order.price is None)
        counts.note_opening(order.drawn, order.side, order.placement)
        counts.note_mood(mood, order.side, order.quantity)
        instrument_id = order.drawn.instrument.instrument_id
        return OrderWish(account_id, instrument_id, order.side, quantity, order.price)

    def _account_with_room(self, first: int) -> AccountId | None:
        accounts = self.config.account_ids
        for offset in range(len(accounts)):
            account_id = accounts[(first + offset) % len(accounts)]
            if self.holdings.room(account_id, self.config.position_cap) > 0:
                return account_id
        return None

    def _held_from(self, now: Nanos, first: int, listings: Listings) -> Holding | None:
        """Return the oldest position of the drawn investor, or of the next who holds one."""
        accounts = self.config.account_ids
        turns = {
            account_id: (place - first) % len(accounts) for place, account_id in enumerate(accounts)
        }
        held = [h for h in self.holdings.unattended() if listings.takes(h.instrument_id, now)]
        return min(held, key=lambda holding: turns[holding.account_id], default=None)

    def _make_room(self, now: Nanos, first: int, listings: Listings) -> OrderWish | None:
        holding = self._held_from(now, first, listings)
        if holding is None:
            # All that is used is working: an order is given up, so that the next can be sent.
            self.holdings.lose_patience(now)
            return None
        self.counts.room_closings += 1
        return self._closing(now, holding)

    def _closing(self, now: Nanos, holding: Holding) -> OrderWish:
        # Its time begins anew, so that a position nobody takes is not offered every second.
        self.holdings.hold_again(holding, now)
        quantity = min(abs(holding.net_quantity), self.config.quantity_max)
        self.counts.closing_orders += 1
        self.counts.note_order(quantity, is_market=True)
        side = Side.SELL if holding.net_quantity > 0 else Side.BUY
        return OrderWish(holding.account_id, holding.instrument_id, side, quantity)
