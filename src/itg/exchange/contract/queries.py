"""What can be read, and the answers."""

from msgspec import Struct

from itg.exchange.contract.commands import PlaceOrder
from itg.kernel.errors import Refusal
from itg.kernel.ids import InstrumentId, OrderId, Seq, Shard, TradeId, UnderlyingId
from itg.kernel.messages import Query, Reply
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import HaltCause, Instrument, Phase, Side


class GetBook(Query, frozen=True, kw_only=True):
    """Read one book, best levels first; `depth_levels` None: all."""

    shard: Shard
    instrument_id: InstrumentId
    depth_levels: int | None = None


class GetBooks(Query, frozen=True, kw_only=True):
    """Read every book of a shard."""

    shard: Shard
    depth_levels: int | None = None


class GetExchangeStatus(Query, frozen=True, kw_only=True):
    """Read a shard's phase and what comes next."""

    shard: Shard


class GetInstruments(Query, frozen=True, kw_only=True):
    """Read every instrument a shard lists."""

    shard: Shard


class GetTrades(Query, frozen=True, kw_only=True):
    """Read the public tape of a shard after a trade id, oldest first; the last 10,000 are kept."""

    shard: Shard
    instrument_id: InstrumentId | None = None
    after_trade_id: TradeId | None = None
    count: int = 1_000


class GetQueueAhead(Query, frozen=True, kw_only=True):
    """Read how many contracts stand before each of these orders; gone orders are left out."""

    shard: Shard
    order_ids: tuple[OrderId, ...]


class PreviewOrder(Query, frozen=True, kw_only=True):
    """Ask what placing this order would do to the book as it is shown; nothing is sent."""

    shard: Shard
    order: PlaceOrder
    game_ns: Nanos


class OrderPreview(Reply, frozen=True, kw_only=True):
    """What a placement would meet: a refusal, or (price, quantity) fills, best first.

    `resting_quantity` would rest or wait; what is neither filled nor resting would be canceled.
    `would_pend`: it would stand outside the book (stop, closing auction, jump guard).
    """

    refusal: Refusal | None = None
    fills: tuple[tuple[Price, int], ...] = ()
    resting_quantity: int = 0
    would_pend: bool = False


class Halt(Struct, frozen=True, gc=False, kw_only=True):
    """A halt under way; no instrument: the whole shard. `resumes_ns` None: until resumed."""

    instrument_id: InstrumentId | None = None
    halt_cause: HaltCause
    resumes_ns: Nanos | None = None


class BookSnapshot(Reply, frozen=True, kw_only=True):
    """A book at `book_seq`: levels (price, quantity, order_count), best first."""

    instrument_id: InstrumentId
    book_seq: Seq
    phase: Phase
    bids: tuple[tuple[int, int, int], ...]
    asks: tuple[tuple[int, int, int], ...]
    indicative_price: Price | None = None
    indicative_quantity: int = 0
    imbalance_quantity: int = 0
    imbalance_side: Side | None = None


class BookSnapshots(Reply, frozen=True, kw_only=True):
    """Every book of a shard, in listing order."""

    books: tuple[BookSnapshot, ...]


class ExchangeStatus(Reply, frozen=True, kw_only=True):
    """A shard's phase; `instrument_phases` lists the instruments that differ from it."""

    shard: Shard
    underlying_id: UnderlyingId
    phase: Phase
    next_phase: Phase | None
    next_at_ns: Nanos | None
    instrument_phases: tuple[tuple[InstrumentId, Phase], ...] = ()
    halts: tuple[Halt, ...] = ()
    guard_ends_ns: Nanos | None = None  # the jump guard is open until then


class Instruments(Reply, frozen=True, kw_only=True):
    """A shard's instruments in listing order."""

    instruments: tuple[Instrument, ...]


class PublicTrade(Struct, frozen=True, gc=False, kw_only=True):
    """A trade as everybody may see it; undone since (`is_busted`), or moved to `adjusted_price`."""

    trade_id: TradeId
    instrument_id: InstrumentId
    price: Price
    quantity: Quantity
    aggressor_side: Side
    is_auction: bool
    game_ns: Nanos
    is_busted: bool = False
    adjusted_price: Price | None = None


class PublicTrades(Reply, frozen=True, kw_only=True):
    """A page of the tape, oldest first."""

    trades: tuple[PublicTrade, ...]


class QueueAhead(Reply, frozen=True, kw_only=True):
    """Contracts ahead by order."""

    ahead: dict[OrderId, int]


class BookMissing(Reply, frozen=True, kw_only=True):
    """The query named an instrument this shard does not list."""

    instrument_id: InstrumentId
