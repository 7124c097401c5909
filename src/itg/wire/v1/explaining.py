"""What an order would do, what it did, and why: previews, histories, explanations."""

from msgspec import field

from itg.wire.v1.account import RiskLimitBody
from itg.wire.v1.orders import Body, FillBody, OrderBody, StatusWord, ValidateBody


class PreviewFeesBody(Body, frozen=True, kw_only=True):
    """Fees in USD, positive paid: per contract, and what the expected fills would cost."""

    maker: float
    taker: float
    expected: float


class PreviewFillBody(Body, frozen=True, kw_only=True):
    """One price at which the order would trade at once."""

    price: float
    quantity: int


class PreviewBody(ValidateBody, frozen=True, kw_only=True):
    """What placing this order would do to the book as it is shown; nothing is sent or reserved.

    What is neither in `fills` nor in `resting_quantity` would be canceled. `would_pend`: it would
    wait outside the book. `limits` are the rows it would use, as they are before it.
    """

    fees: PreviewFeesBody
    fills: list[PreviewFillBody] = field(default_factory=list)
    resting_quantity: int = 0
    would_pend: bool = False
    limits: list[RiskLimitBody] = field(default_factory=list)


class OrderEventBody(Body, frozen=True, kw_only=True):
    """One event of an order, with its `type` and `seq` on the private channel.

    `order` is the state it left, `fill` the fill it tells, `code` and `detail` the refusal; game
    time where it was recorded.
    """

    seq: int
    type: str
    game_us: int | None = None
    order: OrderBody | None = None
    fill: FillBody | None = None
    cancel_reason: str | None = None
    activation: str | None = None
    code: str | None = None
    detail: str | None = None
    trade_id: int | None = None
    adjusted_price: float | None = None


class OrderEventsBody(Body, frozen=True, kw_only=True):
    """An order's events, oldest first; `is_complete` unless the mailbox has lost the first."""

    items: list[OrderEventBody]
    is_complete: bool


class BecauseBody(Body, frozen=True, kw_only=True):
    """One sentence with its code; `seq` names the private event it was read from, if any."""

    code: str
    text: str
    seq: int | None = None


class ExplanationBody(Body, frozen=True, kw_only=True):
    """Why an order is where it is: its history in order, then the present."""

    order_id: int | None
    client_order_id: str | None
    status: StatusWord
    reasons: list[BecauseBody]
    is_complete: bool
