"""An account's state, folded from the frames of the private channel.

The private channel is one total order of everything that happens to an account. Folding it frame by
frame gives the server's own view of orders, quotes, positions and cash, however often the
connection broke in between.
"""

from collections.abc import Callable

from msgspec import Raw, structs
from msgspec.json import Decoder

from itg.client.frames import Frame
from itg.wire.v1.account import (
    AdjustedPush,
    FillPush,
    OrderPush,
    PositionBody,
    PositionPush,
    PrivateSnapshot,
    QuotePush,
    RejectedPush,
    ReseatedPush,
)
from itg.wire.v1.orders import Body, OrderBody, QuoteBody, SideWord

LIVE = frozenset({"pending", "working", "partially_filled"})

_decode_order = Decoder(OrderPush).decode
_decode_rejected = Decoder(RejectedPush).decode
_DECODERS: dict[str, Callable[[Raw], Body]] = {
    "snapshot": Decoder(PrivateSnapshot).decode,
    "fill": Decoder(FillPush).decode,
    "quote": Decoder(QuotePush).decode,
    "position": Decoder(PositionPush).decode,
    "order.accepted": _decode_order,
    "order.activated": _decode_order,
    "order.replaced": _decode_order,
    "order.canceled": _decode_order,
    "order.expired": _decode_order,
    "order.rejected": _decode_rejected,
    "order.replace_rejected": _decode_rejected,
    "order.cancel_rejected": _decode_rejected,
    "quote.rejected": _decode_rejected,
    "account.reseated": Decoder(ReseatedPush).decode,
    "account.adjusted": Decoder(AdjustedPush).decode,
}


def decode_private(frame: Frame) -> Body | None:
    """Return what a frame of `private` says; None of a type that changes no state of orders."""
    decode = _DECODERS.get(frame.type)
    return None if decode is None else decode(frame.data)


class Account:
    """Working orders by id, quotes and positions by instrument, cash in USD."""

    def __init__(self) -> None:
        self.team_id = ""
        self.orders: dict[int, OrderBody] = {}
        self.quotes: dict[str, QuoteBody] = {}
        self.positions: dict[str, PositionBody] = {}
        self.cash = 0.0
        self.seq = 0  # of the last push folded, to compare with X-As-Of-Seq

    def net(self, instrument_id: str) -> int:
        """Return the signed position, 0 without one."""
        position = self.positions.get(instrument_id)
        return position.net_quantity if position is not None else 0

    def working(self, instrument_id: str, side: SideWord) -> int:
        """Return the unfilled quantity of one's orders and quote on a side."""
        resting = sum(
            order.leaves_quantity
            for order in self.orders.values()
            if order.instrument_id == instrument_id and order.side == side
        )
        quote = self.quotes.get(instrument_id)
        if quote is None:
            return resting
        return resting + (quote.bid_quantity if side == "buy" else quote.ask_quantity)

    def find(self, client_order_id: str) -> OrderBody | None:
        """Return the working order of a client order id."""
        for order in self.orders.values():
            if order.client_order_id == client_order_id:
                return order
        return None

    def fold(self, frame: Frame) -> None:
        """Apply one frame of `private`; types that change no state are passed over."""
        self.take(decode_private(frame), frame.seq)

    def take(self, push: Body | None, seq: int) -> None:
        """Apply one push of `private`, decoded; None and what changes no state only count."""
        self.seq = seq
        if isinstance(push, FillPush):
            self.apply_fill(push)
        elif isinstance(push, QuotePush):
            self.set_quote(push.quote)
        elif isinstance(push, PositionPush):
            self.set_position(push)
        elif isinstance(push, OrderPush):
            self.set_order(push.order)
        elif isinstance(push, PrivateSnapshot):
            self.restart(push)
        elif isinstance(push, ReseatedPush):
            self.positions.clear()
            self.cash = push.cash
        elif isinstance(push, AdjustedPush):
            # Contracts come with a position, which brings the cash of both.
            self.cash = round(self.cash + push.cash, 4)

    def restart(self, snapshot: PrivateSnapshot) -> None:
        """Become a snapshot."""
        self.team_id = snapshot.team_id
        self.orders = {order.order_id: order for order in snapshot.orders}
        self.quotes = {quote.instrument_id: quote for quote in snapshot.quotes}
        self.positions = {p.instrument_id: p for p in snapshot.positions}
        self.cash = snapshot.cash

    def set_order(self, order: OrderBody) -> None:
        """Take an order's new state; a done order leaves."""
        if order.status in LIVE:
            self.orders[order.order_id] = order
        else:
            self.orders.pop(order.order_id, None)

    def set_quote(self, quote: QuoteBody) -> None:
        """Take a quote's new state; one without interest leaves."""
        if quote.bid_quantity or quote.ask_quantity:
            self.quotes[quote.instrument_id] = quote
        else:
            self.quotes.pop(quote.instrument_id, None)

    def set_position(self, push: PositionPush) -> None:
        """Take a position and the cash that goes with it."""
        self.positions[push.position.instrument_id] = push.position
        self.cash = push.cash

    def apply_fill(self, fill: FillPush) -> None:
        """Take what a fill left of its order, or of its quote's side."""
        if fill.is_quote:
            self._fill_quote(fill)
            return
        order = self.orders.get(fill.order_id)
        if order is not None:
            self.set_order(
                structs.replace(
                    order,
                    status=fill.status,
                    filled_quantity=fill.filled_quantity,
                    leaves_quantity=fill.leaves_quantity,
                    average_price=fill.average_price,
                    fees=round(order.fees + fill.fee, 4),
                )
            )

    def _fill_quote(self, fill: FillPush) -> None:
        quote = self.quotes.get(fill.instrument_id)
        if quote is None:
            return
        left = fill.leaves_quantity
        if fill.order_id == quote.bid_order_id:
            gone = {} if left else {"bid_order_id": None, "bid": None}
            self.set_quote(structs.replace(quote, bid_quantity=left, **gone))
        elif fill.order_id == quote.ask_order_id:
            gone = {} if left else {"ask_order_id": None, "ask": None}
            self.set_quote(structs.replace(quote, ask_quantity=left, **gone))
