"""What the small investors hold and have working."""

from collections.abc import Iterator

from msgspec import Struct, field

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.money import Price
from itg.kernel.times import Nanos


class Holding(Struct):
    """One account's position in one instrument, since when it is held, and what it cost.

    `cost` is signed like the position: price units × contracts paid, negative what was received.
    """

    account_id: AccountId
    instrument_id: InstrumentId
    net_quantity: int
    since_ns: Nanos
    cost: int = 0

    def gain(self, price: Price) -> int:
        """Return what the position gained on its average cost."""
        return self.net_quantity * price - self.cost


class Resting(Struct):
    """A working order and when its owner loses patience."""

    account_id: AccountId
    instrument_id: InstrumentId
    leaves_quantity: int
    until_ns: Nanos


class Holdings(Struct):
    """Positions oldest first, working orders oldest first, and contracts in use by account."""

    positions: dict[str, Holding] = field(default_factory=dict)
    resting: dict[OrderId, Resting] = field(default_factory=dict)
    used: dict[AccountId, int] = field(default_factory=dict)

    def note_working(self, order_id: OrderId, resting: Resting) -> None:
        """Set what an order still has to fill; 0 ends it."""
        before = self.resting.get(order_id)
        self._use(resting.account_id, resting.leaves_quantity)
        if before is not None:
            self._use(before.account_id, -before.leaves_quantity)
            resting.until_ns = before.until_ns
        if resting.leaves_quantity:
            self.resting[order_id] = resting
        else:
            self.resting.pop(order_id, None)

    def note_fill(
        self,
        now: Nanos,
        account_id: AccountId,
        instrument_id: InstrumentId,
        signed: int,
        price: Price,
    ) -> None:
        """Change a position by `signed` contracts."""
        key = _key(account_id, instrument_id)
        holding = self.positions.get(key)
        before = 0 if holding is None else holding.net_quantity
        after = before + signed
        self._use(account_id, abs(after) - abs(before))
        if after == 0:
            self.positions.pop(key, None)
        elif holding is None or before * after < 0:
            self.positions.pop(key, None)
            self.positions[key] = Holding(account_id, instrument_id, after, now, after * price)
        else:
            is_added = before * signed > 0
            cost = holding.cost
            holding.cost = cost + signed * price if is_added else cost * after // before
            holding.net_quantity = after

    def settle(self, account_id: AccountId, instrument_id: InstrumentId) -> None:
        """Forget a position that became cash; its contracts are free again."""
        holding = self.positions.pop(_key(account_id, instrument_id), None)
        if holding is not None:
            self._use(account_id, -abs(holding.net_quantity))

    def forget(self, instrument_id: InstrumentId) -> None:
        """Forget everything in an instrument that is no more."""
        for holding in list(self.positions.values()):
            if holding.instrument_id == instrument_id:
                self.settle(holding.account_id, instrument_id)
        for order_id, resting in list(self.resting.items()):
            if resting.instrument_id == instrument_id:
                del self.resting[order_id]
                self._use(resting.account_id, -resting.leaves_quantity)

    def room(self, account_id: AccountId, cap: int) -> int:
        """Return how many contracts an account may still add."""
        return cap - self.used.get(account_id, 0)

    def hold_again(self, holding: Holding, now: Nanos) -> None:
        """Let a position's time begin anew: an attempt to close it was made."""
        key = _key(holding.account_id, holding.instrument_id)
        self.positions[key] = self.positions.pop(key)
        holding.since_ns = now

    def overdue(self, now: Nanos) -> Iterator[tuple[OrderId, Resting]]:
        """Yield the orders whose time is over, oldest first."""
        for order_id, resting in self.resting.items():
            if resting.until_ns > now:
                return
            yield order_id, resting

    def unattended(self) -> list[Holding]:
        """Return the positions their owner has no order working in, oldest first."""
        working = {_key(r.account_id, r.instrument_id) for r in self.resting.values()}
        return [holding for key, holding in self.positions.items() if key not in working]

    def lose_patience(self, now: Nanos) -> None:
        """Let the oldest working order be given up at once."""
        oldest = next(iter(self.resting.values()), None)
        if oldest is not None:
            oldest.until_ns = min(oldest.until_ns, now)

    def _use(self, account_id: AccountId, change: int) -> None:
        self.used[account_id] = self.used.get(account_id, 0) + change


def _key(account_id: AccountId, instrument_id: InstrumentId) -> str:
    return f"{account_id} {instrument_id}"
