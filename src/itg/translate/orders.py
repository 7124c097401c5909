"""Orders, quotes and fills: requests into commands, states into bodies."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from itg.exchange.contract import INVALID_QUANTITY, INVALID_QUOTE
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId, OrderId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import to_micros
from itg.kernel.words import OrderType, SelfTradePolicy, Side, TimeInForce
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    Fill,
    Fills,
    OrderChange,
    OrderState,
    PrivateEvent,
    QuotesHandled,
    QuoteState,
    QuoteTerms,
    RequestCancel,
    RequestMassCancel,
    ReserveOrder,
    ReserveQuotes,
    ReserveReplace,
    order_after,
    order_told_of,
)
from itg.translate.numbers import (
    UnfitFieldError,
    optional_micros,
    optional_nanos,
    optional_price_in,
    optional_usd,
    usd,
)
from itg.translate.refusals import numbers_of
from itg.wire.v1.orders import (
    FillBody,
    OrderBody,
    PlaceOrderRequest,
    QuoteBody,
    QuoteProblem,
    QuoteRequest,
    QuotesBody,
    QuotesRequest,
)
from itg.wire.v1.socket import CancelAllParams, CancelParams, ReplaceParams

# Beyond any limit of the game, and small enough that cash of a whole day fits 64 bits.
QUANTITY_MAX = 1_000_000

_SIDES = {side.value: side for side in Side}
_TYPES = {order_type.value: order_type for order_type in OrderType}
_TIMES = {time.value: time for time in TimeInForce}
_POLICIES = {policy.value: policy for policy in SelfTradePolicy}


def reserve_order(account_id: AccountId, request: PlaceOrderRequest) -> ReserveOrder:
    """Return the command of a placement; `UnfitFieldError` names a field that cannot be taken."""
    return ReserveOrder(
        account_id=account_id,
        instrument_id=InstrumentId(request.instrument_id),
        side=_SIDES[request.side],
        quantity=quantity_in(request.quantity, "/quantity"),
        order_type=_TYPES[request.order_type],
        price=optional_price_in(request.price, "/price"),
        time_in_force=None if request.time_in_force is None else _TIMES[request.time_in_force],
        post_only=request.post_only,
        stp=None if request.stp is None else _POLICIES[request.stp],
        client_order_id=_client_order_id(request.client_order_id),
        tag=request.tag,
        stop_price=optional_price_in(request.stop_price, "/stop_price"),
        display_quantity=_optional_quantity_in(request.display_quantity, "/display_quantity"),
        expires_ns=optional_nanos(request.expires_us),
    )


def quantity_in(quantity: int, pointer: str) -> int:
    """Return a quantity within what the house can count; zero and below are the rules' to judge."""
    if abs(quantity) > QUANTITY_MAX:
        raise UnfitFieldError(pointer, f"at most {QUANTITY_MAX} contracts", INVALID_QUANTITY)
    return quantity


def _optional_quantity_in(quantity: int | None, pointer: str) -> int | None:
    return None if quantity is None else quantity_in(quantity, pointer)


def _client_order_id(text: str | None) -> ClientOrderId | None:
    return None if text is None else ClientOrderId(text)


def reserve_replace(account_id: AccountId, params: ReplaceParams) -> ReserveReplace:
    """Return the command of a replace."""
    return ReserveReplace(
        account_id=account_id,
        order_id=None if params.order_id is None else OrderId(params.order_id),
        orig_client_order_id=_client_order_id(params.client_order_id),
        price=optional_price_in(params.price, "/price"),
        quantity=_optional_quantity_in(params.quantity, "/quantity"),
        expected_revision=params.expected_revision,
    )


def request_cancel(account_id: AccountId, params: CancelParams) -> RequestCancel:
    """Return the command of a cancel."""
    return RequestCancel(
        account_id=account_id,
        order_id=None if params.order_id is None else OrderId(params.order_id),
        orig_client_order_id=_client_order_id(params.client_order_id),
    )


def request_mass_cancel(account_id: AccountId, params: CancelAllParams) -> RequestMassCancel:
    """Return the command of a mass cancel."""
    return RequestMassCancel(
        account_id=account_id,
        instrument_id=None if params.instrument_id is None else InstrumentId(params.instrument_id),
        underlying_id=None if params.underlying is None else UnderlyingId(params.underlying),
        side=None if params.side is None else _SIDES[params.side],
        tag=params.tag,
    )


def reserve_quotes(account_id: AccountId, request: QuotesRequest) -> ReserveQuotes:
    """Return the command that sets quotes; an instrument named twice is unfit."""
    seen: dict[str, int] = {}
    for index, quote in enumerate(request.quotes):
        if seen.setdefault(quote.instrument_id, index) != index:
            text = f"{quote.instrument_id} stands here twice"
            raise UnfitFieldError(f"/quotes/{index}/instrument_id", text, INVALID_QUOTE)
    terms = (_quote_terms(quote, f"/quotes/{index}") for index, quote in enumerate(request.quotes))
    return ReserveQuotes(
        account_id=account_id,
        quotes=tuple(terms),
        pull_others=request.others == "pull",
        post_only=request.post_only,
    )


def _quote_terms(quote: QuoteRequest, pointer: str) -> QuoteTerms:
    return QuoteTerms(
        instrument_id=InstrumentId(quote.instrument_id),
        bid=optional_price_in(quote.bid, f"{pointer}/bid"),
        bid_quantity=quantity_in(quote.bid_quantity or 0, f"{pointer}/bid_quantity"),
        ask=optional_price_in(quote.ask, f"{pointer}/ask"),
        ask_quantity=quantity_in(quote.ask_quantity or 0, f"{pointer}/ask_quantity"),
    )


def order_body(
    order: OrderState, fills: Sequence[Fill] = (), queue_ahead: int | None = None
) -> OrderBody:
    """Return an order as its owner sees it."""
    time_in_force = order.time_in_force
    return OrderBody(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        instrument_id=order.instrument_id,
        side=order.side.value,
        quantity=order.quantity,
        order_type=order.order_type.value,
        price=optional_usd(order.price),
        time_in_force=None if time_in_force is None else time_in_force.value,
        post_only=order.post_only,
        stp=order.stp.value,
        tag=order.tag,
        revision=order.revision,
        status=order.status.value,
        filled_quantity=order.filled_quantity,
        leaves_quantity=order.leaves_quantity,
        average_price=optional_usd(order.average_price),
        fees=usd(order.fees),
        accepted_us=to_micros(order.accepted_ns),
        seq=order.accepted_seq,
        queue_ahead=queue_ahead,
        fills=[fill_body(fill) for fill in fills],
        stop_price=optional_usd(order.stop_price),
        display_quantity=order.display_quantity,
        expires_us=optional_micros(order.expires_ns),
    )


def replaced_order(
    outputs: Iterable[Message], account_id: AccountId
) -> tuple[OrderState, list[Fill]]:
    """Return an order as its replacement left it, with the fills that caused at once."""
    order: OrderState | None = None
    fills: list[Fill] = []
    for event in outputs:
        if not isinstance(event, PrivateEvent) or event.account_id != account_id:
            continue
        if isinstance(event, AccountOrderUpdated) and event.change is OrderChange.REPLACED:
            order = event.order
        elif order is not None and order_told_of(event) == order.order_id:
            order = order_after(order, event)
            if isinstance(event, AccountFilled):
                fills.append(event.fill)
    assert order is not None, "every replacement is answered"
    return order, fills


def fill_body(fill: Fill) -> FillBody:
    """Return one fill."""
    return FillBody(
        fill_id=fill.fill_id,
        trade_id=fill.trade_id,
        order_id=fill.order_id,
        client_order_id=fill.client_order_id,
        instrument_id=fill.instrument_id,
        side=fill.side.value,
        last_price=usd(fill.last_price),
        last_quantity=fill.last_quantity,
        liquidity=fill.liquidity.value,
        fee=usd(fill.fee),
        seq=fill.seq,
        game_us=to_micros(fill.game_ns),
    )


def fill_bodies(page: Fills) -> list[FillBody]:
    """Return a page of fills, those marked whose trade was undone or moved since."""
    corrections = {(each.trade_id, each.order_id): each for each in page.corrections}
    bodies = []
    for fill in page.fills:
        body, correction = fill_body(fill), corrections.get((fill.trade_id, fill.order_id))
        if correction is not None:
            price = optional_usd(correction.adjusted_price)
            body = replace(body, is_busted=price is None, adjusted_price=price)
        bodies.append(body)
    return bodies


def quote_body(quote: QuoteState) -> QuoteBody:
    """Return a quote as it stands."""
    return QuoteBody(
        instrument_id=quote.instrument_id,
        bid_order_id=quote.bid_order_id,
        bid=optional_usd(quote.bid),
        bid_quantity=quote.bid_quantity,
        ask_order_id=quote.ask_order_id,
        ask=optional_usd(quote.ask),
        ask_quantity=quote.ask_quantity,
        is_pending=quote.is_pending,
    )


def refusal_of_quotes(account_id: AccountId, outputs: Iterable[Message]) -> Refusal | None:
    """Return the first reason where a request to quote left nothing: none taken, none pulled."""
    rejected: AccountQuoteRejected | None = None
    for output in outputs:
        if isinstance(output, QuotesHandled) and output.accepted:
            return None
        if isinstance(output, AccountQuoteUpdated) and output.account_id == account_id:
            return None
        if isinstance(output, AccountQuoteRejected) and output.account_id == account_id:
            rejected = rejected or output
    return None if rejected is None else rejected.refusal


def quotes_body(account_id: AccountId, outputs: Iterable[Message]) -> QuotesBody:
    """Return what an input left of the quotes it touched, fills at once taken off."""
    standing: dict[InstrumentId, QuoteBody] = {}
    rejected: list[QuoteProblem] = []
    for output in outputs:
        match output:
            case AccountQuoteUpdated(account_id=owner) if owner == account_id:
                standing[output.quote.instrument_id] = quote_body(output.quote)
            case AccountFilled(account_id=owner, is_quote=True) if owner == account_id:
                quote = standing.get(output.fill.instrument_id)
                if quote is not None:
                    standing[output.fill.instrument_id] = _after_fill(quote, output)
            case AccountQuoteRejected(account_id=owner) if owner == account_id:
                rejected.append(_quote_problem(output))
            case _:
                pass
    live = [quote for quote in standing.values() if quote.bid_quantity or quote.ask_quantity]
    return QuotesBody(quotes=live, rejected=rejected)


def _after_fill(quote: QuoteBody, filled: AccountFilled) -> QuoteBody:
    is_bid = filled.fill.order_id == quote.bid_order_id
    if not is_bid and filled.fill.order_id != quote.ask_order_id:
        return quote
    leaves = filled.leaves_quantity
    bid_leaves = leaves if is_bid else quote.bid_quantity
    ask_leaves = quote.ask_quantity if is_bid else leaves
    return QuoteBody(
        instrument_id=quote.instrument_id,
        bid_order_id=quote.bid_order_id if bid_leaves else None,
        bid=quote.bid if bid_leaves else None,
        bid_quantity=bid_leaves,
        ask_order_id=quote.ask_order_id if ask_leaves else None,
        ask=quote.ask if ask_leaves else None,
        ask_quantity=ask_leaves,
        is_pending=quote.is_pending,
    )


def _quote_problem(event: AccountQuoteRejected) -> QuoteProblem:
    limit, _, requested, _ = numbers_of(event.refusal)
    return QuoteProblem(
        instrument_id=event.instrument_id,
        code=event.refusal.code,
        detail=event.refusal.detail,
        limit=limit,
        requested=requested,
        retry_after_ms=event.refusal.retry_after_ms,
    )
