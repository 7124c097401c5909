"""The orders that work, by heart: what is known of them while positions does not answer."""

from collections.abc import Iterable, Sequence

from itg.kernel.ids import AccountId, ClientOrderId, OrderId
from itg.kernel.messages import Message, Query
from itg.kernel.words import TERMINAL_STATUSES
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    GetOrders,
    Orders,
    OrderState,
    order_after,
)

_ALL = 1_000_000


class WorkingOrders:
    """Every account's working orders as of the last release."""

    def __init__(self) -> None:
        self._orders: dict[OrderId, tuple[AccountId, OrderState]] = {}

    @staticmethod
    def queries(accounts: Iterable[AccountId]) -> tuple[Query, ...]:
        """Return what to ask at the start."""
        return tuple(GetOrders(account_id=account_id, count=_ALL) for account_id in accounts)

    def learn(self, accounts: Sequence[AccountId], replies: Sequence[Orders]) -> None:
        """Take the answers to `queries` of the same accounts; there may be none."""
        for account_id, reply in zip(accounts, replies, strict=False):
            for order in reply.orders:
                self._orders[order.order_id] = (account_id, order)

    def fold(self, outputs: Iterable[Message]) -> None:
        """Take in what an input caused."""
        for event in outputs:
            kind = type(event)  # quicker than isinstance, of which most outputs are neither
            if kind is AccountOrderUpdated:
                assert isinstance(event, AccountOrderUpdated)
                self._keep(event.account_id, event.order)
            elif kind is AccountFilled:
                assert isinstance(event, AccountFilled)
                self._fill(event)

    def find(
        self, account_id: AccountId, order_id: OrderId | None, client_order_id: ClientOrderId | None
    ) -> OrderState | None:
        """Return an account's working order by either of its ids."""
        if order_id is not None:
            owner, order = self._orders.get(order_id, (None, None))
            return order if owner == account_id else None
        return next(
            (
                order
                for owner, order in self._orders.values()
                if owner == account_id and order.client_order_id == client_order_id
            ),
            None,
        )

    def has(self, order_id: OrderId) -> bool:
        """Tell whether an order works; the sides of quotes are no orders."""
        return order_id in self._orders

    def _fill(self, event: AccountFilled) -> None:
        known = self._orders.get(event.fill.order_id)
        if known is not None:
            account_id, order = known
            self._keep(account_id, order_after(order, event))

    def _keep(self, account_id: AccountId, order: OrderState) -> None:
        if order.status in TERMINAL_STATUSES:
            self._orders.pop(order.order_id, None)
        else:
            self._orders[order.order_id] = (account_id, order)
