"""The simulated market: state, and one step of it."""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.messages import Event
from itg.kernel.money import PRICE_SCALE, Price, round_half_up_to_tick
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, VolRegime
from itg.market_data.contract import (
    ClosePrice,
    ConfigureMarketData,
    JumpOccurred,
    Mark,
    MarksPublished,
    OfficialClosePublished,
    PricesStepped,
    QuotedPrice,
    RegimeChanged,
    SpotPrice,
    StartMarket,
    Surface,
    TrackingError,
    TrackingErrorsStepped,
)
from itg.market_data.core.candles import History
from itg.market_data.core.models.protocol import PriceModel
from itg.market_data.core.paths import Paths, Walk
from itg.market_data.core.valuation import Fair, Valuation

REGIMES = tuple(VolRegime)
_PPM = 1_000_000
_ERROR_UNIT = 1_000_000_000
# The official close is the mean over the session's last minute.
CLOSE_NS = 60 * NS_PER_S


class OfficialClose(Struct):
    """Sums over the last minute, and the closes of the session before."""

    previous: list[Price]
    sums: list[int]
    count: int = 0


class Impact(Struct, frozen=True, gc=False):
    """What published news brings: a shift's draw (1e-9; None: no shift) and a jump (1e-6)."""

    shift_draw: int | None
    jump_ppm: int


class MarketState(Struct):
    """Everything a snapshot holds; the rest is derived from it."""

    config: ConfigureMarketData
    paths: Paths
    close: OfficialClose
    spots: tuple[SpotPrice, ...]
    histories: list[History]
    tracked: dict[InstrumentId, Instrument] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    impacts: list[Impact] = field(default_factory=list)  # act in the next moving step
    counters: dict[str, int] = field(default_factory=dict)
    session: StartMarket | None = None
    is_running: bool = False
    step: int = 0
    stepped_ns: Nanos = Nanos(0)


class Market:
    """A configured market; `model` None: the leader moves by one of the house's."""

    def __init__(self, state: MarketState, model: PriceModel | None = None) -> None:
        self.state = state
        self._walk = Walk(state.config, model)
        if state.session is not None:
            self._walk.enter(state.session.vol_factors)
        self._dice = self._walk.dice(state.counters)
        self._tells_errors = any(
            u.tracking and u.tracking.ahead_s for u in state.config.underlyings
        )
        self._valuation: Valuation | None = None

    @classmethod
    def configured(cls, config: ConfigureMarketData, model: PriceModel | None = None) -> "Market":
        """Return a market at its start prices; the first underlying leads."""
        leader = config.underlyings[0]
        assert leader.tracking is None
        assert all(model.tracking is not None for model in config.underlyings[1:])
        starts = [model.start_price for model in config.underlyings]
        walk = Walk(config, model)
        return cls(
            MarketState(
                config=config,
                paths=walk.begun(
                    leader.start_price / PRICE_SCALE, REGIMES.index(config.regimes.initial)
                ),
                close=OfficialClose(previous=starts, sums=[0] * len(starts)),
                spots=tuple(
                    SpotPrice(model.underlying_id, model.start_price, model.start_price)
                    for model in config.underlyings
                ),
                histories=[History() for _ in starts],
            ),
            walk.model,
        )

    def snapshot_state(self) -> MarketState:
        """Return the state with the dice where they stand."""
        self.state.counters = self._dice.counters()
        return self.state

    def track(self, instrument: Instrument) -> None:
        self.state.tracked[instrument.instrument_id] = instrument
        self._valuation = None

    def untrack(self, instrument_id: InstrumentId) -> None:
        self.state.tracked.pop(instrument_id, None)
        self._valuation = None

    def hear(self, impact: Impact) -> None:
        """Take what published news brings; it acts in the next step in which prices move."""
        self.state.impacts.append(impact)

    def start(self, now: Nanos, session: StartMarket) -> Nanos:
        """Open a session (or go on with it) and return when the next step is."""
        state = self.state
        before = state.session
        self._walk.enter(session.vol_factors)
        if before is None or before.session_start_ns != session.session_start_ns:
            self._walk.open_session(state.paths, self._dice, after_night=before is not None)
            state.close.sums = [0] * len(state.spots)
            state.close.count = 0
            state.spots = self._published(is_moving=False)
        elif before.session_end_ns != session.session_end_ns:
            state.close.sums = [0] * len(state.spots)  # the last minute is another one now
            state.close.count = 0
        state.session = session
        state.is_running = True
        step_ns = state.config.step_ns
        return Nanos(-(-max(now, session.first_step_ns) // step_ns) * step_ns)

    def implied(self, quotes: Sequence[QuotedPrice]) -> list[int | None]:
        """Return the quotes' implied volatilities at the last step, 1e-6, in their order."""
        fair = self._fair()
        return [None] * len(quotes) if fair is None else self._valued().implied(fair, quotes)

    def surface(self, underlying_id: UnderlyingId) -> Surface | None:
        """Return one underlying's surface at the last step; None: it is not simulated."""
        fair = self._fair()
        for spot in self.state.spots:
            if spot.underlying_id == underlying_id:
                slices = () if fair is None else self._valued().surface(fair, underlying_id)
                return Surface(
                    underlying_id=underlying_id,
                    spot_price=spot.spot_price,
                    slices=tuple(slices),
                )
        return None

    def marks(self, underlying_id: UnderlyingId | None) -> tuple[Mark, ...]:
        """Return the last marks, None: of all underlyings."""
        marks, tracked = self.state.marks, self.state.tracked
        if underlying_id is None:
            return marks
        return tuple(
            mark
            for mark in marks
            if mark.instrument_id in tracked
            and tracked[mark.instrument_id].underlying_id == underlying_id
        )

    def stop(self) -> Iterator[Event]:
        """Stop stepping; a session cut short closes at its last prices."""
        state, session = self.state, self.state.session
        if state.is_running and session is not None and not self._is_last(state.stepped_ns):
            yield self._closed([spot.spot_price for spot in state.spots])
        state.is_running = False

    def advance(self, now: Nanos) -> Iterator[Event]:
        """Make the step that ends now: hidden truths, prices, marks."""
        state, session = self.state, self.state.session
        assert session is not None
        state.step += 1
        is_moving = session.session_start_ns < now <= session.session_end_ns
        if is_moving:
            yield from self._move((now - session.session_start_ns) / NS_PER_S)
            self._record(now, session)
        state.stepped_ns = now
        yield PricesStepped(
            step=state.step,
            prices=state.spots,
            is_moving=is_moving,
            second_vol_ppm=self._walk.second_vol_ppm(state.paths),
        )
        if is_moving and self._is_last(now):
            yield self._closed(self._official_close())
        if state.tracked and (is_moving or now % NS_PER_S == 0):
            state.marks = self._valued().marks(now, session, state.paths, state.spots)
            yield MarksPublished(step=state.step, marks=state.marks)

    def _move(self, elapsed_s: float) -> Iterator[Event]:
        state = self.state
        # News before chance: it shifts the regime that reigned when it was published.
        news_jumps: list[float] = []
        for impact in state.impacts:
            if impact.shift_draw is not None:
                previous = state.paths.regime
                self._walk.shift(state.paths, impact.shift_draw)
                yield from self._regime_changed(previous)
            if impact.jump_ppm:
                news_jumps.append(impact.jump_ppm / _PPM)
        state.impacts.clear()
        previous = state.paths.regime
        jumps = self._walk.step(state.paths, self._dice, elapsed_s, news_jumps)
        yield from self._regime_changed(previous)
        leader = state.config.underlyings[0].underlying_id
        for jump in jumps:
            yield JumpOccurred(underlying_id=leader, size_ppm=round(jump * _PPM))
        state.spots = self._published(is_moving=True)
        if self._tells_errors:
            yield self._tracking_errors()

    def _regime_changed(self, previous: int) -> Iterator[Event]:
        regime = self.state.paths.regime
        if regime != previous:
            yield RegimeChanged(regime=REGIMES[regime], previous=REGIMES[previous])

    def _tracking_errors(self) -> TrackingErrorsStepped:
        state, walk = self.state, self._walk
        paths, models = state.paths, state.config.underlyings
        followed = [(u.underlying_id, u.tracking.ratio) for u in models if u.tracking]
        errors = []
        for (name, ratio), follower, ahead in zip(
            followed, paths.followers, walk.errors_ahead(paths, self._dice), strict=True
        ):
            lagged = paths.lagged(follower)
            errors.append(
                TrackingError(
                    underlying_id=name,
                    lagged_price=_on_tick(lagged, models[0].tick_size),
                    theo_price=Price(round(lagged / ratio * PRICE_SCALE)),
                    error=round(follower.error * _ERROR_UNIT),
                    error_ahead=None if ahead is None else round(ahead * _ERROR_UNIT),
                )
            )
        return TrackingErrorsStepped(step=state.step, errors=tuple(errors))

    def _published(self, *, is_moving: bool) -> tuple[SpotPrice, ...]:
        spots = self._walk.spots(self.state.paths)
        prints = self._walk.prints(spots, self._dice) if is_moving else spots
        models = self.state.config.underlyings
        return tuple(
            SpotPrice(
                model.underlying_id,
                _on_tick(spot, model.tick_size),
                _on_tick(index, model.tick_size),
            )
            for model, spot, index in zip(models, spots, prints, strict=True)
        )

    def _record(self, now: Nanos, session: StartMarket) -> None:
        state, close = self.state, self.state.close
        for history, spot in zip(state.histories, state.spots, strict=True):
            history.add(now, spot.index_price)
        if now <= session.session_end_ns - CLOSE_NS:
            return
        close.count += 1
        close.sums = [
            total + spot.spot_price for total, spot in zip(close.sums, state.spots, strict=True)
        ]

    def _is_last(self, stepped_ns: Nanos) -> bool:
        # Also of what comes after the last step, when the close has been told.
        session = self.state.session
        assert session is not None
        return stepped_ns + self.state.config.step_ns > session.session_end_ns

    def _closed(self, closes: list[Price]) -> OfficialClosePublished:
        state, session = self.state, self.state.session
        assert session is not None
        state.close.previous = closes
        return OfficialClosePublished(
            session_end_ns=session.session_end_ns,
            closes=tuple(
                ClosePrice(model.underlying_id, close)
                for model, close in zip(state.config.underlyings, closes, strict=True)
            ),
        )

    def _official_close(self) -> list[Price]:
        close, models = self.state.close, self.state.config.underlyings
        return [
            round_half_up_to_tick(total / close.count, model.tick_size)
            for total, model in zip(close.sums, models, strict=True)
        ]

    def _fair(self) -> Fair | None:
        state = self.state
        if state.session is None or state.step == 0:
            return None
        return self._valued().fair(state.stepped_ns, state.session, state.paths, state.spots)

    def _valued(self) -> Valuation:
        if self._valuation is None:
            tracked = self.state.tracked.values()
            self._valuation = Valuation(self.state.config, self._walk, tracked)
        return self._valuation


def _on_tick(usd: float, tick_size: Price) -> Price:
    return max(round_half_up_to_tick(usd * PRICE_SCALE, tick_size), tick_size)
