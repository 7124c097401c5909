"""Orders that wait in the paper market, told as on the wire."""

from collections.abc import Callable, Iterator

from msgspec import structs

from itg.wire.v1.account import FillPush, OrderPush
from itg.wire.v1.orders import OrderBody
from itg.wire.v1.socket import CancelParams, PlaceParams, ReplaceParams

Tell = Callable[[str, str, object], None]


class Waiting:
    """One account's waiting orders, by id; never a bid and an ask in one instrument."""

    def __init__(self, tell: Tell) -> None:
        self.orders: dict[int, OrderBody] = {}
        self._tell = tell
        self._count = 0

    def add(self, order: PlaceParams) -> OrderBody:
        sides = {o.side for o in self.orders.values() if o.instrument_id == order.instrument_id}
        assert sides <= {order.side}, "a bid and an ask in one instrument"
        assert order.price is not None
        self._count += 1
        body = OrderBody(
            order_id=self._count, client_order_id=order.client_order_id,
            instrument_id=order.instrument_id, side=order.side, quantity=order.quantity,
            order_type="limit", price=float(order.price), time_in_force="day", post_only=False,
            stp="cancel_incoming", tag="", revision=1, status="working", filled_quantity=0,
            leaves_quantity=order.quantity, average_price=None, fees=0.0, accepted_us=0, seq=1,
        )  # fmt: skip
        self.orders[body.order_id] = body
        self._tell("private", "order.accepted", OrderPush(order=body))
        return body

    def replace(self, change: ReplaceParams) -> None:
        assert change.order_id is not None
        body = self.orders.get(change.order_id)
        if body is not None and change.price is not None:
            self._set("order.replaced", structs.replace(body, price=float(change.price)))

    def cancel(self, named: CancelParams) -> None:
        body = self.orders.pop(named.order_id or 0, None)
        if body is not None:
            canceled = structs.replace(body, status="canceled")
            self._tell("private", "order.canceled", OrderPush(order=canceled))

    def fill(self, body: OrderBody) -> int:
        """Fill all of an order and return the signed quantity."""
        del self.orders[body.order_id]
        push = FillPush(
            fill_id=body.order_id, trade_id=body.order_id, order_id=body.order_id,
            client_order_id=body.client_order_id, instrument_id=body.instrument_id, side=body.side,
            last_price=body.price or 0.0, last_quantity=body.leaves_quantity, liquidity="maker",
            fee=0.0, status="filled", filled_quantity=body.quantity, leaves_quantity=0,
            average_price=body.price or 0.0, is_quote=False,
        )  # fmt: skip
        self._tell("private", "fill", push)
        return body.leaves_quantity if body.side == "buy" else -body.leaves_quantity

    def signed(self, instrument_id: str) -> Iterator[int]:
        for body in self.orders.values():
            if body.instrument_id == instrument_id:
                yield body.leaves_quantity if body.side == "buy" else -body.leaves_quantity

    def _set(self, kind: str, body: OrderBody) -> None:
        self.orders[body.order_id] = body
        self._tell("private", kind, OrderPush(order=body))
