"""Maps messages to the simulated market and keeps its steps ticking."""

from collections.abc import Sequence
from typing import ClassVar

from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.market_data import store
from itg.market_data.contract import (
    ConfigureMarketData,
    GetMarks,
    GetPriceHistory,
    GetPrices,
    GetSurface,
    ImpliedVolatilities,
    ImplyVolatilities,
    JumpOccurred,
    Marks,
    MarksPublished,
    OfficialClosePublished,
    PriceHistory,
    Prices,
    PricesStepped,
    RegimeChanged,
    StartMarket,
    StopMarket,
    Surface,
    TrackingErrorsStepped,
    TrackSeries,
    UnderlyingMissing,
    UntrackSeries,
)
from itg.market_data.core.market import Impact, Market
from itg.market_data.core.models.protocol import PriceModel
from itg.market_data.core.models.registry import BUILT_IN, built
from itg.news.contract import NewsPublished
from itg.runtime.plugins import plugin
from itg.runtime.service import StartTimer, StopTimer, TimerFired

STEP = "step"
PRICE_MODELS = "itg.price_models"  # the entry point group of plug-ins


class MarketDataService:
    """Owner of prices, regimes and marks."""

    name: ClassVar[str] = "market_data"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        ConfigureMarketData,
        TrackSeries,
        UntrackSeries,
        StartMarket,
        StopMarket,
        NewsPublished,
        TimerFired,
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        RegimeChanged,
        JumpOccurred,
        TrackingErrorsStepped,
        PricesStepped,
        MarksPublished,
        OfficialClosePublished,
        StartTimer,
        StopTimer,
    )
    answers: ClassVar[tuple[type[Query], ...]] = (
        GetPrices,
        GetMarks,
        GetPriceHistory,
        ImplyVolatilities,
        GetSurface,
    )

    def __init__(self) -> None:
        self.shard: Shard | None = None
        self._market: Market | None = None

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        match message:
            case TimerFired():
                return self._step(now)
            case ConfigureMarketData():
                assert self._market is None, "a market is configured once"
                self._market = Market.configured(message, price_model(message))
            case NewsPublished():
                self._hear(message)
            case TrackSeries():
                self._configured.track(message.instrument)
            case UntrackSeries():
                self._configured.untrack(message.instrument_id)
            case StartMarket():
                return [self._timer(self._configured.start(now, message))]
            case StopMarket():
                return [*self._configured.stop(), StopTimer(owner=self.name, key=STEP)]
            case _:
                raise AssertionError(message)
        return ()

    def query(self, query: Query) -> Reply:
        match query:
            case GetPrices():
                return self._prices()
            case GetMarks():
                return self._marks(query)
            case GetPriceHistory():
                return self._history(query)
            case ImplyVolatilities():
                return self._implied(query)
            case GetSurface():
                return self._surface(query)
            case _:
                raise AssertionError(query)

    def snapshot(self) -> bytes:
        return store.encode(self._market)

    def restore(self, data: bytes) -> None:
        state = store.decode(data)
        self._market = None if state is None else Market(state, price_model(state.config))

    @property
    def _configured(self) -> Market:
        assert self._market is not None, "ConfigureMarketData comes first"
        return self._market

    def _hear(self, news: NewsPublished) -> None:
        outcome = news.outcome
        # Most headlines bring nothing, and a game may have news without simulated prices.
        if self._market is not None and (outcome.is_shift or outcome.jump_ppm):
            shift_draw = outcome.shift_draw if outcome.is_shift else None
            self._market.hear(Impact(shift_draw, outcome.jump_ppm))

    def _step(self, now: Nanos) -> Sequence[Message]:
        market = self._configured
        assert market.state.is_running
        next_ns = Nanos(now + market.state.config.step_ns)
        return [*market.advance(now), self._timer(next_ns)]

    def _timer(self, at_ns: Nanos) -> StartTimer:
        return StartTimer(owner=self.name, key=STEP, at_ns=at_ns)

    def _prices(self) -> Prices:
        if self._market is None:
            return Prices(step=0, game_ns=Nanos(0), prices=(), previous_close=())
        state = self._market.state
        return Prices(
            step=state.step,
            game_ns=state.stepped_ns,
            prices=state.spots,
            previous_close=tuple(state.close.previous),
        )

    def _marks(self, query: GetMarks) -> Marks:
        market = self._market
        return Marks(marks=() if market is None else market.marks(query.underlying_id))

    def _implied(self, query: ImplyVolatilities) -> ImpliedVolatilities:
        market, quotes = self._market, query.quotes
        found = [None] * len(quotes) if market is None else market.implied(quotes)
        return ImpliedVolatilities(volatilities=tuple(found))

    def _surface(self, query: GetSurface) -> Surface | UnderlyingMissing:
        found = None if self._market is None else self._market.surface(query.underlying_id)
        return UnderlyingMissing(underlying_id=query.underlying_id) if found is None else found

    def _history(self, query: GetPriceHistory) -> PriceHistory | UnderlyingMissing:
        state = None if self._market is None else self._market.state
        for place, model in enumerate(state.config.underlyings if state else ()):
            if state is not None and model.underlying_id == query.underlying_id:
                return PriceHistory(
                    underlying_id=query.underlying_id,
                    interval_s=query.interval_s,
                    candles=tuple(state.histories[place].last(query.interval_s, query.count)),
                )
        return UnderlyingMissing(underlying_id=query.underlying_id)


def price_model(config: ConfigureMarketData) -> PriceModel:
    """Return what moves the leader: one of the house's models, or an installed plug-in.

    `ConfigurationError` naming the known ones, or the parameter that is wrong.
    """
    if config.model in BUILT_IN:
        return built(config)
    found: type[PriceModel] = plugin(PRICE_MODELS, config.model, tuple(BUILT_IN))
    return built(config, found)
