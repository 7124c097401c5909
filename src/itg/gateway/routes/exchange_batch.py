"""Batches of orders: each its own command, answered together."""

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Raw
from msgspec.json import Decoder
from msgspec.structs import replace

from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, done
from itg.gateway.decoding import JsonReader
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act_itemwise
from itg.gateway.problems import RefusedError, problem_of, problem_of_field, within
from itg.gateway.reasons import LOCK_STEP
from itg.gateway.routes.exchange_orders import REPLAYED, place
from itg.translate.numbers import UnfitFieldError
from itg.wire.v1.orders import (
    BatchBody,
    BatchItemBody,
    BatchRequest,
    OrderBody,
    Request,
)
from itg.wire.v1.problems import Problem
from itg.wire.v1.socket import PlaceParams

_read_order = JsonReader(PlaceParams)
_decode_order = Decoder(OrderBody).decode


class BatchItems(Request, frozen=True, kw_only=True):
    """`BatchRequest` with its orders unread."""

    orders: Annotated[list[Raw], Meta(min_length=1, max_length=100)]


def _place_batch(gateway: Gateway, call: Call, params: BatchItems) -> None:
    if gateway.lock_step is not None:
        raise RefusedError(problem_of(LOCK_STEP))
    call.account_id()
    batch = _Batch(call, len(params.orders))
    for index, order in enumerate(params.orders):
        reply = batch.taker(index)
        try:
            if index > 0:  # the request itself paid for the first
                gateway.guard.admit(call.caller, Metered.ORDER, gateway.directory)
            place(gateway, call.answered_by(reply), _read_order.read(bytes(order)))
        except RefusedError as error:
            reply(Answer(error.problem.status, problem=error.problem))
        except UnfitFieldError as error:
            problem = problem_of_field(error)
            reply(Answer(problem.status, problem=problem))


class _Batch:
    """Collects the answers of one batch, and replies with the last of them."""

    def __init__(self, call: Call, count: int) -> None:
        self._call = call
        self._items: list[BatchItemBody | None] = [None] * count

    def taker(self, index: int) -> Callable[[Answer], None]:
        """Return what takes the answer to one order."""

        def take(answer: Answer) -> None:
            self._items[index] = self._item(index, answer)
            items = [item for item in self._items if item is not None]
            if len(items) == len(self._items):
                self._call.reply(done(BatchBody(items=items)))

        return take

    def _item(self, index: int, answer: Answer) -> BatchItemBody:
        is_repeated = REPLAYED[0] in answer.headers
        if answer.problem is None:
            return BatchItemBody(order=_decode_order(answer.body), is_repeated=is_repeated)
        problem: Problem = within(answer.problem, f"/orders/{index}")
        problem = replace(problem, request_id=self._call.trace_id)
        return BatchItemBody(problem=problem, is_repeated=is_repeated)


OPERATIONS: tuple[Operation, ...] = (
    act_itemwise(
        Route(
            name="order.place_batch",
            method="POST",
            path="/exchange/orders/batch",
            summary="Place up to 100 orders in turn; each stands or falls alone.",
            result=BatchBody,
            scope=Scope.TRADE,
            metered=Metered.ORDER,
            on_socket=False,
        ),
        BatchItems,
        BatchRequest,
        _place_batch,
    ),
)
