"""The signals service alone on a machine, and the words its neighbours would say."""

from collections.abc import Iterable, Sequence

from itg.kernel.ids import Role, UnderlyingId
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Price
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import (
    PricesStepped,
    SpotPrice,
    TrackingError,
    TrackingErrorsStepped,
)
from itg.news.contract import NewsCanceled, NewsOrigin, NewsOutcome, NewsPublished, NewsScheduled
from itg.runtime.cascade import Machine
from itg.signals.contract import (
    AccuracyBand,
    AlphaSignaled,
    ConfigureSignals,
    GetSignalAccuracy,
    SignalAccuracy,
    SignalJudged,
    StartSignals,
    StopSignals,
    TrackingForecast,
    TrackingSignaled,
    VolatilityForecast,
    VolatilitySignaled,
)
from itg.signals.core.alphas import Plugins, no_plugins
from itg.signals.service import SignalsService

OPEN_NS = Nanos(1_796_139_000 * NS_PER_S)
HEDGE_FUND, DESK, MAKER = Role("hedge_fund"), Role("arbitrage_desk"), Role("market_maker")
LEADER, FOLLOWER = UnderlyingId("SPX"), UnderlyingId("SPY")
BANDS = (
    AccuracyBand(error_min=0.0015, accuracy=0.75),
    AccuracyBand(error_min=0.0020, accuracy=0.80),
    AccuracyBand(error_min=0.0050, accuracy=0.85),
)
VOLATILITY = VolatilityForecast(roles=(HEDGE_FUND,))
TRACKING = TrackingForecast(roles=(DESK,), underlying_id=FOLLOWER, bands=BANDS)
Signaled = VolatilitySignaled | TrackingSignaled | AlphaSignaled


def at(second: float) -> Nanos:
    """Return an instant of the session."""
    return Nanos(OPEN_NS + round(second * NS_PER_S))


class Desk:
    """A machine with the one service; `told` are (game time, message)."""

    def __init__(self, config: ConfigureSignals, plugins: Plugins = no_plugins) -> None:
        self.plugins = plugins
        self.machine = Machine([SignalsService(plugins)])
        self.told: list[tuple[Nanos, Message]] = []
        self.step = 0
        self.send(-60, config)

    def start(self, seconds: int = 10_000_000, second: float = -30) -> "Desk":
        self.send(second, StartSignals(session_start_ns=at(0), session_end_ns=at(seconds)))
        return self

    def stop(self, second: float) -> None:
        self.send(second, StopSignals())

    def send(self, second: float, *messages: Message) -> None:
        self.run_to(second)
        for message in messages:
            self.told += [(at(second), m) for m in self.machine.apply(at(second), message)]
        self.run_to(second)

    def run_to(self, second: float) -> None:
        while (fired := self.machine.due(at(second))) is not None:
            self.told += [(fired.at_ns, m) for m in self.machine.apply(fired.at_ns, fired)]

    def move(
        self,
        second: float,
        error: int,
        ahead: int | None,
        *,
        prices: tuple[int, int] = (44_000_000, 4_400_000),
        is_moving: bool = True,
    ) -> None:
        """Make a market step with this error of the follower, 1e-9."""
        self.step += 1
        theo_price = Price(prices[0] // 10)
        reading = TrackingError(FOLLOWER, Price(prices[0]), theo_price, error, ahead)
        spots = (
            SpotPrice(LEADER, Price(prices[0]), Price(prices[0])),
            SpotPrice(FOLLOWER, Price(prices[1]), Price(prices[1])),
        )
        self.send(
            second,
            TrackingErrorsStepped(step=self.step, errors=(reading,)),
            PricesStepped(step=self.step, prices=spots, is_moving=is_moving),
        )

    def restarted(self) -> "Desk":
        """Return a desk that goes on from this one's snapshot."""
        after = Desk(ConfigureSignals(seed=0), self.plugins)
        after.machine.restore(self.machine.snapshot())
        after.step = self.step
        after.told = []
        return after

    def ask(self, query: Query) -> Reply:
        return self.machine.query(query)

    def accuracy(self) -> SignalAccuracy:
        answer = self.ask(GetSignalAccuracy())
        assert isinstance(answer, SignalAccuracy)
        return answer

    def signals(self) -> list[tuple[Nanos, Signaled]]:
        return [(when, m) for when, m in self.told if isinstance(m, Signaled)]

    def forecasts(self) -> list[tuple[Nanos, VolatilitySignaled]]:
        return [(when, m) for when, m in self.told if isinstance(m, VolatilitySignaled)]

    def windows(self) -> list[tuple[Nanos, TrackingSignaled]]:
        return [(when, m) for when, m in self.told if isinstance(m, TrackingSignaled)]

    def judged(self) -> list[SignalJudged]:
        return [m for _, m in self.told if isinstance(m, SignalJudged)]


def scheduled(
    news_id: int,
    second: float,
    *,
    is_shift: bool = True,
    has_signal: bool = True,
    jump_ppm: int = 0,
    headline: str = "Fed meets",
) -> NewsScheduled:
    return NewsScheduled(
        news_id=news_id,
        headline_id="fed",
        headline=headline,
        effective_ns=at(second),
        origin=NewsOrigin.ARRIVAL,
        has_signal=has_signal,
        outcome=NewsOutcome(is_shift=is_shift, shift_draw=5, jump_ppm=jump_ppm),
    )


def published(news: NewsScheduled) -> NewsPublished:
    return NewsPublished(
        news_id=news.news_id,
        headline_id=news.headline_id,
        headline=news.headline,
        origin=news.origin,
        outcome=news.outcome,
    )


def canceled(news_id: int) -> NewsCanceled:
    return NewsCanceled(news_id=news_id)


def forecasting(seed: int = 1, **changes: object) -> ConfigureSignals:
    known = {"roles": VOLATILITY.roles, **changes}
    return ConfigureSignals(seed=seed, volatility=VolatilityForecast(**known))  # type: ignore[arg-type]


def ou_errors(
    seed: int, count: int, std: float, step_s: float, half_life_s: float
) -> Sequence[int]:
    """Draw an exact Ornstein–Uhlenbeck path in 1e-9 (Gillespie 1996, eq. 3.1)."""
    rng = Rng(seed, "tests.signals.error")
    stay = 0.5 ** (step_s / half_life_s)
    spread, error = std * (1 - stay * stay) ** 0.5, std * rng.normal()
    path = []
    for _ in range(count):
        path.append(round(error * 1e9))
        error = error * stay + spread * rng.normal()
    return path


def stages(windows: Iterable[tuple[Nanos, TrackingSignaled]]) -> list[tuple[float, str]]:
    return [((when - OPEN_NS) / NS_PER_S, m.stage) for when, m in windows]
