"""Orders, quotes and what comes back about them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from itg.wire.v1.problems import Problem

# A price may come as a number or text with at most four decimals; it goes out as a number.
PriceIn = float | str

SideWord = Literal["buy", "sell"]
OrderTypeWord = Literal["limit", "market", "stop", "stop_limit"]
TimeInForceWord = Literal["day", "ioc", "fok", "gtt", "opg", "cls"]
StpWord = Literal["cancel_incoming", "cancel_resting", "cancel_both", "allow"]
StatusWord = Literal[
    "pending", "working", "partially_filled", "filled", "canceled", "expired", "rejected"
]
LiquidityWord = Literal["maker", "taker", "auction"]

ClientOrderIdText = Annotated[str, Meta(min_length=1, max_length=36, pattern=r"^[\x21-\x7e]+$")]
TagText = Annotated[str, Meta(max_length=36)]
ReasonText = Annotated[str, Meta(max_length=200)]
# Of an act that cannot be undone, or that touches one team alone: the audit must say why.
NeededReason = Annotated[str, Meta(min_length=3, max_length=200)]
# Every integer from outside is exact in any JSON parser and fits the journal's.
WireInt = Annotated[int, Meta(ge=-(2**53), le=2**53)]
QuantityIn = WireInt


class Request(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """Base of everything a client sends; a field it does not know is refused by name."""


class Body(Struct, frozen=True, gc=False, kw_only=True):
    """Base of everything the server sends; clients ignore fields they do not know."""


class PlaceOrderRequest(Request, frozen=True, kw_only=True):
    """Place one order. `client_order_id` makes a repeat harmless.

    `stop_price` goes with stop and stop_limit, `expires_us` with gtt, `display_quantity` (iceberg)
    with limit.
    """

    instrument_id: str
    side: SideWord
    quantity: QuantityIn
    order_type: OrderTypeWord = "limit"
    price: PriceIn | None = None
    stop_price: PriceIn | None = None
    time_in_force: TimeInForceWord | None = None
    expires_us: WireInt | None = None
    post_only: bool = False
    display_quantity: QuantityIn | None = None
    stp: StpWord | None = None
    client_order_id: ClientOrderIdText | None = None
    tag: TagText = ""


class BatchRequest(Request, frozen=True, kw_only=True):
    """Place up to 100 orders, one after the other; each stands or falls alone."""

    orders: Annotated[list[PlaceOrderRequest], Meta(min_length=1, max_length=100)]


class ReplaceOrderRequest(Request, frozen=True, kw_only=True):
    """Change a working order; `quantity` is the new total, filled part included."""

    price: PriceIn | None = None
    quantity: QuantityIn | None = None
    expected_revision: WireInt | None = None


class QuoteRequest(Request, frozen=True, kw_only=True):
    """One instrument's two sides; leave price and quantity of a side out for no interest."""

    instrument_id: str
    bid: PriceIn | None = None
    bid_quantity: QuantityIn | None = None
    ask: PriceIn | None = None
    ask_quantity: QuantityIn | None = None


class QuotesRequest(Request, frozen=True, kw_only=True):
    """My quotes are now these, in up to 200 instruments; `others` says what becomes of the rest.

    With `post_only` a side that would take at once is left out.
    """

    quotes: Annotated[list[QuoteRequest], Meta(max_length=200)]
    others: Literal["pull", "keep"] = "pull"
    post_only: bool = False


class ProtectionRequest(Request, frozen=True, kw_only=True):
    """Set market-maker protection; without either limit it is off.

    Quotes that trade more than `contracts_max`, or move delta by more than `delta_max` (of the
    leader's equivalents), within `window_ms` of game time are all pulled until reset.
    """

    window_ms: Annotated[int, Meta(ge=1, le=86_400_000)]
    contracts_max: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    delta_max: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None


class KillSwitchRequest(Request, frozen=True, kw_only=True):
    """Switch a team off (or on again): its own key its team, the organizer's one or everybody."""

    is_active: bool = True
    team_id: str | None = None
    reason: ReasonText = ""


class FillBody(Body, frozen=True, kw_only=True):
    """One side's half of a trade. `fee` is positive when paid; `seq` is its place in `private`.

    `is_busted`: the trade was undone since; `adjusted_price`: it counts at this price instead. A
    list says so; what is told as it happens cannot, and `fill.busted` follows it.
    """

    fill_id: int
    trade_id: int
    order_id: int
    client_order_id: str | None
    instrument_id: str
    side: SideWord
    last_price: float
    last_quantity: int
    liquidity: LiquidityWord
    fee: float
    seq: int
    game_us: int
    is_busted: bool = False
    adjusted_price: float | None = None


class OrderBody(Body, frozen=True, kw_only=True):
    """An order as its owner sees it; `fills` happened at once (on placement only)."""

    order_id: int
    client_order_id: str | None
    instrument_id: str
    side: SideWord
    quantity: int
    order_type: OrderTypeWord
    price: float | None
    time_in_force: TimeInForceWord | None
    post_only: bool
    stp: StpWord
    tag: str
    revision: int
    status: StatusWord
    filled_quantity: int
    leaves_quantity: int
    average_price: float | None
    fees: float
    accepted_us: int
    seq: int
    queue_ahead: int | None = None
    fills: list[FillBody] = field(default_factory=list)
    stop_price: float | None = None
    display_quantity: int | None = None
    expires_us: int | None = None


class OrderPage(Body, frozen=True, kw_only=True):
    """Orders, oldest first."""

    items: list[OrderBody]
    next_cursor: str | None


class FillPage(Body, frozen=True, kw_only=True):
    """Own fills, oldest first.

    `is_complete` unless the mailbox has lost what came right after where the page begins: fills of
    then may be missing, which the round's blotter has.
    """

    items: list[FillBody]
    next_cursor: str | None
    is_complete: bool = True


class BatchItemBody(Body, frozen=True, kw_only=True):
    """One order of a batch: placed, or refused; `is_repeated` as `Idempotent-Replayed`."""

    order: OrderBody | None = None
    problem: Problem | None = None
    is_repeated: bool = False


class BatchBody(Body, frozen=True, kw_only=True):
    """What became of a batch, in its order."""

    items: list[BatchItemBody]


class MassCancelBody(Body, frozen=True, kw_only=True):
    """The orders a mass cancel took out."""

    order_ids: list[int]


class QuoteBody(Body, frozen=True, kw_only=True):
    """A quote as it stands; a side without interest is null with quantity 0."""

    instrument_id: str
    bid_order_id: int | None
    bid: float | None
    bid_quantity: int
    ask_order_id: int | None
    ask: float | None
    ask_quantity: int
    is_pending: bool = False  # the jump guard holds it outside the book


class QuoteProblem(Body, frozen=True, kw_only=True):
    """Why one instrument's quote was refused."""

    instrument_id: str
    code: str
    detail: str
    limit: float | int | None = None
    requested: float | int | None = None
    retry_after_ms: int | None = None


class QuotesBody(Body, frozen=True, kw_only=True):
    """Quotes that stand after the request, and the refusals."""

    quotes: list[QuoteBody]
    rejected: list[QuoteProblem] = field(default_factory=list)


class ProtectionBody(Body, frozen=True, kw_only=True):
    """Market-maker protection and what its window holds; no window: off."""

    window_ms: int | None = None
    contracts_max: int | None = None
    delta_max: float | None = None
    contracts_traded: int = 0
    delta_traded: float = 0.0
    is_tripped: bool = False


class KillSwitchBody(Body, frozen=True, kw_only=True):
    """The switch as it stands, and the orders that it canceled; no team: everybody's."""

    is_active: bool
    team_id: str | None
    order_ids: list[int]


class BudgetBody(Body, frozen=True, kw_only=True):
    """One rate budget: tokens left of `burst`, refilled at `per_s` per second of game time."""

    kind: str
    per_s: int
    burst: int
    remaining: int


class RateLimitsBody(Body, frozen=True, kw_only=True):
    """The caller's rate budgets."""

    budgets: list[BudgetBody]


class ValidateBody(Body, frozen=True, kw_only=True):
    """What placing this order would meet now. Advisory: nothing is reserved, the answer may age."""

    is_valid: bool
    advisory: bool = True
    code: str | None = None
    detail: str | None = None
    limit: float | int | None = None
    current: float | int | None = None
    requested: float | int | None = None
    allowed: float | int | None = None
