"""Ask the engine what every kind of order does in every phase, and write it down.

    python tools/order_table.py    # writes docs/reference/order-table.md

Each cell is one order sent to a shard of its own: five contracts against two that cross it, then
the market moves on. A test compares the page with what this says.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from itg.exchange.contract import (
    BookSnapshot,
    ConfigureExchange,
    GetBook,
    ListInstrument,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    PlaceOrder,
    SetPhase,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import AccountId, InstrumentId, OrderId, ReservationId, Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OrderType, Phase, Side, TimeInForce

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "order-table.md"
SHARD, NAME, TICK = Shard(0), InstrumentId("U"), 100
NOW, LATER = Nanos(1), Nanos(10**18)
SHORT, ENOUGH = 5, 2  # contracts asked for, where two are offered

# How each phase is reached from `closed`, and where the market goes from it.
WAYS: dict[Phase, tuple[Phase, ...]] = {
    Phase.CLOSED: (),
    Phase.PRE_OPEN: (Phase.PRE_OPEN,),
    Phase.OPENING_AUCTION: (Phase.PRE_OPEN, Phase.OPENING_AUCTION),
    Phase.CONTINUOUS: (Phase.PRE_OPEN, Phase.CONTINUOUS),
    Phase.CLOSING_AUCTION: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.CLOSING_AUCTION),
    Phase.HALTED: (Phase.PRE_OPEN, Phase.CONTINUOUS, Phase.HALTED),
}
ONWARD = {
    Phase.PRE_OPEN: Phase.CONTINUOUS,
    Phase.CLOSING_AUCTION: Phase.CLOSED,
    Phase.HALTED: Phase.CONTINUOUS,
}
HEAD = """# What becomes of an order

Order type by time in force by phase, as the engine answers: `python tools/order_table.py` asks it
and writes this page, and a test asks it again. Each cell is an order for five contracts where two
are offered at its price; a stop has not been reached. The words are explained under
[matching](matching.md).

A `CODE` is a refusal. *waits* is status `pending`: outside the book, cancelable. An order that the
jump guard holds back waits in the same way, whatever its type.
"""


class Kind(NamedTuple):
    """One row's order, but for its time in force."""

    name: str
    order_type: OrderType
    is_post_only: bool = False
    is_iceberg: bool = False


KINDS = (
    Kind("limit", OrderType.LIMIT),
    Kind("limit, `post_only`", OrderType.LIMIT, is_post_only=True),
    Kind("limit, `display_quantity`", OrderType.LIMIT, is_iceberg=True),
    Kind("market", OrderType.MARKET),
    Kind("stop", OrderType.STOP),
    Kind("stop_limit", OrderType.STOP_LIMIT),
)
TIMES: tuple[TimeInForce | None, ...] = (None, *TimeInForce)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")


def page() -> str:
    """Return the page."""
    return HEAD + "\n" + "\n".join(_rows()) + "\n"


def _rows() -> Iterator[str]:
    phases = list(WAYS)
    yield f"| order | time in force | {' | '.join(f'`{phase.value}`' for phase in phases)} |"
    yield "|" + "---|" * (len(phases) + 2)
    for kind in KINDS:
        for time_in_force in TIMES:
            words = "none" if time_in_force is None else f"`{time_in_force.value}`"
            cells = [cell(kind, time_in_force, phase) for phase in phases]
            yield f"| {kind.name} | {words} | {' | '.join(cells)} |"


def cell(kind: Kind, time_in_force: TimeInForce | None, phase: Phase) -> str:
    """Return what becomes of one kind of order in one phase."""
    short = Trial(phase).fate(_order(kind, time_in_force, SHORT))
    enough = Trial(phase).fate(_order(kind, time_in_force, ENOUGH))
    if short.startswith("canceled") and enough == "trades":
        return f"trades whole, or {short}"
    return short


class Trial:
    """One shard, one order."""

    def __init__(self, phase: Phase) -> None:
        self._service = ExchangeService(SHARD)
        self._phase = phase
        self._send(ConfigureExchange(shard=SHARD, underlying_id=UnderlyingId("U")))
        listed = Instrument(
            instrument_id=NAME,
            underlying_id=UnderlyingId("U"),
            shard=SHARD,
            multiplier=100,
            tick_size=Price(TICK),
        )
        self._send(ListInstrument(shard=SHARD, instrument=listed))
        for step in WAYS[phase]:
            self._send(SetPhase(shard=SHARD, phase=step))
        self._send(_offer())

    def fate(self, order: PlaceOrder) -> str:
        """Send the order, let the market move on if it collects, and say what became of it."""
        events = self._send(order)
        for event in events:
            if isinstance(event, OrderRejected):
                return f"`{event.refusal.code}`"
        (accepted,) = (event for event in events if isinstance(event, OrderAccepted))
        if accepted.is_pending:
            return "waits"
        traded = "trades"
        onward = ONWARD.get(self._phase)
        if onward is not None:
            events = self._send(SetPhase(shard=SHARD, phase=onward))
            traded = "uncrosses"
        return self._told(accepted.order_id, events, traded)

    def _told(self, order_id: OrderId, events: Sequence[Message], traded: str) -> str:
        has_traded, end = False, ""
        for event in events:
            match event:
                case TradeExecuted():
                    has_traded |= order_id in (event.maker_order_id, event.taker_order_id)
                case OrderCanceled(order_id=ended) if ended == order_id:
                    end = f"canceled (`{event.cancel_reason.value}`)"
                case OrderExpired(order_id=ended) if ended == order_id:
                    end = "expires"
                case _:
                    pass
        if self._stands():
            end = "stands"
        if not has_traded:
            return end
        return f"{traded}, the rest {end}" if end else traded

    def _stands(self) -> bool:
        book = self._service.query(GetBook(shard=SHARD, instrument_id=NAME))
        assert isinstance(book, BookSnapshot)
        return bool(book.bids)

    def _send(self, message: Message) -> Sequence[Message]:
        return self._service.handle(NOW, message)


def _offer() -> PlaceOrder:
    return PlaceOrder(
        shard=SHARD,
        reservation_id=ReservationId(1),
        account_id=AccountId("maker"),
        instrument_id=NAME,
        side=Side.SELL,
        quantity=Quantity(2),
        price=Price(10 * TICK),
    )


def _order(kind: Kind, time_in_force: TimeInForce | None, quantity: int) -> PlaceOrder:
    is_priced = kind.order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    is_stop = kind.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    return PlaceOrder(
        shard=SHARD,
        reservation_id=ReservationId(2),
        account_id=AccountId("sender"),
        instrument_id=NAME,
        side=Side.BUY,
        quantity=Quantity(quantity),
        order_type=kind.order_type,
        price=Price(10 * TICK) if is_priced else None,
        stop_price=Price(12 * TICK) if is_stop else None,
        time_in_force=time_in_force,
        post_only=kind.is_post_only,
        display_quantity=Quantity(1) if kind.is_iceberg else None,
        expires_ns=LATER if time_in_force is TimeInForce.GTT else None,
    )


if __name__ == "__main__":
    main()
