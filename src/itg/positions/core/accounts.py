"""One account: its role, portfolio, orders, quotes, answers and mailbox."""

from collections import deque

from msgspec import Struct

from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId, OrderId, TradeId
from itg.kernel.times import Nanos
from itg.kernel.words import OrderStatus, Side
from itg.positions.contract import ACCOUNT_NOT_FOUND, AnyPrivateEvent, ReserveOrder
from itg.positions.core.buckets import Buckets
from itg.positions.core.former_seats import FormerSeat
from itg.positions.core.mailbox import Mailbox
from itg.positions.core.measured import Measured
from itg.positions.core.obligations import Coverage
from itg.positions.core.orders import Order, Quote, QuoteSide
from itg.positions.core.portfolio import Portfolio
from itg.positions.core.roles import RoleTerms

# Orders that are done and still readable by id.
DONE_ORDERS_MAX = 10_000


class Answer:
    """The first answer to a client order id, as the events that gave it; empty while in flight."""

    __slots__ = ("body", "events", "order")

    def __init__(self, body: ReserveOrder, order: Order | None) -> None:
        self.body = body
        self.order = order  # None when it was refused
        self.events: tuple[AnyPrivateEvent, ...] = ()


class KillSwitch:
    """One account's kill switch, or everybody's."""

    __slots__ = ("by_organizer", "is_active")

    def __init__(self, *, is_active: bool = False, by_organizer: bool = False) -> None:
        self.is_active = is_active
        self.by_organizer = by_organizer


class Episode:
    """One watched limit outside its bound since an instant; what is used of it as seen last."""

    __slots__ = ("is_breached", "limit", "since_ns", "used")

    def __init__(
        self, since_ns: Nanos, used: int, limit: int, *, is_breached: bool = False
    ) -> None:
        self.since_ns = since_ns
        self.used = used
        self.limit = limit
        self.is_breached = is_breached  # outside for longer than the grace


class QuoteFill(Struct, frozen=True, gc=False, array_like=True):
    """What a protection's window keeps of a quote's fill."""

    at_ns: Nanos
    contracts: int
    delta: int  # 1e-6 of the leader's equivalents, signed


class Protection:
    """One account's market-maker protection with the fills of its quotes within the window."""

    __slots__ = (
        "contracts",
        "contracts_max",
        "delta",
        "delta_max",
        "fills",
        "is_tripped",
        "window_ns",
    )

    def __init__(self, window_ns: Nanos, contracts_max: int | None, delta_max: int | None) -> None:
        self.window_ns = window_ns
        self.contracts_max = contracts_max
        self.delta_max = delta_max
        self.fills: deque[QuoteFill] = deque()
        self.contracts = 0  # Σ of the fills kept
        self.delta = 0
        self.is_tripped = False

    @property
    def is_too_much(self) -> bool:
        """Tell whether the fills kept reach a limit."""
        if self.contracts_max is not None and self.contracts >= self.contracts_max:
            return True
        return self.delta_max is not None and abs(self.delta) >= self.delta_max

    def count(self, fill: QuoteFill) -> None:
        """Keep a fill, and forget those that lie before the window it ends."""
        fills = self.fills
        while fills and fills[0].at_ns <= fill.at_ns - self.window_ns:
            oldest = fills.popleft()
            self.contracts -= oldest.contracts
            self.delta -= oldest.delta
        fills.append(fill)
        self.contracts += fill.contracts
        self.delta += fill.delta

    def reset(self) -> None:
        """Forget everything traded."""
        self.fills.clear()
        self.contracts = self.delta = 0
        self.is_tripped = False


class Account:
    """Everything positions knows of one account."""

    __slots__ = (
        "account_id",
        "answers",
        "buckets",
        "connections",
        "coverage",
        "day_equity",
        "done",
        "episodes",
        "equity",
        "former_seats",
        "is_loss_stopped",
        "is_restricted",
        "is_suspended",
        "kill_switch",
        "mailbox",
        "measured",
        "orders",
        "orders_accepted",
        "portfolio",
        "protection",
        "quote_sides",
        "quotes",
        "terms",
        "warned",
        "working",
    )

    def __init__(self, account_id: AccountId, terms: RoleTerms) -> None:
        self.account_id = account_id
        self.terms = terms
        self.portfolio = Portfolio(terms.rules.starting_cash)
        self.mailbox = Mailbox()
        self.buckets = Buckets()
        self.connections = 0
        self.orders_accepted = 0
        self.orders: dict[OrderId, Order] = {}  # working ones and the last done
        self.working: dict[OrderId, Order] = {}
        self.done: deque[OrderId] = deque()
        self.answers: dict[ClientOrderId, Answer] = {}
        self.quotes: dict[InstrumentId, Quote] = {}
        self.quote_sides: dict[OrderId, QuoteSide] = {}
        # Limits at or above the warning mark: (kind, instrument or None for account-wide ones).
        self.warned: dict[tuple[str, InstrumentId | None], None] = {}
        self.kill_switch = KillSwitch()
        self.protection: Protection | None = None
        self.is_loss_stopped = False
        self.is_suspended = False  # by the organizer
        # Whether any of those that stop it is to be asked: one look, because every order asks.
        self.is_restricted = False
        self.day_equity = terms.rules.starting_cash  # when the day opened
        self.equity: int | None = None  # at marks while nothing moved them; read by `equity_of`
        self.episodes: dict[str, Episode] = {}  # of watched limits by kind, while outside
        self.coverage = Coverage()
        self.measured: Measured | None = None  # of measured roles
        self.former_seats: list[FormerSeat] = []  # oldest first

    def find(self, order_id: OrderId | None, client_order_id: ClientOrderId | None) -> Order | None:
        """Return an accepted order by id, or by the client order id of today."""
        if order_id is not None:
            return self.orders.get(order_id)
        answer = self.answers.get(client_order_id) if client_order_id is not None else None
        if answer is None or answer.order is None or not answer.order.order_id:
            return None
        return answer.order

    def former_seat(self, instrument_id: InstrumentId, trade_id: TradeId) -> FormerSeat | None:
        """Return the seat in which a trade of the account was made, None: the one it has."""
        for seat in self.former_seats:
            handover = seat.handovers.get(instrument_id)
            if handover is not None and trade_id <= handover.last_trade_id:
                return seat
        return None

    def seat_left_since(self, at_ns: Nanos | None) -> FormerSeat | None:
        """Return the seat that was left last, if the account had it at an instant; None: never."""
        last = self.former_seats[-1] if self.former_seats else None
        return last if last is not None and at_ns is not None and last.left_ns >= at_ns else None

    def reserve(self, order: Order, quantity: int) -> None:
        """Make an order's share of the working contracts `quantity`."""
        self.portfolio.reserve(order.holding, order.side, quantity - order.reserved)
        order.reserved = quantity

    def begin(self, order: Order) -> None:
        """Take an accepted order in."""
        self.orders_accepted += 1
        self.orders[order.order_id] = order
        self.working[order.order_id] = order

    def retire(self, order: Order) -> None:
        """Release an order that is done; the oldest done ones are forgotten."""
        if order.reserved:
            self.reserve(order, 0)
        del self.working[order.order_id]
        self.done.append(order.order_id)
        if len(self.done) > DONE_ORDERS_MAX:
            del self.orders[self.done.popleft()]

    def settle_quote(self, quote: Quote) -> None:
        """Reserve what a quote needs now and forget it when nothing is left of it."""
        bid, ask = quote.needed()
        if bid != quote.reserved_bid:
            self.portfolio.reserve(quote.holding, Side.BUY, bid - quote.reserved_bid)
            quote.reserved_bid = bid
        if ask != quote.reserved_ask:
            self.portfolio.reserve(quote.holding, Side.SELL, ask - quote.reserved_ask)
            quote.reserved_ask = ask
        if quote.is_empty:
            del self.quotes[quote.holding.listing.instrument_id]

    def drop_side(self, side: QuoteSide, status: OrderStatus | None = None) -> None:
        """Forget a quote side that is filled, or ends with `status`."""
        if status is not None:
            side.end(status)
        del self.quote_sides[side.order_id]
        self.quotes[side.holding.listing.instrument_id].drop(side)


def never_opened(account_id: AccountId) -> Refusal:
    """Refuse what is asked of an account that is not there."""
    detail = f"Account {account_id!r} was never opened."
    return Refusal(code=ACCOUNT_NOT_FOUND.code, detail=detail, field="account_id")
