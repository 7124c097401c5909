"""Positions as a pump runs it: each message to its step in the core, each intent to a command."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar, cast

from itg.exchange import contract as exchange
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Phase
from itg.market_data.contract import MarksPublished
from itg.positions import contract
from itg.positions.core import (
    busting,
    changing,
    coverage,
    fills,
    kill_switch,
    loss_stop,
    markouts,
    measuring,
    monitoring,
    placing,
    protection,
    quoting,
    reseating,
    settling,
    views,
)
from itg.positions.core.desk import Desk, ExchangeReasons
from itg.positions.store import Packing, decode_desk, encode_desk

Out = list[Message]
Handler = Callable[[Desk, Nanos, Message, Out], None]
M = TypeVar("M", bound=Message)

REASONS = ExchangeReasons(
    invalid_instrument=exchange.INVALID_INSTRUMENT,
    invalid_price=exchange.INVALID_PRICE,
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
                stop_price=body.stop_price,
                display_quantity=_quantity(body.display_quantity),
                expires_ns=body.expires_ns,
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
                quantity=_quantity(ask.quantity),
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


def _quantity(asked: int | None) -> Quantity | None:
    return None if asked is None else Quantity(asked)


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
                post_only=ask.post_only,
            )
        )


def _order_rejected(desk: Desk, now: Nanos, event: exchange.OrderRejected, out: Out) -> None:
    if event.reservation_id in desk.placements:
        placing.placement_rejected(desk, now, event, out)
    else:
        quoting.quote_rejected(desk, now, event, out)


def _order_canceled(desk: Desk, now: Nanos, event: exchange.OrderCanceled, out: Out) -> None:
    account = desk.accounts[event.account_id]
    order = account.working.get(event.order_id)
    if order is not None:
        placing.order_canceled(desk, account, order, event.cancel_reason, out)
    elif event.order_id in account.quote_sides:
        side = account.quote_sides[event.order_id]
        quoting.side_canceled(desk, now, side, event, out)
    else:
        # The quote that replaced this side was told first and took it out already.
        assert event.cancel_reason is CancelReason.QUOTE_REPLACED, f"unknown order: {event!r}"


def _order_activated(desk: Desk, now: Nanos, event: exchange.OrderActivated, out: Out) -> None:
    account = desk.accounts[event.account_id]
    order = account.working.get(event.order_id)
    if order is not None:
        placing.order_activated(desk, account, order, event.activation, out)
    else:
        quoting.side_activated(desk, now, account, account.quote_sides[event.order_id], out)


def _instrument_listed(
    desk: Desk, _now: Nanos, event: exchange.InstrumentListed, _out: Out
) -> None:
    desk.list_instrument(event.instrument)


def _phase_changed(desk: Desk, now: Nanos, event: exchange.PhaseChanged, out: Out) -> None:
    if event.instrument_id is not None:
        return
    if desk.enter_phase(event.shard, event.phase):
        _day_begins(desk, now, out)
    measuring.follow_session(desk, now)
    if not desk.open_shards:
        measuring.settle_all(desk)
        markouts.read_marks(desk, None, out)
    if event.phase is Phase.CLOSED:
        held = settling.open_interest(desk, event.shard)
        out.append(exchange.ReportOpenInterest(shard=event.shard, open_interest=held))


def _begin_day(desk: Desk, now: Nanos, _ask: contract.BeginDay, out: Out) -> None:
    if desk.open_shards:  # who opened it may have been heard first
        _day_begins(desk, now, out)
    else:
        desk.is_day_due = True


def _day_begins(desk: Desk, now: Nanos, out: Out) -> None:
    for account in desk.accounts.values():
        loss_stop.begin_day(desk, account)
        coverage.begin_day(account, out)
    measuring.begin_day(desk, now)


def _configure(desk: Desk, _now: Nanos, ask: contract.ConfigurePositions, _out: Out) -> None:
    desk.configure(ask.roles)
    desk.measuring.session_ns = ask.session_ns
    measuring.seat_all(desk)


def _open_account(desk: Desk, _now: Nanos, ask: contract.OpenAccount, out: Out) -> None:
    account = desk.open_account(ask.account_id, ask.role)
    if account is not None:
        if account.terms.rules.is_measured:
            measuring.seat(desk, account)
        out.append(contract.AccountOpened(account_id=ask.account_id, role=ask.role))


def _open_connection(desk: Desk, _now: Nanos, ask: contract.OpenConnection, out: Out) -> None:
    account = desk.account(ask.account_id)
    account.connections += 1
    number = account.connections
    out.append(contract.ConnectionOpened(account_id=ask.account_id, connection_number=number))


def _swept(desk: Desk) -> list[exchange.MassCancel]:
    # Commands follow the events that ask for them: an owner learns why before what.
    sweeps, desk.sweeps = desk.sweeps, []
    return [
        exchange.MassCancel(
            shard=sweep.shard,
            account_id=sweep.account_id,
            instrument_id=sweep.instrument_id,
            side=sweep.side,
            tag=sweep.tag,
            orders=sweep.orders,
            quotes=sweep.quotes,
            reason=sweep.reason,
            in_freeze=sweep.in_freeze,
        )
        for sweep in sweeps
    ]


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
        _on(contract.RequestMassCancel, changing.request_mass_cancel),
        _on(contract.ReserveQuotes, _reserve_quotes),
        _on(contract.RequestQuotePull, quoting.request_pull),
        _on(contract.SetQuoteProtection, protection.set_protection),
        _on(contract.ResetQuoteProtection, protection.reset_protection),
        _on(contract.SetKillSwitch, kill_switch.set_kill_switch),
        _on(contract.SuspendAccount, reseating.suspend),
        _on(contract.ReseatAccount, reseating.reseat),
        _on(contract.AdjustAccount, reseating.adjust),
        _on(contract.ReplaceRole, reseating.replace_role),
        _on(contract.BeginDay, _begin_day),
        _on(contract.MeasureAccounts, measuring.measure_accounts),
        _on(exchange.InstrumentListed, _instrument_listed),
        _on(exchange.InstrumentSettled, settling.instrument_settled),
        _on(exchange.InstrumentDelisted, settling.instrument_delisted),
        _on(exchange.PhaseChanged, _phase_changed),
        _on(exchange.JumpGuardOpened, monitoring.jump_guard_opened),
        _on(exchange.TradingHalted, monitoring.trading_disturbed),
        _on(exchange.TradingResumed, monitoring.trading_disturbed),
        _on(exchange.OrderAccepted, placing.order_accepted),
        _on(exchange.OrderActivated, _order_activated),
        _on(exchange.OrderExpired, placing.order_expired),
        _on(exchange.OrderRejected, _order_rejected),
        _on(exchange.OrderReplaced, changing.order_replaced),
        _on(exchange.ReplaceRejected, changing.replace_rejected),
        _on(exchange.OrderCanceled, _order_canceled),
        _on(exchange.CancelRejected, changing.cancel_rejected),
        _on(exchange.QuoteAccepted, quoting.quote_accepted),
        _on(exchange.TradeExecuted, fills.apply_trade),
        _on(exchange.TradeBusted, busting.trade_busted),
        _on(MarksPublished, monitoring.marks_published),
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
        contract.AccountLimitBreached,
        contract.AccountLimitCleared,
        contract.AccountLossStopped,
        contract.AccountProtectionChanged,
        contract.AccountKillSwitchChanged,
        contract.AccountSettled,
        contract.AccountFillBusted,
        contract.AccountsMeasured,
        contract.TradesMarked,
        contract.AccountReseated,
        contract.AccountAdjusted,
        contract.AccountSuspensionChanged,
        contract.AdjustmentRejected,
        contract.RoleReplaced,
        contract.KillSwitchChanged,
        contract.KillSwitchRejected,
        contract.OrderAnswerRepeated,
        contract.QuotesHandled,
        exchange.PlaceOrder,
        exchange.ReplaceOrder,
        exchange.CancelOrder,
        exchange.MassCancel,
        exchange.SetQuote,
        exchange.ReportOpenInterest,
    )
    answers: ClassVar[tuple[type[Query], ...]] = tuple(views.READERS)

    def __init__(self) -> None:
        self.shard: Shard | None = None
        self._desk = Desk(REASONS)
        self._packing = Packing()

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        desk, kind = self._desk, type(message)
        if kind not in PLACEMENT_EVENTS:
            desk.incoming = None
        out: Out = []
        if now >= desk.measuring.minute_ends_ns:
            measuring.turn_minute(desk, now)
        HANDLERS[kind](desk, now, message, out)
        if desk.sweeps:
            out += _swept(desk)
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
