"""What the flow did so far, so that it can be held against its configuration."""

from msgspec import Struct, field

from itg.kernel.words import OptionRight, Side
from itg.retail.core.choice import Drawn, Placement
from itg.retail.core.moods import Mood


class Counts(Struct):
    """Since the start; names are those of the report."""

    arrivals: int = 0
    orders: int = 0
    market_orders: int = 0
    closing_orders: int = 0
    contracts_ordered: int = 0
    contracts_filled: int = 0
    placements: dict[str, int] = field(default_factory=dict)  # of opening orders
    sizes: dict[int, int] = field(default_factory=dict)  # as drawn, where FOMO did not enlarge them
    call_orders: int = 0
    out_of_the_money_orders: int = 0
    nearest_expiry_orders: int = 0
    buy_orders: int = 0
    one_sided_orders: int = 0
    one_sided_out_orders: int = 0
    one_expiry_orders: int = 0
    chance_closings: int = 0
    hold_closings: int = 0
    room_closings: int = 0
    position_seconds: int = 0
    momentum_chances: int = 0
    momentum_orders: int = 0
    momentum_buy_orders: int = 0
    panic_chances: int = 0
    panic_closings: int = 0
    fomo_chances: int = 0
    fomo_orders: int = 0
    fomo_call_orders: int = 0
    profit_chances: int = 0
    profit_closings: int = 0

    def note_order(self, quantity: int, *, is_market: bool) -> None:
        """Count an order of any kind."""
        self.orders += 1
        self.market_orders += is_market
        self.contracts_ordered += quantity

    def note_opening(self, drawn: Drawn, side: Side, placement: Placement) -> None:
        """Count what an opening order is."""
        self.placements[placement.value] = self.placements.get(placement.value, 0) + 1
        self.call_orders += drawn.right is OptionRight.CALL
        self.out_of_the_money_orders += drawn.is_out_of_the_money
        self.nearest_expiry_orders += drawn.is_nearest_expiry
        self.one_sided_orders += drawn.is_one_sided
        self.one_sided_out_orders += drawn.is_one_sided and drawn.is_out_of_the_money
        self.one_expiry_orders += drawn.is_one_expiry
        self.buy_orders += side is Side.BUY

    def note_mood(self, mood: Mood, side: Side, quantity: int) -> None:
        """Count which moods reigned over an opening order, and which one seized its owner.

        A mood is only asked where no stronger one has the order, so its orders are binomial in its
        chances.
        """
        if mood.chased is not None:
            self.fomo_chances += 1
            self.fomo_orders += mood.chases
            self.fomo_call_orders += mood.chases and mood.chased is OptionRight.CALL
        if not mood.chases:
            self.sizes[quantity] = self.sizes.get(quantity, 0) + 1
            if mood.is_rise is not None:
                self.momentum_chances += 1
                self.momentum_orders += mood.follows
                self.momentum_buy_orders += mood.follows and side is Side.BUY
