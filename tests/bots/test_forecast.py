"""What a forecast is worth, against simulation and against what everybody can see."""

from math import sqrt

import pytest
from tests.dice import Dice

from itg.bots import ROLE_OF, crew_bot, reference_bot
from itg.bots.forecast import NEWS_DEVIATION, coin_of, expected_shrinking, vega_odds
from itg.client.errors import BotFileError
from itg.wire.v1.signals import RegimeChances, TrackingPush

STD, HALF_LIFE_S, HORIZON_S = 0.0015, 420, 420


def window(error: float, announcement: str, accuracy: float = 0.75) -> TrackingPush:
    return TrackingPush(
        signal_id=1,
        seq=1,
        role="desk",
        game_us=0,
        stage="open",
        announcement="converges" if announcement == "converges" else "diverges",
        horizon_us=HORIZON_S * 1_000_000,
        accuracy=accuracy,
        underlying_id="FOLLOW",
        spot_price=440.0,
        leader_price=4_400.0,
        theo_price=440.0,
        tracking_error=error,
        deviation="above" if error > 0 else "below",
        z_score=error / STD,
        half_life_s=HALF_LIFE_S,
    )


@pytest.mark.parametrize("announcement", ["converges", "diverges"])
def test_the_expected_shrinking_is_the_mean_over_paths_so_announced(announcement: str) -> None:
    dice, error = Dice(5), 0.0016
    kept = 0.5 ** (HORIZON_S / HALF_LIFE_S)
    told: list[float] = []
    for _ in range(40_000):
        later = kept * error + STD * sqrt(1 - kept * kept) * dice.gauss(0.0, 1.0)
        is_true = dice.random() < 0.75
        converges = (abs(later) < error) is is_true
        if converges is (announcement == "converges"):
            told.append(error - later)
    mean = sum(told) / len(told)
    spread = sqrt(sum((each - mean) ** 2 for each in told) / len(told))
    found = expected_shrinking(window(error, announcement))
    assert abs(found - mean) < 3.29 * spread / sqrt(len(told))


def test_the_expected_shrinking_does_not_know_the_side() -> None:
    above, below = window(0.002, "converges"), window(-0.002, "converges")
    assert expected_shrinking(above) == pytest.approx(expected_shrinking(below))
    assert expected_shrinking(above) > expected_shrinking(window(0.002, "diverges"))


def test_a_shift_upwards_is_worth_more_and_one_downwards_less() -> None:
    life = (0.005, 1_200.0)
    calm = RegimeChances(low=0.02, medium=0.78, high=0.20)
    storm = RegimeChances(low=0.05, medium=0.10, high=0.85)
    stormy, calmer = (vega_odds("medium", each, 0.02, life) for each in (storm, calm))
    assert stormy.edge > calmer.edge > 0
    assert vega_odds("high", RegimeChances(low=0.5, medium=0.5, high=0.0), 0.04, life).edge < 0


def test_what_is_certain_varies_by_the_jump_alone() -> None:
    sure = RegimeChances(low=0.0, medium=1.0, high=0.0)
    half = RegimeChances(low=0.0, medium=0.5, high=0.5)
    certain, open_ = (vega_odds("medium", each, 0.02, (0.005, 1_200.0)) for each in (sure, half))
    assert certain.variance == pytest.approx((NEWS_DEVIATION / 0.02) ** 2)
    assert open_.variance > certain.variance


def test_a_coin_is_fair_and_thrown_anew_for_each_signal() -> None:
    throws = [coin_of(3, signal_id) for signal_id in range(1, 4_001)]
    assert set(throws) == {1, -1}
    assert abs(sum(throws)) < 3.29 * sqrt(4_000)
    assert throws != [coin_of(4, signal_id) for signal_id in range(1, 4_001)]
    assert coin_of(3, 17) == coin_of(3, 17)


def test_each_reference_bot_has_its_role_and_a_wrong_name_is_told_the_right_ones() -> None:
    for name, role in ROLE_OF.items():
        assert type(reference_bot(name, 1)) is type(crew_bot(role, 1))
    with pytest.raises(BotFileError, match="hedge_fund_blind"):
        reference_bot("pirate", 1)
    with pytest.raises(BotFileError, match="market_maker"):
        crew_bot("hedge_fund_blind", 1)
