"""What of a game goes over a bus, and who may read it.

Every event does, as its owner tells it. An event that names an account, or hides something the
game keeps from its players, is for services alone; the tape tells the public what is left of it.
"""

from collections.abc import Iterator
from enum import Enum, unique
from functools import cache

from msgspec import Struct

from itg.compose.services import services_of
from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    IndicativePriceChanged,
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    JumpGuardEnded,
    JumpGuardOpened,
    OpeningDelayed,
    PhaseChanged,
    TradeBusted,
    TradeExecuted,
    TradingHalted,
    TradingResumed,
)
from itg.game.contract import (
    RoundEnded,
    RoundExtended,
    RoundPaused,
    RoundResumed,
    RoundStarted,
)
from itg.kernel.ids import InstrumentId, Seq, Shard, TradeId, UnderlyingId
from itg.kernel.messages import Event
from itg.kernel.money import Price, Quantity
from itg.kernel.words import Side
from itg.market_data.contract import OfficialClosePublished, PricesStepped
from itg.news.contract import NewsPublished
from itg.positions.contract import PrivateEvent
from itg.runtime.envelope import Envelope, Record, shard_of

TAPE = "tape"


class TradePrinted(Event, frozen=True, kw_only=True):
    """A trade as everybody may know it."""

    shard: Shard
    trade_id: TradeId
    instrument_id: InstrumentId
    price: Price
    quantity: Quantity
    aggressor_side: Side
    is_auction: bool = False


class TradeUndone(Event, frozen=True, kw_only=True):
    """A trade counts no more, or at `adjusted_price` from now on."""

    shard: Shard
    trade_id: TradeId
    instrument_id: InstrumentId
    price: Price  # as it was traded
    quantity: Quantity
    adjusted_price: Price | None = None


class IndexPrice(Struct, frozen=True, gc=False, array_like=True):
    """One underlying's published price."""

    underlying_id: UnderlyingId
    index_price: Price


class PricesPrinted(Event, frozen=True, kw_only=True):
    """The underlyings' published prices at a step."""

    step: int
    prices: tuple[IndexPrice, ...]


class HeadlinePrinted(Event, frozen=True, kw_only=True):
    """A headline is out."""

    news_id: int
    headline: str


@unique
class Audience(Enum):
    """Who may read a class of facts: everybody, the account it names, or the services."""

    PUBLIC = "public"
    ACCOUNT = "account"
    SERVICES = "services"


TAPE_KINDS: tuple[type[Event], ...] = (TradePrinted, TradeUndone, PricesPrinted, HeadlinePrinted)
PUBLIC_KINDS: tuple[type[Event], ...] = (
    *TAPE_KINDS,
    AuctionUncrossed,
    BookDelta,
    IndicativePriceChanged,
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    JumpGuardEnded,
    JumpGuardOpened,
    OfficialClosePublished,
    OpeningDelayed,
    PhaseChanged,
    RoundEnded,
    RoundExtended,
    RoundPaused,
    RoundResumed,
    RoundStarted,
    TradingHalted,
    TradingResumed,
)
# State: the next one of an instrument tells what this one told, and `book_seq` shows a loss.
PASSING_KINDS: tuple[type[Event], ...] = (BookDelta,)
_PUBLIC = frozenset(PUBLIC_KINDS)


def fact_kinds() -> tuple[type[Event], ...]:
    """Return every class that goes over a bus, by source and name."""
    told = {
        kind
        for service in services_of([Shard(0)])
        for kind in service.emits
        if issubclass(kind, Event)
    }
    return tuple(
        sorted((*told, *TAPE_KINDS), key=lambda kind: (source_of_kind(kind), kind.__name__))
    )


def audience_of(kind: type[Event]) -> Audience:
    """Return who may read a class of facts."""
    if kind in _PUBLIC:
        return Audience.PUBLIC
    return Audience.ACCOUNT if issubclass(kind, PrivateEvent) else Audience.SERVICES


@cache
def source_of_kind(kind: type[Event]) -> str:
    """Return whose subjects a class has: its owner's, or the tape's."""
    return TAPE if kind in TAPE_KINDS else kind.__module__.split(".")[1]


def envelopes_of(record: Record, epoch: int, tape_shard: int = 0) -> Iterator[Envelope]:
    """Yield what a bus is told of a record, in order; what the tape prints follows its cause.

    Public envelopes name neither actor nor trace: either would tell whose order it was. What the
    tape prints of no shard stands under `tape_shard`: nodes do not count together.
    """
    for number, event in enumerate(record.outputs, start=1):
        if not isinstance(event, Event):
            continue
        seq = Seq(record.seq + number)
        yield _envelope(record, seq, (epoch, shard_of(event)), event)
        printed = _printed(event)
        if printed is not None:
            shard = shard_of(printed) if hasattr(printed, "shard") else tape_shard
            yield _envelope(record, seq, (epoch, shard), printed)


def _envelope(record: Record, seq: Seq, place: tuple[int, int], event: Event) -> Envelope:
    kind = type(event)
    epoch, shard = place
    is_public = kind in _PUBLIC
    return Envelope(
        seq=seq,
        ts_ns=record.ts_ns,
        game_ns=record.game_ns,
        cause=record.seq,
        trace_id="" if is_public else record.trace_id,
        actor="" if is_public else record.actor,
        source=source_of_kind(kind),
        shard=shard,
        epoch=epoch,
        body=event,
    )


def _printed(event: Event) -> Event | None:
    match event:
        case TradeExecuted():
            return TradePrinted(
                shard=event.shard,
                trade_id=event.trade_id,
                instrument_id=event.instrument_id,
                price=event.price,
                quantity=event.quantity,
                aggressor_side=event.aggressor_side,
                is_auction=event.is_auction,
            )
        case TradeBusted():
            return TradeUndone(
                shard=event.shard,
                trade_id=event.trade_id,
                instrument_id=event.instrument_id,
                price=event.price,
                quantity=event.quantity,
                adjusted_price=event.adjusted_price,
            )
        case PricesStepped():
            prices = tuple(IndexPrice(p.underlying_id, p.index_price) for p in event.prices)
            return PricesPrinted(step=event.step, prices=prices)
        case NewsPublished():
            return HeadlinePrinted(news_id=event.news_id, headline=event.headline)
        case _:
            return None
