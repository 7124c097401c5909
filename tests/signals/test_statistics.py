"""Accuracy, leads and bands, at 99.9 % two-sided bounds with fixed seeds."""

from bisect import insort
from collections import Counter, defaultdict

import pytest
from msgspec.structs import replace
from tests.signals.desk import BANDS, TRACKING, Desk, forecasting, ou_errors, published, scheduled

from itg.kernel.ids import UnderlyingId
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S
from itg.kernel.words import VolRegime
from itg.market_data.contract import RegimeChanged
from itg.signals.contract import ConfigureSignals, TrackingForecast

# Of a share of right announcements among n, ± 3.29 · sqrt(p (1 − p) / n).
BOUNDS = {
    (660_000, 2_000): (0.625, 0.695),
    (660_000, 10_000): (0.644, 0.676),
    (750_000, 2_000): (0.718, 0.782),
    (750_000, 10_000): (0.736, 0.764),
    (800_000, 2_000): (0.771, 0.829),
    (800_000, 10_000): (0.787, 0.813),
    (850_000, 2_000): (0.824, 0.876),
    (850_000, 10_000): (0.838, 0.862),
}
HEAVY = pytest.param(10_000, marks=[pytest.mark.gate, pytest.mark.timeout(180)])
# 99.9 % point of the Kolmogorov distribution.
KOLMOGOROV = 1.9495
APART_S = 400


def forecast_many(seed: int, per_regime: int) -> Desk:
    """Play news after news, regimes in turn; a shift comes at the base rate."""
    desk = Desk(forecasting(seed)).start(10**9)
    outcomes = Rng(seed, "tests.signals.outcome")
    regimes = list(VolRegime)
    for number in range(3 * per_regime):
        start = APART_S * number
        changed = RegimeChanged(regime=regimes[number % 3], previous=regimes[number % 3 - 1])
        news = scheduled(number + 1, start + 350, is_shift=outcomes.uniform() < 0.33)
        desk.send(start, changed, news)
        desk.send(start + 350, published(news))
    return desk


@pytest.mark.parametrize("count", [2_000, HEAVY])
def test_forecasts_of_news_are_right_as_often_as_they_say_in_each_regime(count: int) -> None:
    desk = forecast_many(11, count)
    low, high = BOUNDS[660_000, count]
    rows = desk.accuracy().rows
    assert [row.regime for row in rows] == list(VolRegime)
    for row in rows:
        assert row.judged == count
        assert low <= row.correct / row.judged <= high
    assert {m.accuracy_ppm for _, m in desk.forecasts()} == {660_000}
    # Given the prediction too: of the predicted shifts as many come as Bayes' rule says.
    judged = desk.judged()
    for word, chance in (("shift", 0.488779), ("no_shift", 0.202381)):
        own = [m for m in judged if m.predicted == word]
        share = sum(m.truth == "shift" for m in own) / len(own)
        assert abs(share - chance) <= 3.29 * (chance * (1 - chance) / len(own)) ** 0.5


@pytest.mark.parametrize("count", [2_000, HEAVY])
def test_leads_are_uniform_between_their_bounds(count: int) -> None:
    desk = forecast_many(12, count // 2)
    leads: list[float] = []
    for when, forecast in desk.forecasts():
        insort(leads, (forecast.effective_ns - when) / NS_PER_S)
    assert leads[0] >= 60
    assert leads[-1] <= 300
    number = len(leads)
    shares = [(lead - 60) / 240 for lead in leads]
    above = max((place + 1) / number - share for place, share in enumerate(shares))
    below = max(share - place / number for place, share in enumerate(shares))
    assert max(above, below) <= KOLMOGOROV / number**0.5


def announce_many(seed: int, count: int) -> Desk:
    """Follow a wide error at a coarse step until each band has `count` judged windows."""
    step_s, batch = 420, 20_000
    config: TrackingForecast = replace(TRACKING, closes_below=0.00149)
    desk = Desk(ConfigureSignals(seed=seed, tracking=(config,))).start(10**9)
    done = 0
    while any(judged < count for judged in by_band(desk).values()):
        errors = ou_errors(seed + done, batch + 1, 0.0035, step_s, 420)
        for place in range(batch):
            # The next batch begins anew: its first error is not the one this one ends ahead of.
            ahead = errors[place + 1] if place < batch - 1 else None
            desk.move(step_s * (done + place + 1), errors[place], ahead)
        done += batch
    return desk


def by_band(desk: Desk) -> dict[int, int]:
    bands = {round(band.error_min * 1e6): 0 for band in BANDS}
    for row in desk.accuracy().rows:
        bands[row.band] += row.judged
    return bands


@pytest.mark.parametrize("count", [2_000, HEAVY])
def test_announcements_are_right_as_often_as_their_band_says(count: int) -> None:
    desk = announce_many(21, count)
    accuracy = {m.signal_id: m.accuracy_ppm for _, m in desk.windows()}
    right: dict[int, list[bool]] = defaultdict(list)
    truths: Counter[str] = Counter()
    for judged in desk.judged():
        right[accuracy[judged.signal_id]].append(judged.is_correct)
        truths[judged.truth] += 1
    assert sorted(right) == [750_000, 800_000, 850_000]
    for accuracy_ppm, verdicts in right.items():
        low, high = BOUNDS[accuracy_ppm, count]
        assert len(verdicts) >= count
        assert low <= sum(verdicts[:count]) / count <= high
    assert min(truths.values()) > count // 10
    assert {m.tracking.underlying_id for _, m in desk.windows()} == {UnderlyingId("SPY")}
