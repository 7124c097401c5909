"""Previews of orders, their histories and explanations."""

from collections.abc import Sequence

from msgspec.structs import replace

from itg.exchange.contract import (
    ORDER_NOT_FOUND,
    BookSnapshot,
    ExchangeStatus,
    GetBook,
    GetExchangeStatus,
    GetQueueAhead,
    OrderPreview,
    PreviewOrder,
    QueueAhead,
)
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.directory import reply_of
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act, read
from itg.gateway.problems import problem_of
from itg.gateway.routes.exchange_orders import assert_named
from itg.kernel.ids import ClientOrderId, OrderId, shard_of_id
from itg.kernel.messages import Query, Reply
from itg.kernel.words import TERMINAL_STATUSES
from itg.positions.contract import (
    Coverage,
    FoundOrder,
    GetCoverage,
    GetLimits,
    GetOrder,
    GetOrderEvents,
    GetRoles,
    Limits,
    OrderEvents,
    Roles,
    ValidateOrder,
    Verdict,
    halved_rebate,
)
from itg.translate.explaining import OrderFacts, explain
from itg.translate.order_events import order_events_body
from itg.translate.orders import reserve_order
from itg.translate.previews import place_order, preview_body
from itg.wire.v1.explaining import ExplanationBody, OrderEventsBody, PreviewBody
from itg.wire.v1.orders import PlaceOrderRequest
from itg.wire.v1.reads import OrderParams


def _preview(gateway: Gateway, call: Call, params: PlaceOrderRequest) -> None:
    account_id = call.account_id()
    order = reserve_order(account_id, params)
    directory, game_ns = gateway.directory, gateway.pump.clock.game_ns()
    role = call.caller.role
    assert role is not None, "an account has a role"
    queries: list[Query] = [
        ValidateOrder(order=order, game_ns=game_ns),
        GetRoles(),
        GetLimits(account_id=account_id),
        GetCoverage(account_id=account_id),
    ]
    shard = directory.shard_of(order.instrument_id)
    if shard is not None:
        placed = place_order(order, shard, directory.roles[role].stp)
        queries.append(PreviewOrder(shard=shard, order=placed, game_ns=game_ns))

    def compose(replies: Sequence[Reply]) -> Answer:
        rules = next(rules for rules in reply_of(Roles, replies).roles if rules.role == role)
        if reply_of(Coverage, replies).is_rebate_halved:
            rules = replace(rules, maker_fee=halved_rebate(rules.maker_fee))
        met = next((reply for reply in replies if isinstance(reply, OrderPreview)), None)
        verdict, limits = reply_of(Verdict, replies), reply_of(Limits, replies)
        return done(preview_body(order, verdict, met, rules, limits))

    gateway.read(call, tuple(queries), compose)


def _get_events(gateway: Gateway, call: Call, params: OrderParams) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        if _is_unknown(replies):
            return refused(problem_of(ORDER_NOT_FOUND))
        return done(order_events_body(reply_of(OrderEvents, replies)))

    gateway.read(call, _queries(call, params), compose)


def _explain(gateway: Gateway, call: Call, params: OrderParams) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        if _is_unknown(replies):
            return refused(problem_of(ORDER_NOT_FOUND))
        return done(_explanation(replies, params))

    gateway.read(call, _queries(call, params), compose, _ask_market)


def _queries(call: Call, params: OrderParams) -> tuple[Query, ...]:
    assert_named(params.order_id, params.client_order_id)
    account_id = call.account_id()
    order_id = None if params.order_id is None else OrderId(params.order_id)
    name = params.client_order_id
    client_order_id = None if name is None else ClientOrderId(name)
    return (
        GetOrder(account_id=account_id, order_id=order_id, client_order_id=client_order_id),
        GetOrderEvents(account_id=account_id, order_id=order_id, client_order_id=client_order_id),
    )


def _ask_market(replies: Sequence[Reply]) -> tuple[Query, ...]:
    """Ask for the market around an order that lives."""
    order = reply_of(FoundOrder, replies).order
    if order is None or order.status in TERMINAL_STATUSES:
        return ()
    shard = shard_of_id(order.order_id)
    return (
        GetBook(shard=shard, instrument_id=order.instrument_id, depth_levels=1),
        GetExchangeStatus(shard=shard),
        GetQueueAhead(shard=shard, order_ids=(order.order_id,)),
    )


def _is_unknown(replies: Sequence[Reply]) -> bool:
    found = reply_of(FoundOrder, replies)
    return found.order is None and found.refusal is None


def _explanation(replies: Sequence[Reply], params: OrderParams) -> ExplanationBody:
    found, told = reply_of(FoundOrder, replies), reply_of(OrderEvents, replies)
    order = found.order
    facts = OrderFacts(order=order, refusal=found.refusal, events=told.events)
    for reply in replies:
        match reply:
            case BookSnapshot():
                facts = replace(facts, book=reply)
            case ExchangeStatus():
                facts = replace(facts, status=reply)
            case QueueAhead() if order is not None:
                facts = replace(facts, queue_ahead=reply.ahead.get(order.order_id))
            case _:
                pass
    return ExplanationBody(
        order_id=None if order is None else order.order_id,
        client_order_id=params.client_order_id if order is None else order.client_order_id,
        status="rejected" if order is None else order.status.value,
        reasons=explain(facts),
        is_complete=told.is_complete,
    )


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="orders.preview",
            method="POST",
            path="/exchange/orders/preview",
            summary="Ask what an order would do now: limits, fees, fills; advisory, not sent.",
            result=PreviewBody,
        ),
        PlaceOrderRequest,
        _preview,
    ),
    *(
        operation
        for path, suffix in (
            ("/exchange/orders/{order_id}", ""),
            ("/exchange/orders/by-client-id/{client_order_id}", "_by_client_id"),
        )
        for operation in (
            read(
                Route(
                    name=f"orders.events{suffix}",
                    method="GET",
                    path=f"{path}/events",
                    summary="Read everything that was recorded of one of your orders.",
                    result=OrderEventsBody,
                    on_socket=not suffix,
                ),
                OrderParams,
                _get_events,
            ),
            read(
                Route(
                    name=f"orders.explanation{suffix}",
                    method="GET",
                    path=f"{path}/explanation",
                    summary="Read why one of your orders was refused, filled, ended or waits.",
                    result=ExplanationBody,
                    on_socket=not suffix,
                ),
                OrderParams,
                _explain,
            ),
        )
    ),
)
