"""News and signals of the shipped scenarios, against the numbers of the rules."""

from pathlib import Path

import pytest
from tests.scenario.compiled import compiled, of, setup_of, the

from itg import scenario
from itg.kernel.ids import Role, UnderlyingId
from itg.market_data.contract import ConfigureMarketData
from itg.news.contract import ConfigureNews, JumpSign
from itg.retail.contract import Behaviors, ConfigureRetail
from itg.signals.contract import AccuracyBand, AlphaForecast, ConfigureSignals

UP, DOWN, EITHER = JumpSign.UP, JumpSign.DOWN, JumpSign.EITHER
# Shift %, jump %, sign, size %: the table of the rules, in its order.
HEADLINES = [
    ("emergency-fed-meeting", 85, 60, DOWN, 1, 3),
    ("geopolitical-escalation", 70, 30, DOWN, 0.5, 2),
    ("bank-losses", 65, 45, DOWN, 1, 2),
    ("surprise-rate-decision", 75, 50, EITHER, 1, 2.5),
    ("tech-acquisition", 40, 50, UP, 0.5, 1.5),
    ("fed-hints-tightening", 60, 20, DOWN, 0.3, 1),
    ("strong-jobs-report", 40, 10, UP, 0.2, 0.5),
    ("inflation-surprise", 55, 35, EITHER, 0.5, 1),
    ("gdp-beat", 35, 25, UP, 0.3, 0.8),
    ("weak-manufacturing", 45, 15, DOWN, 0.2, 0.6),
    ("sector-upgrade", 15, 10, UP, 0.1, 0.3),
    ("technical-breakout", 30, 25, EITHER, 0.3, 0.7),
    ("unusual-options-flow", 25, 5, EITHER, 0, 0),
    ("earnings-season", 20, 10, EITHER, 0.2, 0.4),
    ("year-end-rebalancing", 10, 5, EITHER, 0.1, 0.2),
    ("calm-before-data", 5, 0, EITHER, 0, 0),
    ("narrow-range", 5, 5, EITHER, 0.1, 0.1),
    ("thin-volume", 0, 0, EITHER, 0, 0),
    ("no-news-of-weight", 0, 0, EITHER, 0, 0),
]


def test_classic_carries_the_nineteen_headlines_of_the_rules() -> None:
    news = the(ConfigureNews, scenario.load("classic"))
    told = [
        (
            row.headline_id,
            round(row.shift * 100, 9),
            round(row.jump * 100, 9),
            row.sign,
            round(row.size_min * 100, 9),
            round(row.size_max * 100, 9),
        )
        for row in news.headlines
    ]
    assert told == HEADLINES
    assert {row.weight for row in news.headlines} == {1.0}
    assert len({row.headline for row in news.headlines}) == 19


def test_news_of_classic_comes_every_two_and_a_half_hours() -> None:
    game = scenario.load("classic")
    news = the(ConfigureNews, game)
    assert news.arrivals is not None
    gaps = [news.arrivals.mean_gap_s, news.arrivals.gap_min_s, news.arrivals.gap_max_s]
    assert gaps == [2.5 * 3600, 0.5 * 3600, 6 * 3600]
    assert [news.lead_s, news.arrivals.quiet_end_s, news.session_seconds] == [300, 300, 19_800]
    assert news.seed == 20261201
    assert the(ConfigureNews, scenario.load("classic", seed=5)).seed == 5


def test_the_hedge_fund_is_told_of_volatility_as_the_rules_say() -> None:
    game = scenario.load("classic")
    forecast, model = the(ConfigureSignals, game).volatility, the(ConfigureMarketData, game).news
    assert forecast is not None
    assert model is not None
    assert forecast.roles == ("hedge_fund",)
    assert (forecast.accuracy, forecast.lead_s_min, forecast.lead_s_max) == (0.66, 60, 300)
    assert (forecast.shift, forecast.destinations) == (model.shift, model.destinations)


def test_the_arbitrage_desk_is_told_of_tracking_as_the_rules_say() -> None:
    game = scenario.load("classic")
    (forecast,) = the(ConfigureSignals, game).tracking
    assert (forecast.roles, forecast.underlying_id) == (("arbitrage_desk",), "SPY")
    assert (forecast.opens_above, forecast.closes_below) == (0.0015, 0.0005)
    assert (forecast.average_s, forecast.horizon_s) == (5, 420)
    assert forecast.bands == (
        AccuracyBand(error_min=0.0015, accuracy=0.75),
        AccuracyBand(error_min=0.0020, accuracy=0.80),
        AccuracyBand(error_min=0.0050, accuracy=0.85),
    )
    follower = the(ConfigureMarketData, game).underlyings[1].tracking
    assert follower is not None
    assert follower.ahead_s == forecast.horizon_s
    assert (forecast.error_std, forecast.half_life_s) == (follower.error_std, follower.half_life_s)


def test_no_role_but_these_two_is_told_anything() -> None:
    for name in scenario.available():
        for signals in of(ConfigureSignals, scenario.load(name)):
            assert signals.volatility is not None
            assert signals.volatility.roles == (Role("hedge_fund"),)
            assert {table.roles for table in signals.tracking} <= {(Role("arbitrage_desk"),)}
            assert signals.alphas == ()


def test_classic_has_no_moods_and_no_hours_of_the_flow() -> None:
    flow = the(ConfigureRetail, scenario.load("classic")).flow
    assert flow is not None
    assert flow.behaviors == Behaviors()
    assert flow.hours == ()


def test_an_alpha_model_goes_to_its_roles_with_its_parameters(tmp_path: Path) -> None:
    text = (
        '[[signals.alphas]]\nroles = ["hedge_fund"]\nmodel = "trend"\nunderlying = "SPX"\n'
        "horizon_s = 60\nparameters = { window_s = 30, decay = 0.5 }\n"
    )
    assert the(ConfigureSignals, compiled(tmp_path, text)).alphas == (
        AlphaForecast(
            roles=(Role("hedge_fund"),),
            model="trend",
            underlying_id=UnderlyingId("SPX"),
            horizon_s=60,
            parameters={"window_s": 30.0, "decay": 0.5},
        ),
    )


def test_a_price_model_goes_to_the_market_with_its_parameters(tmp_path: Path) -> None:
    text = '[market]\nmodel = "heston"\nparameters = { mean_reversion = 4 }\n'
    market = the(ConfigureMarketData, compiled(tmp_path, text))
    assert (market.model, market.parameters) == ("heston", {"mean_reversion": 4.0})
    assert the(ConfigureMarketData, scenario.load("classic")).model == "regime_gbm"


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("", (True, True)),
        ('without = ["signals"]\n', (True, False)),
        ('without = ["signals.volatility", "news"]\n', (False, True)),
        ('without = ["signals", "news"]\n', (False, False)),
    ],
)
def test_a_service_is_configured_only_where_its_table_is_there(
    tmp_path: Path, text: str, flags: tuple[bool, bool]
) -> None:
    game = compiled(tmp_path, text)
    kinds = {type(command) for command in setup_of(game)}
    assert (ConfigureNews in kinds, ConfigureSignals in kinds) == flags
    assert (game.rules.has_news, game.rules.has_signals) == flags
    assert (the(ConfigureMarketData, game).news is not None) is flags[0]
