"""What a price model is: the promise between the market and a plug-in of `itg.price_models`.

A plug-in's entry point names a class that keeps this protocol. The market makes one object of a
configuration and calls it each step of the session; ordinary jumps, news jumps, nights, followers
and prints are the market's and come on top of whatever the model does.
"""

from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from itg.kernel.rng import Rng
from itg.market_data.contract import ConfigureMarketData


class Parameter(NamedTuple):
    """A number a scenario may set; bounds are inclusive."""

    name: str
    default: float
    minimum: float
    maximum: float


class Draws(Protocol):
    """The model's dice by the name of their stream; how far each is drawn is kept for it."""

    def __getitem__(self, name: str, /) -> Rng: ...


class PriceModel(Protocol):
    """Moves one price; a martingale unless it says otherwise.

    What changes from step to step stands in `state` alone, which is saved and restored; the object
    holds constants. Two markets may share one object.
    """

    parameters: ClassVar[tuple[Parameter, ...]]
    streams: ClassVar[tuple[str, ...]]  # of dice, beside the market's own

    def __init__(self, config: ConfigureMarketData, parameters: dict[str, float], /) -> None:
        """Take the configuration and every parameter, defaults filled in, all within bounds.

        `ConfigurationError` if the model cannot follow the configuration.
        """

    def begun(self, regime: int, /) -> list[float]:
        """Return the state at the start; `regime` is the configuration's initial one."""

    def step(self, state: list[float], dice: Draws, jumps: list[float], /) -> float:
        """Change `state` by one step of `config.step_ns` and return the log return.

        Jumps the model makes itself are appended to `jumps` as log returns and are not part of what
        is returned.
        """

    def volatility(self, state: list[float], /) -> float:
        """Return the annual volatility now, jumps aside."""

    def regime(self, state: list[float], /) -> int | None:
        """Return the volatility regime, 0 to 2; None: the model knows none."""

    def enter(self, state: list[float], regime: int, /) -> None:
        """Change to a regime because news says so; a model without regimes does nothing."""

    def expected_variance(self, state: list[float], seconds: float, /) -> tuple[float, float]:
        """Return ∫E[annual variance] over the next session seconds, and its value at their end.

        The model's own jumps are included; `state` is not changed.
        """


@runtime_checkable
class Scalable(Protocol):
    """A price model whose sessions may move more or less than it says, as a season's weeks do."""

    def scaled(self, factor: float, /) -> PriceModel:
        """Return the model as configured, the deviation of its diffusion times `factor`.

        Of the same state, dice and jumps of its own: the two may take turns on one path.
        """
