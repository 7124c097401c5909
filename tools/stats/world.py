"""News, market and signals on one machine, without exchange: whole sessions of them, recorded."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from msgspec.structs import replace
from tools.stats.paths import lagging, setup, stepping

from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.market_data.contract import (
    ConfigureMarketData,
    PricesStepped,
    RegimeChanged,
    StartMarket,
    StopMarket,
    TrackingErrorsStepped,
)
from itg.market_data.service import MarketDataService
from itg.news.contract import ConfigureNews, StartNews, StopNews
from itg.news.service import NewsService
from itg.runtime.cascade import Machine
from itg.runtime.service import StartTimer, StopTimer
from itg.signals.contract import ConfigureSignals, StartSignals, StopSignals
from itg.signals.service import SignalsService

M = TypeVar("M", bound=Message)
OPEN_NS = Nanos(1_796_139_000 * NS_PER_S)
DAY_NS = 86_400 * NS_PER_S
PRE_OPEN_NS = 5_400 * NS_PER_S
REGIMES = tuple(VolRegime)
STEPPED = (PricesStepped, TrackingErrorsStepped)


class Settings(NamedTuple):
    """The three services' commands."""

    news: ConfigureNews
    market: ConfigureMarketData
    signals: ConfigureSignals

    @property
    def step_s(self) -> float:
        return self.market.step_ns / NS_PER_S


class Moment(NamedTuple):
    """What a step in the session left: prices in USD, the follower's hidden error, the regime."""

    at_ns: Nanos
    leader: float
    follower: float
    error: float
    error_ahead: float
    regime: int


def settings(seed: int, step_s: float, name: str = "classic") -> Settings:
    """Return a shipped scenario at a coarse step, its lag rounded to whole steps."""
    found = setup(name)
    (news,) = [c for c in found if isinstance(c, ConfigureNews)]
    (market,) = [c for c in found if isinstance(c, ConfigureMarketData)]
    (signals,) = [c for c in found if isinstance(c, ConfigureSignals)]
    market = stepping(replace(market, seed=seed), step_s)
    if step_s > 1.0:
        market = lagging(market, 0.0)
    return Settings(replace(news, seed=seed), market, replace(signals, seed=seed))


def busy(known: Settings, mean_gap_s: float = 600.0) -> Settings:
    """Return the settings with dense news at all hours; the market expects as much."""
    assert known.news.arrivals is not None
    assert known.market.news is not None
    arrivals = replace(
        known.news.arrivals,
        mean_gap_s=mean_gap_s,
        gap_min_s=310.0,
        gap_max_s=4 * mean_gap_s,
        weights=(),
    )
    expected = replace(known.market.news, mean_gap_s=mean_gap_s)
    return known._replace(
        news=replace(known.news, arrivals=arrivals), market=replace(known.market, news=expected)
    )


class World:
    """A machine of the three; `told` is all that was said but prices, `sessions` the prices."""

    def __init__(self, known: Settings) -> None:
        self.settings = known
        self.machine = Machine([NewsService(), MarketDataService(), SignalsService()])
        self.told: list[tuple[Nanos, Message]] = []
        self.sessions: list[list[Moment]] = []
        self.regime = REGIMES.index(known.market.regimes.initial)
        self._errors = (0.0, 0.0)
        self._now = Nanos(OPEN_NS - PRE_OPEN_NS)
        for command in known:
            self._send(command)

    def play(self, sessions: int, tick: Callable[[], None] = lambda: None) -> "World":
        """Play whole sessions, pre-open included; `tick` is called after each."""
        for _ in range(sessions):
            self._session()
            tick()
        return self

    def of(self, kind: type[M]) -> list[tuple[Nanos, M]]:
        """Return what was said of one kind, with when."""
        return [(at, m) for at, m in self.told if isinstance(m, kind)]

    def ask(self, query: Query) -> Reply:
        return self.machine.query(query)

    def _session(self) -> None:
        start_ns = OPEN_NS + len(self.sessions) * DAY_NS
        end_ns = start_ns + self.settings.market.session_seconds * NS_PER_S
        start, end = Nanos(start_ns), Nanos(end_ns)
        self._now = Nanos(start_ns - PRE_OPEN_NS)
        self.sessions.append([])
        self._send(StartSignals(session_start_ns=start, session_end_ns=end))
        self._send(StartNews(session_start_ns=start, session_end_ns=end))
        ends = tuple(Nanos(end_ns + day * DAY_NS) for day in range(3))
        self._send(
            StartMarket(
                session_start_ns=start,
                session_end_ns=end,
                session_ends_ns=ends,
                first_step_ns=start,
            )
        )
        while (fired := self.machine.due(Nanos(end_ns))) is not None:
            self._now = fired.at_ns
            self._send(fired)
        self._now = Nanos(end_ns)
        for stop in (StopSignals(), StopNews(), StopMarket()):
            self._send(stop)

    def _send(self, message: Message) -> None:
        for said in self.machine.apply(self._now, message):
            if isinstance(said, STEPPED):
                self._step(said)
                continue
            if isinstance(said, RegimeChanged):
                self.regime = REGIMES.index(said.regime)
            if not isinstance(said, (StartTimer, StopTimer)):
                self.told.append((self._now, said))

    def _step(self, said: PricesStepped | TrackingErrorsStepped) -> None:
        if isinstance(said, TrackingErrorsStepped):
            (reading,) = said.errors
            assert reading.error_ahead is not None
            self._errors = (reading.error * 1e-9, reading.error_ahead * 1e-9)
            return
        leader, follower = (spot.spot_price / 10_000 for spot in said.prices)
        self.sessions[-1].append(Moment(self._now, leader, follower, *self._errors, self.regime))
