"""Positions as a pump runs it: each message to its step in the core, each intent to a command."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar, cast

from itg.exchange import contract as exchange
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason
from itg.market_data.contract import MarksPublished
from itg.positions import contract
from itg.positions.core import changing, fills, placing, quoting, views
from itg.positions.core.desk import Desk, ExchangeReasons
from itg.positions.store import Packing, decode_desk, encode_desk

Out = list[Message]
Handler = Callable[[Desk, Nanos, Message, Out], None]
M = TypeVar("M", bound=Message)

REASONS = ExchangeReasons(
    invalid_instrument=exchange.INVALID_INSTRUMENT,
    invalid_quantity=exchange.INVALID_QUANTITY,
    order_not_found=exchange.ORDER_NOT_FOUND,
    order_already_done=exchange.ORDER_ALREADY_DONE,
)
# What one placement can cause; anything else that arrives ends the placement before it.
PLACEMENT_EVENTS = frozenset(
    {
        exchange.OrderAccepted,
        exchange.TradeExecuted,
        exchange.OrderCanceled,
    }
)


def _reserve_order(desk: Desk, now: Nanos, body: contract.ReserveOrder, out: Out) -> None:
    reserved = placing.reserve_order(desk, now, body, out)
    if reserved is not None:
        reservation_id, order = reserved
        out.append(
            exchange.PlaceOrder(
                shard=order.holding.listing.shard,
                reservation_id=reservation_id,
                account_id=body.account_id,
                instrument_id=body.instrument_id,
                side=body.side,
                quantity=Quantity(body.quantity),
                order_type=body.order_type,
                price=body.price,
                time_in_force=body.time_in_force,
                post_only=body.post_only,
                stp=order.stp,
                tag=body.tag,
            )
        )


def _reserve_replace(desk: Desk, now: Nanos, ask: contract.ReserveReplace, out: Out) -> None:
    reserved = changing.reserve_replace(desk, now, ask, out)
    if reserved is not None:
        reservation_id, order = reserved
        out.append(
            exchange.ReplaceOrder(
                shard=order.holding.listing.shard,
                reservation_id=reservation_id,
                account_id=ask.account_id,
                order_id=order.order_id,
                price=ask.price,
                quantity=None if ask.quantity is None else Quantity(ask.quantity),
                expected_revision=ask.expected_revision,
            )
        )


def _request_cancel(desk: Desk, now: Nanos, ask: contract.RequestCancel, out: Out) -> None:
    order = changing.order_to_cancel(desk, now, ask, out)
    if order is not None:
        shard = order.holding.listing.shard
        out.append(
            exchange.CancelOrder(shard=shard, account_id=ask.account_id, order_id=order.order_id)
        )


def _mass_cancel(desk: Desk, _now: Nanos, ask: contract.RequestMassCancel, out: Out) -> None:
    out.extend(
        exchange.MassCancel(
            shard=shard,
            account_id=ask.account_id,
            instrument_id=ask.instrument_id,
            side=ask.side,
            tag=ask.tag,
            quotes=False,
        )
        for shard in desk.shards_of(ask.instrument_id, ask.underlying_id)
    )


def _reserve_quotes(desk: Desk, now: Nanos, ask: contract.ReserveQuotes, out: Out) -> None:
    for passed in quoting.reserve_quotes(desk, now, ask, out):
        terms = passed.terms
        out.append(
            exchange.SetQuote(
                shard=passed.shard,
                reservation_id=passed.reservation_id,
                account_id=ask.account_id,
                instrument_id=terms.instrument_id,
                bid=terms.bid,
                bid_quantity=terms.bid_quantity,
                ask=terms.ask,
                ask_quantity=terms.ask_quantity,
                stp=passed.stp,
            )
        )


def _pull_quotes(desk: Desk, _now: Nanos, ask: contract.RequestQuotePull, out: Out) -> None:
    quoting.tell_pull(desk, ask, out)
    out.extend(
        exchange.MassCancel(
            shard=shard,
            account_id=ask.account_id,
            instrument_id=ask.instrument_id,
            orders=False,
        )
        for shard in desk.shards_of(ask.instrument_id, None)
    )


def _order_rejected(desk: Desk, now: Nanos, event: exchange.OrderRejected, out: Out) -> None:
    if event.reservation_id in desk.placements:
        placing.placement_rejected(desk, now, event, out)
    else:
        quoting.quote_rejected(desk, now, event, out)


def _order_canceled(desk: Desk, _now: Nanos, event: exchange.OrderCanceled, out: Out) -> None:
    account = desk.accounts[event.account_id]
    order = account.working.get(event.order_id)
    if order is not None:
        placing.order_canceled(desk, account, order, event.cancel_reason, out)
    elif event.order_id in account.quote_sides:
        side = account.quote_sides[event.order_id]
        quoting.side_canceled(account, side, event.cancel_reason, out)
    else:
        # The quote that replaced this side was told first and took it out already.
        assert event.cancel_reason is CancelReason.QUOTE_REPLACED, f"unknown order: {event!r}"


def _trade_executed(desk: Desk, now: Nanos, event: exchange.TradeExecuted, out: Out) -> None:
    out.extend(
        exchange.MassCancel(
            shard=pulled.side.holding.listing.shard,
            account_id=pulled.account_id,
            instrument_id=pulled.side.holding.listing.instrument_id,
            side=pulled.side.side,
            orders=False,
            reason=CancelReason.PORTFOLIO_LIMIT,
        )
        for pulled in fills.apply_trade(desk, now, event, out)
    )


def _instrument_listed(
    desk: Desk, _now: Nanos, event: exchange.InstrumentListed, _out: Out
) -> None:
    desk.list_instrument(event.instrument)


def _phase_changed(desk: Desk, _now: Nanos, event: exchange.PhaseChanged, _out: Out) -> None:
    if event.instrument_id is None:
        desk.enter_phase(event.shard, event.phase)


def _marks_published(desk: Desk, _now: Nanos, event: MarksPublished, _out: Out) -> None:
    for mark in event.marks:
        desk.mark(mark.instrument_id, mark.mark_price)


def _configure(desk: Desk, _now: Nanos, ask: contract.ConfigurePositions, _out: Out) -> None:
    desk.configure(ask.roles)


def _open_account(desk: Desk, _now: Nanos, ask: contract.OpenAccount, out: Out) -> None:
    if desk.open_account(ask.account_id, ask.role):
        out.append(contract.AccountOpened(account_id=ask.account_id, role=ask.role))


def _open_connection(desk: Desk, _now: Nanos, ask: contract.OpenConnection, out: Out) -> None:
    account = desk.account(ask.account_id)
    account.connections += 1
    number = account.connections
    out.append(contract.ConnectionOpened(account_id=ask.account_id, connection_number=number))


def _on(
    kind: type[M], handler: Callable[[Desk, Nanos, M, Out], None]
) -> tuple[type[Message], Handler]:
    # The cast is safe: the table is read with type(message), so a handler meets its own kind alone.
    return kind, cast("Handler", handler)


HANDLERS: dict[type[Message], Handler] = dict(
    (
        _on(contract.ConfigurePositions, _configure),
        _on(contract.OpenAccount, _open_account),
        _on(contract.OpenConnection, _open_connection),
        _on(contract.ReserveOrder, _reserve_order),
        _on(contract.ReserveReplace, _reserve_replace),
        _on(contract.RequestCancel, _request_cancel),
        _on(contract.RequestMassCancel, _mass_cancel),
        _on(contract.ReserveQuotes, _reserve_quotes),
        _on(contract.RequestQuotePull, _pull_quotes),
        _on(exchange.InstrumentListed, _instrument_listed),
        _on(exchange.PhaseChanged, _phase_changed),
        _on(exchange.OrderAccepted, placing.order_accepted),
        _on(exchange.OrderRejected, _order_rejected),
        _on(exchange.OrderReplaced, changing.order_replaced),
        _on(exchange.ReplaceRejected, changing.replace_rejected),
        _on(exchange.OrderCanceled, _order_canceled),
        _on(exchange.CancelRejected, changing.cancel_rejected),
        _on(exchange.QuoteAccepted, quoting.quote_accepted),
        _on(exchange.TradeExecuted, _trade_executed),
        _on(MarksPublished, _marks_published),
    )
)


class PositionsService:
    """Every order's way into the market and every account's mailbox."""

    name: ClassVar[str] = "positions"
    accepts: ClassVar[tuple[type[Message], ...]] = tuple(HANDLERS)
    emits: ClassVar[tuple[type[Message], ...]] = (
        contract.AccountOpened,
        contract.ConnectionOpened,
        contract.AccountOrderUpdated,
        contract.AccountOrderRejected,
        contract.AccountReplaceRejected,
        contract.AccountCancelRejected,
        contract.AccountFilled,
        contract.AccountQuoteUpdated,
        contract.AccountQuoteRejected,
        contract.AccountPositionChanged,
        contract.AccountLimitWarned,
        contract.OrderAnswerRepeated,
        contract.QuotesHandled,
        exchange.PlaceOrder,
        exchange.ReplaceOrder,
        exchange.CancelOrder,
        exchange.MassCancel,
        exchange.SetQuote,
    )
    answers: ClassVar[tuple[type[Query], ...]] = tuple(views.READERS)

    def __init__(self) -> None:
        self.shard: Shard | None = None
        self._desk = Desk(REASONS)
        self._packing = Packing()

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        kind = type(message)
        if kind not in PLACEMENT_EVENTS:
            self._desk.incoming = None
        out: Out = []
        HANDLERS[kind](self._desk, now, message, out)
        return out

    def query(self, query: Query) -> Reply:
        return views.READERS[type(query)](self._desk, query)

    def snapshot(self) -> bytes:
        return encode_desk(self._desk, self._packing)

    def pack(self) -> None:
        desk = self._desk
        self._packing.advance(desk.accounts.values(), desk.incoming)

    def restore(self, data: bytes) -> None:
        self._desk = decode_desk(data, REASONS)
        self._packing = Packing()
