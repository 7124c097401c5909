"""Everybody's channels of one event, for what is told again after a round; live it is the feed's.

The same events reach the same channels with the same data as on the sockets; sequence numbers are
the feed's own and stay there.
"""

from collections.abc import Iterator, Mapping

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    IndicativePriceChanged,
    PhaseChanged,
    TradeBusted,
    TradeExecuted,
)
from itg.kernel.ids import Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import Phase
from itg.market_data.contract import PricesStepped
from itg.news.contract import NewsPublished
from itg.translate.market import (
    AnyMarketEvent,
    book_delta_push,
    bust_push,
    executed_trade_body,
    indicative_push,
    market_push,
    phase_push,
    price_bodies,
    uncross_push,
)
from itg.translate.news import news_push, published_item
from itg.wire.v1.market import BookPush, PricesPush
from itg.wire.v1.replay import ReplayFrame


class MarketFrames:
    """Translates events in order; it knows the phase each instrument is in, and counts news."""

    def __init__(self) -> None:
        self.underlyings: Mapping[Shard, UnderlyingId] = {}
        self._news = 0
        self._phases: dict[tuple[Shard, str | None], Phase] = {}

    def of(self, event: Message, game_ns: Nanos) -> Iterator[ReplayFrame]:
        """Return what the channels say of an event; nothing of most."""
        match event:
            case BookDelta():
                yield _book(event.instrument_id, "delta", book_delta_push(event))
            case IndicativePriceChanged():
                yield _book(event.instrument_id, "indicative", indicative_push(event))
            case TradeExecuted():
                data = executed_trade_body(event, game_ns)
                yield ReplayFrame(channel="trades.*", type="trade", data=data)
            case TradeBusted():
                yield ReplayFrame(channel="trades.*", type="bust", data=bust_push(event))
            case PricesStepped():
                rows = price_bodies(event.prices, game_ns, is_moving=event.is_moving)
                yield ReplayFrame(channel="prices", type="prices", data=PricesPush(prices=rows))
            case NewsPublished():
                self._news += 1
                news = news_push(published_item(event, self._news, game_ns))
                yield ReplayFrame(channel="events", type="news", data=news)
            case _:
                yield from self._phase(event)

    def _phase(self, event: Message) -> Iterator[ReplayFrame]:
        match event:
            case PhaseChanged():
                self._enter(event)
                yield ReplayFrame(channel="phase", type="phase", data=phase_push(event))
            case AuctionUncrossed():
                shard = event.shard
                own = self._phases.get((shard, event.instrument_id))
                phase = own or self._phases.get((shard, None), Phase.CLOSED)
                data = uncross_push(event, self.underlyings[shard], phase)
                yield ReplayFrame(channel="phase", type="uncross", data=data)
            case _ if isinstance(event, AnyMarketEvent):
                kind, told = market_push(event, self.underlyings[event.shard])
                yield ReplayFrame(channel="phase", type=kind, data=told)
            case _:
                pass

    def _enter(self, event: PhaseChanged) -> None:
        if event.instrument_id is None:
            left = {key: phase for key, phase in self._phases.items() if key[0] != event.shard}
            self._phases = left
        self._phases[event.shard, event.instrument_id] = event.phase


def _book(instrument_id: str, kind: str, data: BookPush) -> ReplayFrame:
    return ReplayFrame(channel=f"book.{instrument_id}", type=kind, data=data)
