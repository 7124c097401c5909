"""The table [scoring]: what cannot be is refused by its key, and weeks become rounds' weights."""

from pathlib import Path

import pytest

from itg import scenario
from itg.game.contract import ScoringRules
from itg.kernel.errors import ConfigurationError

FUND = "scoring.roles.hedge_fund"


def loaded(folder: Path, text: str) -> ScoringRules | None:
    file = folder / "own.toml"
    file.write_text(f'extends = "classic"\n{text}\n', encoding="utf-8")
    return scenario.load(str(file)).rules.scoring


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"[{FUND}.kpis]\nwindow = {{ weight = 0, zero = 0, half = 1, full = 2 }}", "window: no m"),
        (f"[{FUND}.kpis]\ndelta = {{ weight = 0.3, zero = 0, half = 1, full = 2 }}", "1.1, not 1"),
        (
            f"[{FUND}.kpis]\ndelta = {{ weight = 0.2, zero = 0, half = 2, full = 1 }}",
            "half 2 is no",
        ),
        (f'[{FUND}]\nactivity = "holdings"', "activity: no measure 'holdings'"),
        (f"[{FUND}]\nactivity_gate = 0.0", "activity and activity_gate belong together"),
        (f"[{FUND}]\ndrawdown_reference = 0", "drawdown_reference and deviation_reference"),
        ("[scoring.pars.retail]\npar = 5\nspread = 1\nsessions = 1", "pars.retail: no team plays"),
        ("[scoring]\nkpi_weight = 41", "add up to 101, not 100"),
        ("[scoring]\nweek_weights = [0.5, 0.4]", "week_weights: they add up to 0.9"),
        ("[scoring.numbers]\nmarkout_s = 45", "markout_s: 45 is none of 1, 5, 30, 60"),
        ("[scoring.numbers]\nbreach_points = [5, 15]", "breach_points: one more"),
        ("[scoring.numbers]\nbreach_depths = [0.25, 0.1]", "breach_depths: they rise"),
        ("[scoring.numbers]\ninterval_s = 90", "interval_s"),
        ("[scoring]\nrankings = 1", "rankings"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        loaded(tmp_path, text)
    assert complaint in str(raised.value)


def test_a_week_s_weight_is_shared_by_its_rounds() -> None:
    season = scenario.load("classic", days=16).rules.scoring
    assert season is not None
    weights = {n: w for n, w in enumerate(season.round_weights_ppm, start=1) if w}
    assert weights == {
        **dict.fromkeys((7, 8), 50_000),
        **dict.fromkeys((11, 12), 125_000),
        **dict.fromkeys((15, 16), 325_000),
    }


def test_a_game_that_ends_before_the_first_weighted_week_weighs_all_rounds_the_same() -> None:
    short = scenario.load("classic").rules.scoring
    assert short is not None
    assert short.round_weights_ppm == ()


def test_limits_and_cash_are_those_of_the_role() -> None:
    for name, portfolio in (("classic", 200), ("liquid", 1_200)):
        rules = scenario.load(name).rules.scoring
        assert rules is not None
        maker = rules.roles[0]
        assert (maker.portfolio_limit, maker.delta_limit) == (portfolio, 100_000_000)
        assert maker.starting_cash == 10_000_000 * 10_000


def test_a_role_that_is_not_played_is_taken_out_by_name() -> None:
    rules = scenario.load("single").rules.scoring
    assert rules is not None
    assert [role.role for role in rules.roles] == ["market_maker", "hedge_fund"]


def test_a_fast_session_is_half_an_hour_with_headlines_no_warning_could_miss() -> None:
    for name in scenario.available():
        game = scenario.load(name, is_fast=True)
        (plan,) = game.rules.rounds
        assert plan.session_end_ns - plan.session_start_ns == 1_800 * 10**9
        assert game.rules.lock_step
        assert not game.rules.teams
