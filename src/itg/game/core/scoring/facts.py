"""What scores are made from, as far as they care: the messages of other services fit these."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from itg.kernel.ids import AccountId, InstrumentId, TradeId
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos


class PartsFact(Protocol):
    """A profit and loss taken apart, sums since the day began, in cash."""

    @property
    def spread_capture(self) -> int: ...
    @property
    def delta(self) -> int: ...
    @property
    def gamma(self) -> int: ...
    @property
    def vega(self) -> int: ...
    @property
    def theta(self) -> int: ...
    @property
    def fees(self) -> int: ...
    @property
    def residual(self) -> int: ...


class OutsideFact(Protocol):
    """A watched limit and what is used of it, in its own unit."""

    @property
    def kind(self) -> str: ...
    @property
    def used(self) -> int: ...
    @property
    def limit(self) -> int: ...


class MeasureFact(Protocol):
    """One account at an instant."""

    @property
    def account_id(self) -> AccountId: ...
    @property
    def equity(self) -> int: ...
    @property
    def pnl(self) -> PartsFact: ...
    @property
    def underlying_pnl(self) -> int: ...
    @property
    def delta(self) -> int: ...
    @property
    def legs(self) -> Sequence[int]: ...
    @property
    def options_held(self) -> int: ...
    @property
    def obliged(self) -> int: ...
    @property
    def covered(self) -> int: ...
    @property
    def is_balanced(self) -> bool: ...
    @property
    def outside(self) -> Sequence[OutsideFact]: ...


class BreachFact(OutsideFact, Protocol):
    """A watched limit that was passed for longer than its grace."""

    @property
    def account_id(self) -> AccountId: ...
    @property
    def since_ns(self) -> Nanos: ...


class TradeFact(Struct, frozen=True, gc=False, array_like=True):
    """A trade with the fair value at it and `markout_s` later; `delta` is one contract's."""

    trade_id: TradeId
    instrument_id: InstrumentId
    traded_ns: Nanos
    price: Price
    quantity: Quantity
    multiplier: int
    is_taker_buyer: bool
    maker_account_id: AccountId
    taker_account_id: AccountId
    mark_price: Price
    later_price: Price
    half_spread: Price
    delta: int
