"""What the desk reads of the exchange's events: the fields it needs, whoever carries them."""

from collections.abc import Sequence
from typing import Protocol

from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId, OrderId, ReservationId, TradeId
from itg.kernel.money import Price, Quantity
from itg.kernel.words import Activation, CancelReason, Side


class OfOrder(Protocol):
    """Names an order of an account."""

    @property
    def account_id(self) -> AccountId: ...
    @property
    def order_id(self) -> OrderId: ...


class OfReservation(Protocol):
    """Answers a reservation."""

    @property
    def reservation_id(self) -> ReservationId: ...


class Accepted(OfOrder, OfReservation, Protocol):
    """An order took an id; pending ones stand outside the book."""

    @property
    def is_pending(self) -> bool: ...


class Activated(OfOrder, Protocol):
    """A pending order or quote side enters the market."""

    @property
    def activation(self) -> Activation: ...


class Rejected(OfReservation, Protocol):
    """What was reserved for was refused."""

    @property
    def refusal(self) -> Refusal: ...


class Replaced(OfReservation, Protocol):
    """A live order has a different price or total."""

    @property
    def revision(self) -> int: ...
    @property
    def price(self) -> Price: ...
    @property
    def leaves_quantity(self) -> int: ...
    @property
    def is_pending(self) -> bool: ...


class Canceled(OfOrder, Protocol):
    """An order or a quote side left the book."""

    @property
    def cancel_reason(self) -> CancelReason: ...


class Reduced(OfOrder, Protocol):
    """An order or a quote side has less to fill."""

    @property
    def quantity(self) -> Quantity: ...


class CancelRefused(OfOrder, Protocol):
    """A cancel found nothing to take out."""

    @property
    def refusal(self) -> Refusal: ...


class QuoteStands(OfReservation, Protocol):
    """A quote is now this; ids are None for sides without interest."""

    @property
    def bid_order_id(self) -> OrderId | None: ...
    @property
    def bid(self) -> Price | None: ...
    @property
    def bid_quantity(self) -> int: ...
    @property
    def ask_order_id(self) -> OrderId | None: ...
    @property
    def ask(self) -> Price | None: ...
    @property
    def ask_quantity(self) -> int: ...
    @property
    def is_pending(self) -> bool: ...


class Trade(Protocol):
    """Two orders met; in an auction the later one stands as the taker."""

    @property
    def trade_id(self) -> TradeId: ...
    @property
    def instrument_id(self) -> InstrumentId: ...
    @property
    def price(self) -> Price: ...
    @property
    def quantity(self) -> Quantity: ...
    @property
    def aggressor_side(self) -> Side: ...
    @property
    def maker_order_id(self) -> OrderId: ...
    @property
    def maker_account_id(self) -> AccountId: ...
    @property
    def taker_order_id(self) -> OrderId: ...
    @property
    def taker_account_id(self) -> AccountId: ...
    @property
    def is_auction(self) -> bool: ...


class Busted(Trade, Protocol):
    """A trade is undone, or counts at another price."""

    @property
    def adjusted_price(self) -> Price | None: ...


class Settled(Protocol):
    """A series ended at a cash value."""

    @property
    def instrument_id(self) -> InstrumentId: ...
    @property
    def settlement_price(self) -> Price: ...


class Delisted(Protocol):
    """An instrument trades no more."""

    @property
    def instrument_id(self) -> InstrumentId: ...


class Greeks(Protocol):
    """An option's volatility and Greeks, 1e-6, in the units of market data's `Mark`."""

    @property
    def implied_vol(self) -> int: ...
    @property
    def gamma(self) -> int: ...
    @property
    def vega(self) -> int: ...
    @property
    def theta(self) -> int: ...


class Marked(Greeks, Protocol):
    """What one instrument is worth, and its delta in 1e-6."""

    @property
    def instrument_id(self) -> InstrumentId: ...
    @property
    def mark_price(self) -> Price: ...
    @property
    def delta(self) -> int: ...


class Marks(Protocol):
    """Marks of many instruments."""

    @property
    def marks(self) -> Sequence[Marked]: ...
