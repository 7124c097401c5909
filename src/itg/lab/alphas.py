"""How good an alpha model's forecasts were, over one game or many."""

from collections.abc import Sequence
from functools import reduce
from math import copysign, log, sqrt

from msgspec import Struct, field

from itg.kernel.ids import Role, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.market_data.contract import PricesStepped
from itg.runtime.envelope import Record
from itg.signals.contract import AlphaForecast, AlphaSignaled, SignalJudged

Z_TWO_SIDED = 3.2905  # 99.9 %
BASIS_POINTS = 10_000


class AlphaTally(Struct, kw_only=True):
    """Counts and sums of a model's forecasts; returns captured in basis points.

    `apart` of them were given when no earlier one of these was open: only they are independent
    draws. `reached` have come to their horizon; `covered_steps` of `steps` in which prices moved
    lay within one.
    """

    signals: int = 0
    apart: int = 0
    judged: int = 0
    correct: int = 0
    reached: int = 0
    captured: float = 0.0
    captured_squares: float = 0.0
    steps: int = 0
    covered_steps: int = 0

    def plus(self, other: "AlphaTally") -> "AlphaTally":
        """Return both as one."""
        names = self.__struct_fields__
        return AlphaTally(**{name: getattr(self, name) + getattr(other, name) for name in names})


class AlphaScore(Struct, frozen=True, kw_only=True):
    """A model's score; what too few forecasts cannot tell is None.

    `accuracy` is the share of judged forecasts whose direction came true, with its 99.9 % interval.
    Forecasts that overlap share their outcome: intervals and errors count those apart alone.
    `captured` is the mean return, in basis points, of holding one unit in the forecast's direction
    from the print it was given at to that at its horizon, with its standard error. `coverage` is
    the share of the session within some forecast's horizon.
    """

    model: str
    role: Role
    underlying_id: UnderlyingId
    horizon_s: int
    tally: AlphaTally
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    captured: float | None
    captured_error: float | None
    coverage: float


class _Pending(Struct, frozen=True, gc=False):
    horizon_ns: Nanos
    start: Price
    direction: int


class _Open(Struct):
    pending: list[_Pending] = field(default_factory=list)
    until_ns: Nanos = Nanos(0)
    apart_until_ns: Nanos = Nanos(0)


class AlphaWatch:
    """Hears every record of a game; `tally` is what one model's forecasts came to."""

    def __init__(self, forecast: AlphaForecast) -> None:
        self.tally = AlphaTally()
        self._forecast = forecast
        self._ids: set[int] = set()
        self._price = Price(0)
        self._open = _Open()

    def hear(self, record: Record) -> None:
        """Follow prices and forecasts."""
        for output in record.outputs:
            match output:
                case PricesStepped():
                    if output.is_moving:
                        self._step(record.game_ns, output)
                case AlphaSignaled():
                    self._signal(record.game_ns, output)
                case SignalJudged():
                    if output.signal_id in self._ids:
                        self.tally.judged += 1
                        self.tally.correct += output.is_correct
                case _:
                    pass

    def _step(self, now: Nanos, stepped: PricesStepped) -> None:
        tally, held, name = self.tally, self._open, self._forecast.underlying_id
        self._price = next(p.index_price for p in stepped.prices if p.underlying_id == name)
        tally.steps += 1
        tally.covered_steps += now <= held.until_ns
        while held.pending and held.pending[0].horizon_ns <= now:
            forecast = held.pending.pop(0)
            gained = forecast.direction * log(self._price / forecast.start) * BASIS_POINTS
            tally.reached += 1
            tally.captured += gained
            tally.captured_squares += gained * gained

    def _signal(self, now: Nanos, signal: AlphaSignaled) -> None:
        ours = self._forecast
        is_ours = (signal.model, signal.underlying_id) == (ours.model, ours.underlying_id)
        # Each role is told under the same id.
        if not is_ours or signal.signal_id in self._ids:
            return
        self._ids.add(signal.signal_id)
        self.tally.signals += 1
        if now >= self._open.apart_until_ns:
            self._open.apart_until_ns = signal.horizon_ns
            self.tally.apart += 1
        direction = round(copysign(1, signal.return_ppm)) if signal.return_ppm else 0
        self._open.pending.append(_Pending(signal.horizon_ns, self._price, direction))
        self._open.until_ns = max(self._open.until_ns, signal.horizon_ns)


def score_of(forecast: AlphaForecast, tally: AlphaTally) -> AlphaScore:
    """Return a model's score."""
    share = tally.correct / tally.judged if tally.judged else None
    low, high = (None, None) if share is None else wilson(share, min(tally.apart, tally.judged))
    return AlphaScore(
        model=forecast.model,
        role=forecast.roles[0],
        underlying_id=forecast.underlying_id,
        horizon_s=forecast.horizon_s,
        tally=tally,
        accuracy=share,
        accuracy_low=low,
        accuracy_high=high,
        captured=tally.captured / tally.reached if tally.reached else None,
        captured_error=_error(tally) if tally.reached > 1 else None,
        coverage=tally.covered_steps / tally.steps if tally.steps else 0.0,
    )


def pooled(scores: Sequence[AlphaScore]) -> AlphaScore:
    """Return one model's score over many games."""
    first = scores[0]
    forecast = AlphaForecast(
        roles=(first.role,),
        model=first.model,
        underlying_id=first.underlying_id,
        horizon_s=first.horizon_s,
    )
    return score_of(forecast, reduce(AlphaTally.plus, (score.tally for score in scores)))


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 99.9 % interval of a probability seen as a share of `count` (Wilson 1927)."""
    z2 = Z_TWO_SIDED * Z_TWO_SIDED
    scale = 1 + z2 / count
    middle = (share + z2 / (2 * count)) / scale
    half = Z_TWO_SIDED * sqrt(share * (1 - share) / count + z2 / (4 * count * count)) / scale
    return middle - half, middle + half


def _error(tally: AlphaTally) -> float:
    count = tally.reached
    spread = max(tally.captured_squares - tally.captured**2 / count, 0.0) / (count - 1)
    return sqrt(spread / min(tally.apart, count))
