"""The whole state of the service, and what each thing it hears does to it."""

from collections.abc import Iterator

from msgspec import Struct, field

from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.signals.contract import (
    AlphaForecast,
    AlphaSignaled,
    AnySignal,
    ConfigureSignals,
    ReturnForecast,
    SignalJudged,
    SignalKind,
    StartSignals,
    TrackingForecast,
)
from itg.signals.core import volatility
from itg.signals.core.alphas import Bets, Plugins, built, direction
from itg.signals.core.dice import Dice
from itg.signals.core.record import NOBODY, Awaited, Given, Record
from itg.signals.core.tracking import Moment, Reading, Watch, word_of
from itg.signals.core.volatility import Forecasts

_PPM = 1_000_000
Told = AnySignal | SignalJudged


class Spots(Struct, frozen=True):
    """The prices of one step by underlying: noise-free ones and prints."""

    step: int = 0
    is_moving: bool = False
    spot_prices: dict[UnderlyingId, Price] = {}
    index_prices: dict[UnderlyingId, Price] = {}


class Readings(Struct, frozen=True):
    """The followers' errors of one step."""

    step: int = 0
    followers: dict[UnderlyingId, Reading] = {}


class SignalsState(Struct):
    """Everything a snapshot holds."""

    config: ConfigureSignals
    regime: VolRegime
    watches: list[Watch]
    bets: list[Bets]
    session: StartSignals | None = None  # None: stopped
    forecasts: Forecasts = field(default_factory=Forecasts)
    record: Record = field(default_factory=Record)
    spots: Spots = Spots()
    readings: Readings = Readings()
    counters: dict[str, int] = field(default_factory=dict)

    @classmethod
    def configured(cls, config: ConfigureSignals) -> "SignalsState":
        assert all(tracking.bands for tracking in config.tracking), "a window has an accuracy"
        return cls(
            config=config,
            regime=config.initial_regime,
            watches=[Watch() for _ in config.tracking],
            bets=[Bets() for _ in config.alphas],
        )


class Signaler:
    """Configured signals; `plugins` finds alpha models that are not the house's."""

    def __init__(self, state: SignalsState, plugins: Plugins) -> None:
        self.state = state
        self._dice = Dice(state.config.seed, state.counters)
        self._models = [built(alpha, plugins) for alpha in state.config.alphas]
        for model, bets in zip(self._models, state.bets, strict=True):
            if bets.memory is not None:
                model.restore(bets.memory)

    def snapshot_state(self) -> SignalsState:
        """Return the state with dice and models where they stand."""
        self.state.counters = self._dice.counters()
        for model, bets in zip(self._models, self.state.bets, strict=True):
            bets.memory = [float(number) for number in model.state()]
        return self.state

    def start(self, session: StartSignals) -> None:
        self.state.session = session
        for watch in self.state.watches:
            watch.errors.clear()

    def stop(self, now: Nanos) -> Iterator[Told]:
        """Close every window; what has not reached its horizon will never be judged."""
        yield from self._close_windows(now)
        for watch in self.state.watches:
            watch.announced.clear()
        for bets in self.state.bets:
            bets.awaited.clear()
        self.state.session = None

    def schedule(self, news_id: int, effective_ns: Nanos, *, is_shift: bool) -> None:
        """Draw the forecast of an item."""
        config = self.state.config.volatility
        if config is not None:
            forecast = volatility.drawn(config, self._dice, effective_ns, is_shift=is_shift)
            self.state.forecasts.add(news_id, forecast)

    def cancel(self, news_id: int) -> None:
        self.state.forecasts.items.pop(news_id, None)

    def publish(self, news_id: int, *, is_shift: bool) -> Iterator[Told]:
        """Judge the forecast of an item by what it brought."""
        config, forecast = (
            self.state.config.volatility,
            self.state.forecasts.items.pop(news_id, None),
        )
        if config is not None and forecast is not None and forecast.given is not None:
            truth = volatility.outcome_word(is_shift=is_shift)
            kind = SignalKind.VOLATILITY
            yield self.state.record.judge(kind, config.roles, forecast.given, truth)

    def forecast(self, now: Nanos) -> Iterator[Told]:
        """Give the forecasts that are due."""
        state, config = self.state, self.state.config.volatility
        if config is None or state.session is None:
            return
        for forecast in state.forecasts.take_due(now, config):
            signal = volatility.signal_of(forecast, config, state.regime)
            yield from state.record.give(now, config.roles, signal)

    def next_forecast_ns(self) -> Nanos | None:
        """Return when the next forecast is due, None if none is or signals are stopped."""
        return None if self.state.session is None else self.state.forecasts.next_due_ns()

    def see_prices(self, now: Nanos, spots: Spots) -> Iterator[Told]:
        """Step the alpha models; with the errors of the same step, follow the windows."""
        state, session = self.state, self.state.session
        state.spots = spots
        if session is None:
            return
        if spots.is_moving:
            for place in range(len(state.bets)):
                yield from self._step_model(now, place, session)
        else:
            yield from self._close_windows(now)
        yield from self._follow(now, session)

    def see_errors(self, now: Nanos, readings: Readings) -> Iterator[Told]:
        """Follow the windows, once the prices of the same step are there."""
        self.state.readings = readings
        if self.state.session is not None:
            yield from self._follow(now, self.state.session)

    def _follow(self, now: Nanos, session: StartSignals) -> Iterator[Told]:
        state = self.state
        if state.spots.step != state.readings.step or not state.spots.is_moving:
            return
        moment = Moment(
            now=now,
            regime=state.regime,
            session_start_ns=session.session_start_ns,
            session_end_ns=session.session_end_ns,
        )
        for watch, config in zip(state.watches, state.config.tracking, strict=True):
            reading = state.readings.followers.get(config.underlying_id)
            if reading is not None:
                yield from self._look(moment, watch, config, reading)
        if now >= session.session_end_ns:
            yield from self._close_windows(now)

    def _look(
        self, moment: Moment, watch: Watch, config: TrackingForecast, reading: Reading
    ) -> Iterator[Told]:
        now, record = moment.now, self.state.record
        for given, truth in watch.reach_horizon(now, reading.error):
            yield record.judge(SignalKind.TRACKING, config.roles, given, truth.value)
        watch.note(now, reading.error, config.average_s)
        spot_price = self.state.spots.spot_prices[config.underlying_id]
        tracking = word_of(spot_price, reading, config)
        if watch.window is not None:
            stage = watch.stage(now, config)
            if stage:
                yield from record.give(now, config.roles, watch.tell(now, stage, tracking))
        elif watch.may_open(moment, config, reading):
            watch.open(moment, config, reading, self._dice)
            yield from record.give(now, config.roles, watch.tell(now, "open", tracking))

    def _close_windows(self, now: Nanos) -> Iterator[Told]:
        for watch, config in zip(self.state.watches, self.state.config.tracking, strict=True):
            if watch.window is not None:
                said = watch.tell(now, "close", watch.window.told)
                yield from self.state.record.give(now, config.roles, said)

    def _step_model(self, now: Nanos, place: int, session: StartSignals) -> Iterator[Told]:
        state = self.state
        config, bets = state.config.alphas[place], state.bets[place]
        price = state.spots.index_prices[config.underlying_id]
        for given, truth in bets.reach_horizon(now, price):
            yield state.record.judge(SignalKind.ALPHA, config.roles, given, truth)
        expected = self._models[place].step(dict(state.spots.index_prices))
        horizon_ns = Nanos(now + config.horizon_s * NS_PER_S)
        if expected is None or horizon_ns > session.session_end_ns:
            return
        signal = _alpha_signal(config, expected, horizon_ns, self._dice)
        given = Given(
            signal_id=signal.signal_id,
            regime=state.regime,
            predicted=direction(expected.return_ppm),
        )
        bets.awaited.append(Awaited(given=given, horizon_ns=horizon_ns, start=price))
        yield from state.record.give(now, config.roles, signal)


def _alpha_signal(
    config: AlphaForecast, expected: ReturnForecast, horizon_ns: Nanos, dice: Dice
) -> AlphaSignaled:
    assert 0 <= expected.confidence_ppm <= _PPM, f"{config.model}: {expected.confidence_ppm=}"
    return AlphaSignaled(
        signal_id=dice.draw_id(f"alpha.{config.model}.{config.underlying_id}"),
        role=NOBODY,
        signal_seq=0,
        model=config.model,
        underlying_id=config.underlying_id,
        return_ppm=expected.return_ppm,
        confidence_ppm=expected.confidence_ppm,
        horizon_ns=horizon_ns,
    )
