"""Maps news, prices and hidden truths to what entitled roles are told."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.market_data.contract import PricesStepped, RegimeChanged, TrackingErrorsStepped
from itg.news.contract import NewsCanceled, NewsPublished, NewsScheduled
from itg.runtime.service import StartTimer, StopTimer, TimerFired
from itg.signals import store
from itg.signals.contract import (
    AlphaForecast,
    AlphaModel,
    AlphaSignaled,
    ConfigureSignals,
    GetSignalAccuracy,
    GetSignals,
    SignalAccuracy,
    SignalHistory,
    SignalJudged,
    StartSignals,
    StopSignals,
    TrackingSignaled,
    VolatilitySignaled,
)
from itg.signals.core.alphas import Plugins, built, no_plugins
from itg.signals.core.record import Mailbox
from itg.signals.core.signaler import Readings, Signaler, SignalsState, Spots
from itg.signals.core.tracking import Reading

FORECAST = "forecast"


class SignalsService:
    """Owner of forecasts, their history and their accuracy."""

    name: ClassVar[str] = "signals"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        *(ConfigureSignals, StartSignals, StopSignals, TimerFired),
        *(NewsScheduled, NewsCanceled, NewsPublished),
        *(RegimeChanged, TrackingErrorsStepped, PricesStepped),
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        *(VolatilitySignaled, TrackingSignaled, AlphaSignaled, SignalJudged),
        *(StartTimer, StopTimer),
    )
    answers: ClassVar[tuple[type[Query], ...]] = (GetSignals, GetSignalAccuracy)

    def __init__(self, plugins: Plugins = no_plugins) -> None:
        self.shard: Shard | None = None
        self._plugins = plugins
        self._set(SignalsState.configured(ConfigureSignals(seed=0)))

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        signaler = self._signaler
        match message:
            case PricesStepped():
                return [*signaler.see_prices(now, _spots(message))]
            case TrackingErrorsStepped():
                return [*signaler.see_errors(now, _readings(message))]
            case RegimeChanged():
                signaler.state.regime = message.regime
            case NewsScheduled():
                return [*self._schedule(now, message)]
            case NewsPublished():
                is_shift = message.outcome.is_shift
                return [*signaler.publish(message.news_id, is_shift=is_shift)]
            case NewsCanceled():
                signaler.cancel(message.news_id)
            case TimerFired():
                return [*self._forecast(now)]
            case _:
                return [*self._obey(now, message)]
        return ()

    def query(self, query: Query) -> Reply:
        record = self._signaler.state.record
        match query:
            case GetSignals():
                mailbox = record.mailboxes.get(query.role, Mailbox())
                items = tuple(mailbox.after(query.after_seq, query.count))
                return SignalHistory(items=items, last_seq=mailbox.last_seq)
            case GetSignalAccuracy():
                return SignalAccuracy(rows=record.accuracy())
            case _:
                raise AssertionError(query)

    def snapshot(self) -> bytes:
        return store.encode(self._signaler.snapshot_state())

    def restore(self, data: bytes) -> None:
        self._set(store.decode(data))

    def _set(self, state: SignalsState) -> None:
        self._signaler = Signaler(state, self._plugins)

    def _obey(self, now: Nanos, ask: Message) -> Iterator[Message]:
        match ask:
            case ConfigureSignals():
                self._set(SignalsState.configured(ask))
            case StartSignals():
                self._signaler.start(ask)
                yield from self._forecast(now)
            case StopSignals():
                yield from self._signaler.stop(now)
                yield StopTimer(owner=self.name, key=FORECAST)
            case _:
                raise AssertionError(ask)

    def _schedule(self, now: Nanos, news: NewsScheduled) -> Iterator[Message]:
        if news.has_signal:
            is_shift = news.outcome.is_shift
            self._signaler.schedule(news.news_id, news.effective_ns, is_shift=is_shift)
            yield from self._forecast(now)

    def _forecast(self, now: Nanos) -> Iterator[Message]:
        yield from self._signaler.forecast(now)
        at_ns = self._signaler.next_forecast_ns()
        if at_ns is not None:
            yield StartTimer(owner=self.name, key=FORECAST, at_ns=at_ns)


def alpha_model(config: AlphaForecast, plugins: Plugins = no_plugins) -> AlphaModel:
    """Return a scenario's alpha model: the house's, or one that `plugins` finds.

    `ConfigurationError` naming the known ones, or what is wrong with its parameters.
    """
    return built(config, plugins)


def _spots(stepped: PricesStepped) -> Spots:
    return Spots(
        step=stepped.step,
        is_moving=stepped.is_moving,
        spot_prices={price.underlying_id: price.spot_price for price in stepped.prices},
        index_prices={price.underlying_id: price.index_price for price in stepped.prices},
    )


def _readings(stepped: TrackingErrorsStepped) -> Readings:
    return Readings(
        step=stepped.step,
        followers={
            error.underlying_id: Reading(
                lagged_price=error.lagged_price,
                theo_price=error.theo_price,
                error=error.error,
                error_ahead=error.error_ahead,
            )
            for error in stepped.errors
        },
    )
