"""An alpha model: a price far from its own moving average is expected to come back to it."""

from collections.abc import Mapping, Sequence
from math import log

from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.signals.contract import AlphaForecast, ReturnForecast

PPM = 1_000_000


class MeanReversion:
    """Forecast the way back when the price leaves its average by more than `distance`."""

    def __init__(self, config: AlphaForecast) -> None:
        self.underlying_id = config.underlying_id
        self.weight = 1 / config.parameters.get("steps", 1_200)  # 4 steps are a second
        self.distance = config.parameters.get("distance", 0.002)
        self.average = 0.0
        self.is_away = False

    def step(self, prices: Mapping[UnderlyingId, Price]) -> ReturnForecast | None:
        price = prices[self.underlying_id]
        if self.average == 0:
            self.average = float(price)
        self.average += self.weight * (price - self.average)
        way_back = log(self.average / price)
        was_away, self.is_away = self.is_away, abs(way_back) > self.distance
        if was_away or not self.is_away:
            return None
        return ReturnForecast(return_ppm=round(way_back * PPM), confidence_ppm=550_000)

    def state(self) -> Sequence[float]:
        return [self.average, float(self.is_away)]

    def restore(self, state: Sequence[float]) -> None:
        self.average, self.is_away = state[0], bool(state[1])
