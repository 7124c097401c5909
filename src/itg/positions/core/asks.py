"""What a rule is asked about: an order, or one instrument's quote, beside what is there already."""

from msgspec import Struct

from itg.kernel.times import Nanos
from itg.kernel.words import OrderType, Side
from itg.positions.contract import QuoteTerms
from itg.positions.core.buckets import Buckets
from itg.positions.core.portfolio import Holding, Portfolio


class OrderAsk(Struct, frozen=True, gc=False, kw_only=True):
    """A placement or replace of `quantity` that adds `added` contracts to what works already."""

    now: Nanos
    portfolio: Portfolio
    buckets: Buckets
    holding: Holding
    side: Side
    order_type: OrderType
    quantity: int
    current: int  # the position if everything working on this side fills, counted toward it
    added: int


class QuoteAsk(Struct, frozen=True, gc=False, kw_only=True):
    """A quote that adds contracts to what works already; a side without price adds none."""

    now: Nanos
    portfolio: Portfolio
    buckets: Buckets
    holding: Holding
    terms: QuoteTerms
    added_bid: int
    added_ask: int
    jumped_ns: Nanos | None = None  # when the exchange's jump guard last opened
