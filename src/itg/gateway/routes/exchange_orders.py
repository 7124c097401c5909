"""Orders: placing, replacing, canceling, reading one's own."""

from collections.abc import Sequence
from typing import TypeVar

from itg.exchange.contract import ORDER_NOT_FOUND, GetQueueAhead, QueueAhead
from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, Headers, done, refused
from itg.gateway.cursors import cursor_of, place_of
from itg.gateway.decoding import field_fault
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, act_on, read
from itg.gateway.problems import problem_of, problem_of_refusal
from itg.kernel.ids import (
    AccountId,
    ClientOrderId,
    InstrumentId,
    OrderId,
    Seq,
    Shard,
    shard_of_id,
)
from itg.kernel.messages import Query, Reply
from itg.kernel.words import TERMINAL_STATUSES, CancelReason
from itg.positions.contract import (
    AccountCancelRejected,
    AccountOrderUpdated,
    AccountReplaceRejected,
    FoundOrder,
    GetOrder,
    GetOrders,
    OrderChange,
    Orders,
    OrderState,
    PrivateEvent,
    fold_answer,
)
from itg.runtime.envelope import Record
from itg.translate.orders import (
    order_body,
    replaced_order,
    request_cancel,
    request_mass_cancel,
    reserve_order,
    reserve_replace,
)
from itg.wire.v1.orders import MassCancelBody, OrderBody, OrderPage, ReplaceOrderRequest
from itg.wire.v1.reads import OrderParams, OrdersParams
from itg.wire.v1.socket import CancelAllParams, CancelParams, PlaceParams, ReplaceParams

REPLAYED: Headers = ((b"idempotent-replayed", b"true"),)
E = TypeVar("E", bound=PrivateEvent)
_WORKING = {"working": True, "done": False, "all": None}


def place(gateway: Gateway, call: Call, params: PlaceParams) -> None:
    """Place an order and answer with it or with its refusal."""
    account_id = call.account_id()

    def compose(record: Record) -> Answer | None:
        answer = fold_answer(record.outputs, account_id)
        if answer is None:
            return None  # a repeat, while the first is under way to an exchange on another node
        headers = REPLAYED if answer.is_repeated else ()
        if answer.refusal is not None:
            return refused(problem_of_refusal(answer.refusal, params.client_order_id), headers)
        assert answer.order is not None, "an answer is an order or a refusal"
        return done(order_body(answer.order, answer.fills), 201, headers)

    gateway.trade(call, reserve_order(account_id, params), compose, Metered.ORDER)


def _replace(gateway: Gateway, call: Call, params: ReplaceParams) -> None:
    assert_named(params.order_id, params.client_order_id)
    account_id = call.account_id()

    def compose(record: Record) -> Answer:
        rejected = _own(AccountReplaceRejected, record, account_id)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal, params.client_order_id))
        order, fills = replaced_order(record.outputs, account_id)
        return done(order_body(order, fills))

    gateway.trade(call, reserve_replace(account_id, params), compose, Metered.ORDER)


def _cancel(gateway: Gateway, call: Call, params: CancelParams) -> None:
    assert_named(params.order_id, params.client_order_id)
    account_id = call.account_id()

    def compose(record: Record) -> Answer:
        rejected = _own(AccountCancelRejected, record, account_id)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal, params.client_order_id))
        return done(order_body(_canceled(record, account_id, params)))

    gateway.trade(call, request_cancel(account_id, params), compose, Metered.CANCEL)


def _canceled(record: Record, account_id: AccountId, params: CancelParams) -> OrderState:
    # The same input may have ended other orders: what was due by its time ran first.
    for output in record.outputs:
        if (
            isinstance(output, AccountOrderUpdated)
            and output.account_id == account_id
            and output.change is OrderChange.CANCELED
            and params.order_id in {None, output.order.order_id}
            and params.client_order_id in {None, output.order.client_order_id}
        ):
            return output.order
    raise AssertionError("every cancel is answered")


def _cancel_all(gateway: Gateway, call: Call, params: CancelAllParams) -> None:
    account_id = call.account_id()

    def compose(record: Record) -> Answer:
        ids = [
            output.order.order_id
            for output in record.outputs
            if isinstance(output, AccountOrderUpdated)
            and output.account_id == account_id
            and output.cancel_reason is CancelReason.MASS_CANCEL
        ]
        return done(MassCancelBody(order_ids=list(ids)))

    gateway.trade(call, request_mass_cancel(account_id, params), compose, Metered.FREE)


def _list_orders(gateway: Gateway, call: Call, params: OrdersParams) -> None:
    list_orders_of(gateway, call, call.account_id(), params)


def list_orders_of(
    gateway: Gateway, call: Call, account_id: AccountId, params: OrdersParams
) -> None:
    """Answer with a page of an account's orders."""
    after = place_of(params.cursor).get("order_id")
    query = GetOrders(
        account_id=account_id,
        working=_WORKING[params.status],
        instrument_id=None if params.instrument_id is None else InstrumentId(params.instrument_id),
        tag=params.tag,
        after_order_id=None if after is None else OrderId(after),
        since_seq=None if params.since_seq is None else Seq(params.since_seq),
        count=params.limit,
    )

    def compose(replies: Sequence[Reply]) -> Answer:
        orders = reply_of(Orders, replies).orders
        ahead = _queue_ahead(replies)
        is_full = len(orders) == params.limit
        return done(
            OrderPage(
                items=[order_body(order, (), ahead.get(order.order_id)) for order in orders],
                next_cursor=cursor_of({"order_id": orders[-1].order_id}) if is_full else None,
            )
        )

    gateway.read(call, (query,), compose, _ask_queue_ahead)


def _get_order(gateway: Gateway, call: Call, params: OrderParams) -> None:
    assert_named(params.order_id, params.client_order_id)
    client_order_id = params.client_order_id
    query = GetOrder(
        account_id=call.account_id(),
        order_id=None if params.order_id is None else OrderId(params.order_id),
        client_order_id=None if client_order_id is None else ClientOrderId(client_order_id),
    )

    def compose(replies: Sequence[Reply]) -> Answer:
        found = reply_of(FoundOrder, replies)
        if found.refusal is not None:
            return refused(problem_of_refusal(found.refusal, client_order_id))
        if found.order is None:
            return refused(problem_of(ORDER_NOT_FOUND))
        ahead = _queue_ahead(replies).get(found.order.order_id)
        return done(order_body(found.order, (), ahead))

    gateway.read(call, (query,), compose, _ask_queue_ahead)


def _ask_queue_ahead(replies: Sequence[Reply]) -> tuple[Query, ...]:
    """Ask for the queue before the working orders just read, shard by shard."""
    by_shard: dict[Shard, list[OrderId]] = {}
    for order in _orders_in(replies):
        if order.status not in TERMINAL_STATUSES:
            by_shard.setdefault(shard_of_id(order.order_id), []).append(order.order_id)
    return tuple(GetQueueAhead(shard=s, order_ids=tuple(ids)) for s, ids in by_shard.items())


def _orders_in(replies: Sequence[Reply]) -> Sequence[OrderState]:
    match replies[0]:
        case Orders(orders=orders):
            return orders
        case FoundOrder(order=OrderState() as order):
            return (order,)
        case _:
            return ()


def _queue_ahead(replies: Sequence[Reply]) -> dict[OrderId, int]:
    ahead: dict[OrderId, int] = {}
    for reply in replies:
        if isinstance(reply, QueueAhead):
            ahead.update(reply.ahead)
    return ahead


def _own(kind: type[E], record: Record, account_id: AccountId) -> E | None:
    own = (o for o in record.outputs if isinstance(o, PrivateEvent) and o.account_id == account_id)
    return first_of(kind, own)


def assert_named(order_id: int | None, client_order_id: str | None) -> None:
    """Refuse a request that names an order by none or by both of its ids."""
    if (order_id is None) == (client_order_id is None):
        raise field_fault("/order_id", "name the order by order_id or by client_order_id")


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="order.place",
            method="POST",
            path="/exchange/orders",
            summary="Place an order; 201 after the commit, with the fills that happened at once.",
            result=OrderBody,
            scope=Scope.TRADE,
            metered=Metered.ORDER,
            status=201,
        ),
        PlaceParams,
        place,
    ),
    read(
        Route(
            name="orders.list",
            method="GET",
            path="/exchange/orders",
            summary="List your orders, oldest first.",
            result=OrderPage,
        ),
        OrdersParams,
        _list_orders,
    ),
    read(
        Route(
            name="order.cancel_all",
            method="DELETE",
            path="/exchange/orders",
            summary="Cancel every order that matches all filters given; never metered.",
            result=MassCancelBody,
            scope=Scope.TRADE,
            metered=Metered.FREE,
        ),
        CancelAllParams,
        _cancel_all,
    ),
    *(
        operation
        for path, on_socket in (
            ("/exchange/orders/{order_id}", True),
            ("/exchange/orders/by-client-id/{client_order_id}", False),
        )
        for operation in (
            read(
                Route(
                    name="orders.get" if on_socket else "orders.get_by_client_id",
                    method="GET",
                    path=path,
                    summary="Read one of your orders, or why it was refused.",
                    result=OrderBody,
                    on_socket=on_socket,
                ),
                OrderParams,
                _get_order,
            ),
            act_on(
                Route(
                    name="order.replace" if on_socket else "order.replace_by_client_id",
                    method="PATCH",
                    path=path,
                    summary="Change price or total quantity of a working order.",
                    result=OrderBody,
                    scope=Scope.TRADE,
                    metered=Metered.ORDER,
                    on_socket=on_socket,
                ),
                ReplaceParams,
                ReplaceOrderRequest,
                _replace,
            ),
            read(
                Route(
                    name="order.cancel" if on_socket else "order.cancel_by_client_id",
                    method="DELETE",
                    path=path,
                    summary="Cancel one of your orders.",
                    result=OrderBody,
                    scope=Scope.TRADE,
                    metered=Metered.CANCEL,
                    on_socket=on_socket,
                ),
                CancelParams,
                _cancel,
            ),
        )
    ),
)
