"""Forecasts of news: who gets them, when, and what they say."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from tests.signals.desk import (
    DESK,
    HEDGE_FUND,
    MAKER,
    Desk,
    at,
    canceled,
    forecasting,
    published,
    scheduled,
)

from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S
from itg.kernel.words import VolRegime
from itg.market_data.contract import RegimeChanged
from itg.signals.contract import (
    ConfigureSignals,
    GetSignals,
    SignalHistory,
    SignalJudged,
    SignalKind,
    VolatilityForecast,
)
from itg.signals.core.volatility import probabilities

LOW, MEDIUM, HIGH = VolRegime


def test_one_forecast_is_given_at_its_drawn_time_and_not_before() -> None:
    desk = Desk(forecasting(seed=7)).start()
    lead = Rng(7, "signals").fork("volatility.lead")
    for number in range(50):
        news = scheduled(number + 1, 600 * (number + 1))
        desk.send(600 * number, news)
        due_ns = news.effective_ns - round((60 + 240 * lead.uniform()) * NS_PER_S)
        desk.run_to((due_ns - 1 - at(0)) / NS_PER_S)
        assert len(desk.forecasts()) == number
        desk.send(600 * (number + 1), published(news))
        when, forecast = desk.forecasts()[number]
        assert when == due_ns
        assert forecast.effective_ns == news.effective_ns


def test_a_role_that_is_not_entitled_gets_nothing_and_the_others_the_same() -> None:
    desk = Desk(forecasting(roles=(HEDGE_FUND, DESK))).start()
    for number in range(20):
        desk.send(600 * number, scheduled(number + 1, 600 * number + 400, is_shift=number % 2 > 0))
    desk.run_to(600 * 20)
    told = [m for _, m in desk.forecasts()]
    fund, others = ([m for m in told if m.role == role] for role in (HEDGE_FUND, DESK))
    assert len(told) == 40
    assert [m.signal_seq for m in fund] == list(range(1, 21))
    assert [m.signal_seq for m in others] == list(range(1, 21))
    for mine, theirs in zip(fund, others, strict=True):
        assert mine.signal_id == theirs.signal_id
        assert (mine.is_shift, mine.effective_ns) == (theirs.is_shift, theirs.effective_ns)
    assert desk.ask(GetSignals(role=MAKER)) == SignalHistory(items=(), last_seq=0)


def test_a_forecast_knows_nothing_but_the_shift_and_the_time() -> None:
    """Two games whose news differ in all else are told the same bytes."""
    told = []
    for headline, jump_ppm, first_id in (("Fed meets", -20_000, 1), ("Thin volume", 0, 900)):
        desk = Desk(forecasting(seed=3)).start()
        for number in range(50):
            is_shift = number % 3 == 0
            news = scheduled(
                first_id + number,
                600 * number + 400,
                is_shift=is_shift,
                jump_ppm=jump_ppm,
                headline=headline,
            )
            desk.send(600 * number, news)
        desk.run_to(600 * 50)
        told.append(msgpack.encode(desk.forecasts()))
        assert len(desk.forecasts()) == 50
    assert told[0] == told[1]


def test_the_same_draws_are_made_whatever_the_news_bring() -> None:
    quiet, loud = (Desk(forecasting(seed=3)).start() for _ in range(2))
    for number in range(100):
        quiet.send(600 * number, scheduled(number + 1, 600 * number + 400, is_shift=False))
        loud.send(600 * number, scheduled(number + 1, 600 * number + 400, is_shift=True))
    for desk in (quiet, loud):
        desk.run_to(600 * 100)
    pairs = list(zip(quiet.forecasts(), loud.forecasts(), strict=True))
    assert all(a[0] == b[0] and a[1].signal_id == b[1].signal_id for a, b in pairs)
    assert all(a[1].is_shift != b[1].is_shift for a, b in pairs)


def test_signal_ids_tell_no_order_and_are_exact_in_json() -> None:
    desk = Desk(forecasting()).start()
    for number in range(1_000):
        desk.send(600 * number, scheduled(number + 1, 600 * number + 400))
    desk.run_to(600 * 1_000)
    ids = [m.signal_id for _, m in desk.forecasts()]
    assert len(set(ids)) == 1_000
    assert max(ids) < 2**53
    rises = sum(a < b for a, b in pairwise(ids))
    # Of a random permutation the number of rises has mean (n-1)/2 and variance (n+1)/12.
    assert abs(rises - 499.5) <= 3.29 * (1_001 / 12) ** 0.5


def test_news_without_a_signal_is_not_forecast() -> None:
    desk = Desk(forecasting()).start()
    news = scheduled(1, 500, has_signal=False)
    desk.send(0, news)
    desk.send(500, published(news))
    assert desk.told == []


def test_an_organizer_s_short_notice_is_forecast_at_once_or_not_at_all() -> None:
    desk = Desk(forecasting(lead_s_min=60, lead_s_max=61)).start()
    desk.send(0, scheduled(1, 60))
    assert [when for when, _ in desk.forecasts()] == [at(0)]
    desk.send(100, scheduled(2, 159.999))
    desk.run_to(200)
    assert len(desk.forecasts()) == 1


def test_a_canceled_item_is_forecast_no_more() -> None:
    desk = Desk(forecasting()).start()
    desk.send(0, scheduled(1, 400), scheduled(2, 400))
    desk.send(1, canceled(1))
    desk.run_to(400)
    assert len(desk.forecasts()) == 1
    desk.send(400, published(scheduled(2, 400)), canceled(9))
    assert len(desk.judged()) == 1


def test_news_canceled_after_its_forecast_is_never_judged() -> None:
    desk = Desk(forecasting()).start()
    desk.send(0, scheduled(1, 400))
    desk.run_to(350)
    assert len(desk.forecasts()) == 1
    desk.send(351, canceled(1))
    assert desk.judged() == []
    assert desk.accuracy().rows == ()


def test_nothing_is_forecast_while_signals_are_stopped_but_goes_on_after() -> None:
    desk = Desk(forecasting())
    desk.send(0, scheduled(1, 1_000), scheduled(2, 2_000))
    desk.run_to(900)
    assert desk.forecasts() == []
    desk.start(second=945)
    desk.run_to(950)
    assert desk.forecasts() == []  # 55 s before the first item are less than the least lead
    desk.run_to(2_000)
    assert [m.effective_ns for _, m in desk.forecasts()] == [at(2_000)]
    desk.stop(2_001)
    desk.run_to(4_000)
    assert len(desk.forecasts()) == 1


def test_the_truth_is_what_the_published_news_brought() -> None:
    desk = Desk(forecasting(accuracy=1.0)).start()
    told = []
    for number, is_shift in enumerate((True, False)):
        news = scheduled(number + 1, 500 * number + 400, is_shift=is_shift)
        desk.send(500 * number, news)
        desk.send(500 * number + 400, published(news))
        told.append(desk.forecasts()[number][1])
    assert [m.is_shift for m in told] == [True, False]
    assert desk.judged() == [
        SignalJudged(
            signal_id=m.signal_id,
            kind=SignalKind.VOLATILITY,
            regime=MEDIUM,
            predicted=word,
            truth=word,
            is_correct=True,
        )
        for m, word in zip(told, ("shift", "no_shift"), strict=True)
    ]


def test_a_forecast_stands_on_the_regime_of_the_moment_it_is_given() -> None:
    desk = Desk(forecasting()).start()
    news = scheduled(1, 400)
    desk.send(0, news)
    desk.send(90, RegimeChanged(regime=HIGH, previous=MEDIUM))
    desk.send(395, RegimeChanged(regime=LOW, previous=HIGH))
    desk.send(400, published(news))
    ((_, forecast),) = desk.forecasts()
    assert forecast.regime is HIGH
    assert desk.judged()[0].regime is HIGH


def test_the_first_regime_is_the_configured_one() -> None:
    volatility = VolatilityForecast(roles=(HEDGE_FUND,))
    config = ConfigureSignals(seed=1, volatility=volatility, initial_regime=LOW)
    desk = Desk(config).start()
    desk.send(0, scheduled(1, 400))
    desk.run_to(400)
    assert desk.forecasts()[0][1].regime is LOW


@pytest.mark.parametrize(
    ("regime", "is_shift", "expected"),
    [
        # 0.66 · 0.33 / (0.66 · 0.33 + 0.34 · 0.67) = 0.488779, 0.34 · 0.33 / 0.5544 = 0.202381.
        (LOW, True, (511_221, 342_145, 146_634)),
        (MEDIUM, True, (48_878, 511_221, 439_901)),
        (HIGH, False, (11_333, 191_048, 797_619)),
    ],
)
def test_probabilities_are_bayes_rule(
    regime: VolRegime, is_shift: bool, expected: tuple[int, int, int]
) -> None:
    config = VolatilityForecast(roles=())
    assert probabilities(config, regime, is_shift=is_shift) == expected


@given(
    accuracy=st.floats(0, 1),
    shift=st.floats(0, 1),
    regime=st.sampled_from(VolRegime),
)
def test_probabilities_sum_to_one_and_average_to_the_base_rate(
    accuracy: float, shift: float, regime: VolRegime
) -> None:
    config = VolatilityForecast(roles=(), accuracy=accuracy, shift=shift)
    said, unsaid = (probabilities(config, regime, is_shift=word) for word in (True, False))
    assert sum(said) == sum(unsaid) == 1_000_000
    assert min(*said, *unsaid) >= 0
    chance = accuracy * shift + (1 - accuracy) * (1 - shift)
    place = list(VolRegime).index(regime)
    stay = chance * said[place] + (1 - chance) * unsaid[place]
    assert abs(stay / 1e6 - (1 - shift)) <= 1e-6
