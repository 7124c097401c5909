"""Why an order is where it is, in sentences that only say what was recorded or stands in the book.

Each sentence has a code, so that a program can read it too. First the history, event by event;
then, if the order lives, what keeps it from trading now.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from itg.exchange.contract import BookSnapshot, ExchangeStatus
from itg.kernel.errors import Refusal
from itg.kernel.money import PRICE_SCALE, usd_words
from itg.kernel.times import to_micros
from itg.kernel.words import (
    TERMINAL_STATUSES,
    Activation,
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFillBusted,
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountReplaceRejected,
    Fill,
    OrderChange,
    OrderState,
    PrivateEvent,
)
from itg.translate.refusals import numbers_of
from itg.wire.v1.explaining import BecauseBody

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_CENT = PRICE_SCALE // 100
_ENDS = {
    CancelReason.REQUESTED: "Canceled because you asked for it.",
    CancelReason.MASS_CANCEL: "Canceled by your mass cancel.",
    CancelReason.MARKET_CLOSED: "Canceled because the market closed.",
    CancelReason.NO_LIQUIDITY: "Canceled because nothing was left to trade with at its price.",
    CancelReason.NOT_FILLABLE: "Canceled because fok fills whole or not at all, and the book did "
    "not hold enough.",
    CancelReason.SELF_TRADE: "Canceled because it would have traded with an order of your own.",
    CancelReason.QUOTE_REPLACED: "Canceled because a newer quote took its place.",
    CancelReason.ACCOUNT_SUSPENDED: "Canceled because the account was suspended.",
    CancelReason.PORTFOLIO_LIMIT: "Canceled because a fill reached your portfolio limit.",
    CancelReason.PRICE_BAND: "Canceled because the next price to trade at is outside the collar "
    "around theory.",
    CancelReason.HALTED: "Canceled because trading halted while it waited for the jump guard.",
    CancelReason.KILL_SWITCH: "Canceled by the kill switch.",
    CancelReason.DISCONNECTED: "Canceled because your session's connection was gone too long.",
    CancelReason.DEADMAN: "Canceled because your dead-man timer ran out.",
    CancelReason.QUOTE_PROTECTION: "Canceled because your quote protection tripped.",
    CancelReason.LOSS_STOP: "Canceled because the session's loss reached your role's stop.",
}
_ACTIVATIONS = {
    Activation.STOP: "The instrument traded at its stop price: it entered the market.",
    Activation.JUMP_GUARD: "The jump guard ended: it entered the market in its order of arrival.",
    Activation.CLOSING_AUCTION: "The closing auction began: it entered the auction.",
}


class OrderFacts(Struct, frozen=True, kw_only=True):
    """What is known of an order: its own events, and the market around it as of now."""

    order: OrderState | None = None
    refusal: Refusal | None = None
    events: Sequence[PrivateEvent] = ()
    book: BookSnapshot | None = None
    status: ExchangeStatus | None = None
    queue_ahead: int | None = None


def explain(facts: OrderFacts) -> list[BecauseBody]:
    """Return the sentences about an order, its history first."""
    told = list(_history(facts.events))
    if facts.order is None:
        if not told and facts.refusal is not None:
            told.append(_refused(facts.refusal, None))
        return told
    if facts.order.status not in TERMINAL_STATUSES:
        told += _present(facts.order, facts)
    return told


def _history(events: Iterable[PrivateEvent]) -> Iterator[BecauseBody]:
    for event in events:
        match event:
            case AccountOrderRejected():
                yield _refused(event.refusal, event.private_seq)
            case AccountOrderUpdated():
                yield _updated(event)
            case AccountFilled():
                yield _filled(event)
            case AccountReplaceRejected():
                text = f"A replace was refused, the order stands: {_numbers(event.refusal)}"
                yield BecauseBody(code="replace_refused", text=text, seq=event.private_seq)
            case AccountCancelRejected():
                text = f"A cancel was refused: {_numbers(event.refusal)}"
                yield BecauseBody(code="cancel_refused", text=text, seq=event.private_seq)
            case AccountFillBusted():
                yield _busted(event)
            case _:
                pass


def _refused(refusal: Refusal, seq: int | None) -> BecauseBody:
    return BecauseBody(code="refused", text=f"Refused: {_numbers(refusal)}", seq=seq)


def _numbers(refusal: Refusal) -> str:
    names = ("limit", "current", "requested", "allowed")
    known = zip(names, numbers_of(refusal), strict=True)
    numbers = ", ".join(f"{name} {_exact(value)}" for name, value in known if value is not None)
    return f"{refusal.code}, {refusal.detail}" + (f" ({numbers})" if numbers else "")


def _exact(value: float) -> str:
    # Money alone is a float here; contracts and instants are whole.
    return usd_words(round(value * PRICE_SCALE)) if isinstance(value, float) else str(value)


def _updated(event: AccountOrderUpdated) -> BecauseBody:
    order, seq = event.order, event.private_seq
    match event.change:
        case OrderChange.ACCEPTED:
            if order.status is OrderStatus.PENDING:
                text = "Accepted; it waits outside the book."
                return BecauseBody(code="accepted_pending", text=text, seq=seq)
            return BecauseBody(code="accepted", text="Accepted into the market.", seq=seq)
        case OrderChange.REPLACED:
            text = f"Replaced: {order.quantity} in all{_at(order)}."
            return BecauseBody(code="replaced", text=text, seq=seq)
        case OrderChange.ACTIVATED:
            activation = event.activation or Activation.STOP
            code = f"activated_{activation.value}"
            return BecauseBody(code=code, text=_ACTIVATIONS[activation], seq=seq)
        case OrderChange.EXPIRED:
            return BecauseBody(code="expired", text=_expiry(order), seq=seq)
        case OrderChange.CANCELED:
            reason = event.cancel_reason or CancelReason.REQUESTED
            return BecauseBody(code=f"canceled_{reason.value}", text=_ENDS[reason], seq=seq)


def _expiry(order: OrderState) -> str:
    match order.time_in_force:
        case TimeInForce.OPG:
            return "Expired: opg takes part in the opening auction only, and this was left of it."
        case TimeInForce.CLS:
            return "Expired: cls takes part in the closing auction only, and this was left of it."
        case _:
            return "Expired at its expires_us."


def _filled(event: AccountFilled) -> BecauseBody:
    fill = event.fill
    verb = "Bought" if fill.side is Side.BUY else "Sold"
    traded = f"{verb} {fill.last_quantity} at {_price(fill.last_price)}"
    code, why = _FILLS[fill.liquidity]
    left = f"{event.leaves_quantity} left" if event.leaves_quantity else "nothing left"
    text = f"{traded}, {why}; {_fee(fill)}, {left}."
    return BecauseBody(code=code, text=text, seq=event.private_seq)


_FILLS = {
    Liquidity.TAKER: ("filled_as_taker", "the price of the resting order it met"),
    Liquidity.MAKER: ("filled_as_maker", "its own price, at which it rested when another came"),
    Liquidity.AUCTION: ("filled_in_auction", "the clearing price of the auction"),
}


def _fee(fill: Fill) -> str:
    paid = "rebate" if fill.fee < 0 else "fee"
    return f"{paid} {_price(abs(fill.fee))} USD ({fill.liquidity.value})"


def _busted(event: AccountFillBusted) -> BecauseBody:
    traded = f"Trade {event.trade_id} ({event.last_quantity} at {_price(event.last_price)})"
    seat = " It was made in a seat you left: yours now stays as it is."
    after = seat if event.is_former_seat else ""
    if event.adjusted_price is None:
        text = f"{traded} was busted by the organizer: it counts no more.{after}"
        return BecauseBody(code="trade_busted", text=text, seq=event.private_seq)
    text = f"{traded} was moved by the organizer to {_price(event.adjusted_price)}.{after}"
    return BecauseBody(code="trade_adjusted", text=text, seq=event.private_seq)


def _present(order: OrderState, facts: OrderFacts) -> list[BecauseBody]:
    if order.status is OrderStatus.PENDING:
        return [_waits(order, facts)]
    if facts.book is None:
        return []
    if facts.book.phase is not Phase.CONTINUOUS:
        return list(_collecting(order, facts.book, facts.status))
    return [*_against_the_book(order, facts.book), *_in_line(order, facts.queue_ahead)]


def _waits(order: OrderState, facts: OrderFacts) -> BecauseBody:
    activated = {e.activation for e in facts.events if isinstance(e, AccountOrderUpdated)}
    if order.order_type in _STOPS and Activation.STOP not in activated:
        assert order.stop_price is not None, "a stop has a stop price"
        way = "above" if order.side is Side.BUY else "below"
        text = f"It waits until the instrument trades at or {way} {_price(order.stop_price)}."
        return BecauseBody(code="waits_for_stop", text=text)
    if order.time_in_force is TimeInForce.CLS and Activation.CLOSING_AUCTION not in activated:
        return BecauseBody(
            code="waits_for_closing_auction", text="It waits for the closing auction to begin."
        )
    ends_ns = None if facts.status is None else facts.status.guard_ends_ns
    until = "" if ends_ns is None else f" until {to_micros(ends_ns)} µs of game time"
    text = f"It would take after a jump: the jump guard holds it outside the book{until}."
    return BecauseBody(code="waits_for_jump_guard", text=text)


def _collecting(
    order: OrderState, book: BookSnapshot, status: ExchangeStatus | None
) -> Iterator[BecauseBody]:
    next_ns = None if status is None else status.next_at_ns
    when = "" if next_ns is None else f"; the next phase begins at {to_micros(next_ns)} µs"
    text = f"The instrument is {book.phase.value}: orders meet in its next auction{when}."
    yield BecauseBody(code=f"phase_{book.phase.value}", text=text)
    clearing = book.indicative_price
    if clearing is None:
        yield BecauseBody(
            code="auction_empty", text="As the book stands, nothing would trade in it."
        )
    elif order.price is not None and _is_behind(order.side, order.price, clearing):
        text = f"It would clear at {_price(clearing)}, which {_terms(order)} does not reach."
        yield BecauseBody(code="outside_indicative_price", text=text)
    else:
        text = f"It would clear at {_price(clearing)}, which {_terms(order)} reaches."
        yield BecauseBody(code="inside_indicative_price", text=text)


def _against_the_book(order: OrderState, book: BookSnapshot) -> Iterator[BecauseBody]:
    other = "sell" if order.side is Side.BUY else "buy"
    opposite = book.asks if order.side is Side.BUY else book.bids
    if not opposite:
        text = f"Nobody shows a {other} order in this instrument."
        yield BecauseBody(code="nobody_opposite", text=text)
    elif order.price is not None and _is_behind(order.side, order.price, opposite[0][0]):
        text = f"The best {other} order stands at {_price(opposite[0][0])}, "
        yield BecauseBody(
            code="price_behind_opposite", text=text + f"which {_terms(order)} does not reach."
        )


def _in_line(order: OrderState, queue_ahead: int | None) -> Iterator[BecauseBody]:
    if queue_ahead is not None:
        text = f"{queue_ahead} contracts stand before it at its price."
        yield BecauseBody(code="queue_ahead", text=text)
    shown = order.display_quantity
    if shown is not None and shown < order.leaves_quantity:
        text = f"At most {shown} of its {order.leaves_quantity} show; each part that follows joins "
        yield BecauseBody(code="reserve_hidden", text=text + "the back of its price level.")


def _is_behind(side: Side, price: int, opposite: int) -> bool:
    return price < opposite if side is Side.BUY else price > opposite


def _terms(order: OrderState) -> str:
    return f"a {order.side.value}{_at(order)}"


def _at(order: OrderState) -> str:
    return "" if order.price is None else f" at {_price(order.price)}"


def _price(units: int) -> str:
    return f"{units / PRICE_SCALE:.{4 if units % _CENT else 2}f}"
