"""What an account holds: positions with their cost, working contracts, cash.

Cost is what the held contracts were bought for, negative for a short. A fill that reduces releases
`cost × closed / held`, rounded toward zero; the rest of the unit stays with the contracts still
held. So for every holding, after every fill, realized − cost = cash flow before fees, exactly, and
realized + unrealized = cash flow + value at the mark. Rounding moves a unit between realized and
unrealized; none is made or lost.

The worst case of a holding is the larger of "every bid fills" and "every ask fills":
max(|net + bids|, |net − asks|) = max(net + bids, asks − net), because neither side is negative.
"""

from itg.kernel.ids import InstrumentId
from itg.kernel.money import Cash, Price
from itg.kernel.words import Side
from itg.positions.contract import PnlParts, Position
from itg.positions.core.listings import Listing


class Stake:
    """What a holding had been when it was last settled up, and the day's parts of its P&L."""

    __slots__ = ("cost", "fees", "net", "parts", "realized")

    def __init__(self) -> None:
        self.parts = [0] * len(PnlParts.__struct_fields__)
        self.net = self.cost = self.realized = self.fees = 0

    def follow(self, holding: "Holding") -> None:
        """Take what the holding is now."""
        self.net = holding.net
        self.cost = holding.cost
        self.realized = holding.realized
        self.fees = holding.fees


class Holding:
    """One account's stake in one instrument; working contracts include those in flight."""

    __slots__ = (
        "contracts_traded",
        "cost",
        "fees",
        "listing",
        "net",
        "realized",
        "stake",
        "working_buy",
        "working_sell",
        "worst",
    )

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.net = 0
        self.cost = 0
        self.realized = 0
        self.fees = 0
        self.contracts_traded = 0
        self.working_buy = 0
        self.working_sell = 0
        self.stake: Stake | None = None  # of a measured account, once it was settled up
        self.worst = 0  # worst case as above, kept current by Portfolio

    def side_worst(self, side: Side) -> int:
        """Return the position if everything working on `side` fills, counted toward that side."""
        if side is Side.BUY:
            return self.net + self.working_buy
        return self.working_sell - self.net

    def reducing(self, side: Side) -> int:
        """Return how much more could be sent on `side` and only bring the position nearer to 0."""
        return max(0, -self.side_worst(side))

    def worth(self) -> int:
        """Return the value at the mark, the cost while there is no mark."""
        mark = self.listing.mark_price
        return self.cost if mark is None else mark * self.net * self.listing.multiplier

    def unrealized(self) -> int | None:
        """Return the value at the mark less the cost, None for a position without a mark."""
        if self.net == 0:
            return 0
        mark = self.listing.mark_price
        return None if mark is None else mark * self.net * self.listing.multiplier - self.cost

    def position(self) -> Position:
        """Return the position as its owner sees it; average price halves upward."""
        unrealized = self.unrealized()
        contracts = abs(self.net) * self.listing.multiplier
        return Position(
            instrument_id=self.listing.instrument_id,
            net_quantity=self.net,
            average_price=rounded_ratio(abs(self.cost), contracts) if contracts else None,
            realized_pnl=Cash(self.realized),
            unrealized_pnl=None if unrealized is None else Cash(unrealized),
            fees=Cash(self.fees),
        )


class Portfolio:
    """All holdings of one account with running sums over its options."""

    __slots__ = ("cash", "exposure", "fees", "filled", "holdings")

    def __init__(self, cash: int) -> None:
        self.cash = cash
        self.fees = 0
        self.holdings: dict[InstrumentId, Holding] = {}
        self.filled = 0  # Σ |net| over options
        self.exposure = 0  # Σ worst case over options

    def keep(self, holding: Holding) -> None:
        """Remember a holding that is about to carry something."""
        self.holdings.setdefault(holding.listing.instrument_id, holding)

    def reserve(self, holding: Holding, side: Side, change: int) -> None:
        """Add working contracts on one side; a negative change releases."""
        if side is Side.BUY:
            holding.working_buy += change
            assert holding.working_buy >= 0
        else:
            holding.working_sell += change
            assert holding.working_sell >= 0
        self._measure(holding)

    def fill(self, holding: Holding, side: Side, *, price: Price, quantity: int, fee: int) -> None:
        """Turn `quantity` working contracts of a side into position, cost, P&L and cash."""
        before = abs(holding.net)
        value = price * quantity * holding.listing.multiplier
        if side is Side.BUY:
            holding.working_buy -= quantity
            _add(holding, quantity, value)
            self.cash -= value
        else:
            holding.working_sell -= quantity
            _add(holding, -quantity, -value)
            self.cash += value
        assert holding.working_buy >= 0
        assert holding.working_sell >= 0
        self.charge(holding, quantity, fee)
        if holding.listing.is_option:
            self.filled += abs(holding.net) - before
        self._measure(holding)

    def book(self, holding: Holding, contracts: int, value: int) -> None:
        """Take signed contracts for a signed value in cash, by no order: settlement and busts."""
        before = abs(holding.net)
        _add(holding, contracts, value)
        self.cash -= value
        if holding.listing.is_option:
            self.filled += abs(holding.net) - before
        self._measure(holding)

    def equity(self) -> int:
        """Return cash plus everything held at its mark."""
        return self.cash + sum(holding.worth() for holding in self.holdings.values() if holding.net)

    def charge(self, holding: Holding, quantity: int, fee: int) -> None:
        """Pay the fee of a fill of `quantity` contracts; a negative fee is a rebate."""
        holding.contracts_traded += quantity
        holding.fees += fee
        self.fees += fee
        self.cash -= fee

    def _measure(self, holding: Holding) -> None:
        if_bought = holding.net + holding.working_buy
        if_sold = holding.working_sell - holding.net
        worst = max(if_bought, if_sold)
        if holding.listing.is_option:
            self.exposure += worst - holding.worst
        holding.worst = worst


def _add(holding: Holding, contracts: int, value: int) -> None:
    held = holding.net
    holding.net = held + contracts
    if held == 0 or (held > 0) == (contracts > 0):
        holding.cost += value
        return
    closed = min(abs(held), abs(contracts))
    closed_value = value * closed // abs(contracts)  # exact: value is price × contracts
    released = abs(holding.cost) * closed // abs(held)
    if held < 0:
        released = -released
    holding.realized -= closed_value + released
    holding.cost += value - closed_value - released


def rounded_ratio(total: int, count: int) -> Price:
    """Return total / count for a total that is not negative, halves upward."""
    return Price((2 * total + count) // (2 * count))
