"""Alpha models: the house's own, how one is found by name, and when a forecast is judged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from math import log

from msgspec import Struct, field

from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.signals.contract import AlphaFactory, AlphaForecast, AlphaModel, ReturnForecast
from itg.signals.core.record import Awaited, Given

_PPM = 1_000_000
# What is installed, by name, and not loaded before it is asked for.
Plugins = Callable[[], Mapping[str, Callable[[], AlphaFactory]]]


class Bets(Struct):
    """One model's state and its forecasts still to judge."""

    memory: list[float] | None = None
    awaited: list[Awaited] = field(default_factory=list)

    def reach_horizon(self, now: Nanos, price: Price) -> Iterator[tuple[Given, str]]:
        """Yield each forecast whose horizon has come, with the direction that came true."""
        while self.awaited and self.awaited[0].horizon_ns <= now:
            awaited = self.awaited.pop(0)
            yield awaited.given, direction(price - awaited.start)


class Momentum:
    """Expect a part of the last return to come again; an example, not advice.

    After `lookback` steps with a return of at least `threshold` it forecasts `strength` of that
    return and is silent for as many steps.
    """

    DEFAULTS: Mapping[str, float] = {
        "lookback": 240.0,
        "threshold": 0.0005,
        "strength": 0.1,
        "confidence": 0.5,
    }

    def __init__(self, config: AlphaForecast) -> None:
        for name in config.parameters:
            if name not in self.DEFAULTS:
                raise ConfigurationError(
                    f"alpha model momentum has no parameter {name!r}{_nearest(name, self.DEFAULTS)}"
                )
        chosen = {**self.DEFAULTS, **config.parameters}
        self._lookback = int(chosen["lookback"])
        if self._lookback < 1:
            raise ConfigurationError(f"lookback is {chosen['lookback']}; it is 1 step at least")
        self._threshold = chosen["threshold"]
        self._strength = chosen["strength"]
        self._confidence_ppm = round(chosen["confidence"] * _PPM)
        self._underlying_id = config.underlying_id
        self._silent_steps = 0
        self._prices: list[float] = []

    def step(self, prices: Mapping[UnderlyingId, Price]) -> ReturnForecast | None:
        self._prices.append(float(prices[self._underlying_id]))
        self._silent_steps = max(self._silent_steps - 1, 0)
        if len(self._prices) <= self._lookback:
            return None
        last_return = log(self._prices[-1] / self._prices.pop(0))
        if self._silent_steps or abs(last_return) < self._threshold:
            return None
        self._silent_steps = self._lookback
        return ReturnForecast(
            return_ppm=round(self._strength * last_return * _PPM),
            confidence_ppm=self._confidence_ppm,
        )

    def state(self) -> Sequence[float]:
        return [float(self._silent_steps), *self._prices]

    def restore(self, state: Sequence[float]) -> None:
        self._silent_steps = int(state[0])
        self._prices = list(state[1:])


BUILT_IN: Mapping[str, AlphaFactory] = {"momentum": Momentum}


def no_plugins() -> Mapping[str, Callable[[], AlphaFactory]]:
    """Return nothing: the house's own models alone."""
    return {}


def model_named(name: str, plugins: Plugins) -> AlphaFactory:
    """Return the model of this name, the house's before a plug-in's.

    Raises `ConfigurationError` naming the nearest known one.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    installed = plugins()
    if name not in installed:
        known = _nearest(name, [*BUILT_IN, *installed])
        raise ConfigurationError(f"alphas.model: no alpha model {name!r}{known}")
    return installed[name]()


def built(config: AlphaForecast, plugins: Plugins) -> AlphaModel:
    """Return a scenario's model, ready to step.

    Raises `ConfigurationError` for an unknown name, a package that cannot be loaded, or what the
    model itself says is wrong with its parameters.
    """
    try:
        return model_named(config.model, plugins)(config)
    except (ImportError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"alphas.model: {config.model!r} with {config.parameters} cannot be made: {error!r}"
        ) from error


def direction(change: int) -> str:
    """Return `up`, `down` or `flat`."""
    if change == 0:
        return "flat"
    return "up" if change > 0 else "down"


def _nearest(word: str, known: Sequence[str] | Mapping[str, float]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
