"""An order endpoint of Litestar that only reads and answers, with the wire's own request type."""

from itertools import count

from litestar import Litestar, post
from msgspec import Struct

from itg.wire.v1.orders import PlaceOrderRequest


class Answer(Struct, frozen=True, gc=False, kw_only=True):
    order_id: int
    client_order_id: str | None
    status: str


numbers = count(1)


@post("/exchange/orders")
async def place(data: PlaceOrderRequest) -> Answer:
    return Answer(order_id=next(numbers), client_order_id=data.client_order_id, status="working")


app = Litestar([place], logging_config=None, openapi_config=None)
