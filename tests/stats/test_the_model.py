"""The simulated world by its numbers: fixed seeds, 99.9 % two-sided; `make stats` takes fresh ones.

The checks live in tools/stats. Each test is one study, so each sentence is what it promises.
"""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace
from tools.stats import forecasts, headlines, investors, prices
from tools.stats.findings import Finding, binomial_bounds
from tools.stats.studies import STUDIES
from tools.stats.world import World, settings

from itg.kernel.words import VolRegime

pytestmark = pytest.mark.gate

PRICE_STUDIES = {
    prices.correlation_by_regime,
    prices.correlation_with_ordinary_jumps,
    prices.game_step,
    prices.dwell_times,
    prices.tracking_error,
    prices.core_drift,
    prices.with_news,
}


def hold(findings: Iterable[Finding], at_least: int = 1) -> list[Finding]:
    found = [*findings]
    assert [f for f in found if not f.is_within] == []
    assert len(found) >= at_least
    return found


# -- signals, with news and market ---------------------------------------------


@pytest.fixture(scope="module")
def busy_world() -> World:
    return forecasts.busy_world(101)


def test_forecasts_are_right_as_often_as_they_say_by_the_regime_recorded_later(
    busy_world: World,
) -> None:
    found = hold(forecasts.volatility(busy_world), at_least=9)
    # Enough of them for the bound that was set for two thousand.
    (whole,) = [f for f in found if f.what == "volatility: hedge_fund, right"]
    assert whole.n > 5_000
    assert whole.low > 0.636
    assert whole.high < 0.684


def test_windows_are_right_as_often_as_their_band_says_by_the_error_that_came(
    busy_world: World,
) -> None:
    found = hold(forecasts.tracking(busy_world), at_least=8)
    assert found[0].n > 2_000


def test_the_price_has_no_drift_with_a_headline_every_ten_minutes(busy_world: World) -> None:
    hold(prices.busy_drift(busy_world))


def test_a_shift_leads_from_each_regime_where_its_row_says(busy_world: World) -> None:
    found = hold(forecasts.destinations(busy_world), at_least=6)
    assert min(f.n for f in found) > 200


def test_nearly_all_windows_open_in_the_lowest_band() -> None:
    for counts in forecasts.openings(107, sessions=12):
        assert counts.total() > 250
        low, _ = binomial_bounds(counts.total(), 0.99)
        assert counts[0] >= low


def test_nothing_is_told_before_its_time_or_to_strangers_on_any_seed() -> None:
    hold(forecasts.never_early(forecasts.short_worlds(200)), at_least=7)


# -- prices --------------------------------------------------------------------


def test_a_regimes_correlation_over_five_minutes_is_its_closed_form() -> None:
    hold(prices.correlation_by_regime(71), at_least=3)


@pytest.mark.parametrize("regime", list(VolRegime), ids=str)
def test_the_closed_form_of_a_regime_is_what_the_rules_say(regime: VolRegime) -> None:
    config = settings(1, 0.25).market
    variance = prices.regime_variance_per_s(config, regime)
    expected = prices.correlation(config, variance, prices.FIVE_MINUTES)
    assert expected == pytest.approx(prices.CORRELATIONS[regime], abs=0.03)


def test_pooled_with_ordinary_jumps_correlation_is_its_closed_form() -> None:
    hold(prices.correlation_with_ordinary_jumps(72), at_least=2)


@pytest.mark.parametrize(
    ("name", "gap_s", "five_minutes"),
    [
        ("classic", None, 0.909),
        ("classic", 9_000.0, 0.921),
        ("classic", 3_600.0, 0.933),
        ("liquid", None, 0.880),
        ("liquid", 3_600.0, 0.924),
    ],
)
def test_the_closed_form_pooled_is_what_the_page_of_the_model_says(
    name: str, gap_s: float | None, five_minutes: float
) -> None:
    config = settings(1, 0.25, name).market
    assert config.news is not None
    news = None if gap_s is None else replace(config.news, mean_gap_s=gap_s)
    variance = prices.pooled_variance_per_s(config, news)
    found = prices.correlation(config, variance, prices.FIVE_MINUTES)
    assert found == pytest.approx(five_minutes, abs=0.0006)
    assert 0.875 <= found <= 0.94
    assert 0.97 <= prices.correlation(config, variance, prices.HOUR) <= 0.99


def test_correlation_drift_and_memory_with_news_are_the_models() -> None:
    hold(prices.with_news(73), at_least=4)


def test_returns_at_the_games_step_are_their_regimes_without_drift_or_memory() -> None:
    hold(prices.game_step(73), at_least=5)


def test_the_price_has_no_drift_over_sessions_nights_and_jumps() -> None:
    hold(prices.core_drift(74))


def test_the_follower_keeps_its_half_life_its_deviation_and_the_noise_of_its_print() -> None:
    hold(prices.tracking_error(75), at_least=3)


def test_dwell_times_are_geometric() -> None:
    found = hold(prices.dwell_times(76), at_least=3)
    assert min(f.n for f in found) > 200


# -- headlines and investors ---------------------------------------------------


def test_headlines_come_and_bring_what_their_table_says() -> None:
    hold(headlines.study(77), at_least=15)


def test_investors_order_what_their_numbers_say() -> None:
    hold(investors.study(78), at_least=12)


def test_every_study_of_make_stats_is_a_test_of_the_gate() -> None:
    studied = {study.check for study in STUDIES}
    assert studied == PRICE_STUDIES | {forecasts.study, headlines.study, investors.study}
