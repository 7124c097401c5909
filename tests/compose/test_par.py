"""Par over kept sessions, and what a kept session is good for."""

from pathlib import Path
from statistics import fmean, median, stdev

import pytest
from msgspec import json
from msgspec.structs import replace

import itg
from itg.cli.score_views import par_toml
from itg.compose import par
from itg.compose.par import ParSettings, SeatTerms, find_par, origin_of
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.scenario.files import read

SHIPPED = Path(itg.__file__).parent / "scenarios"
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")


def terms(role: str, seed: int, seat: int) -> SeatTerms:
    return SeatTerms(
        role=role,
        kpi=(40 + seed + seat) * 1_000_000,
        compliance=100_000_000,
        activity=1_000_000,
        drawdown=1_000.0 * seed,
        deviation=100.0 * (seed + seat),
        is_zeroed=seed == 3 and seat == 1 and role == "hedge_fund",
    )


def kept(cache: Path, sessions: int, scenario: str = "classic") -> ParSettings:
    """Keep made-up sessions as if they had been played."""
    for seed in range(1, sessions + 1):
        every = [terms(role, seed, seat) for role in ROLES for seat in (1, 2)]
        place = cache / "par" / origin_of(scenario) / f"{seed}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(json.encode(every))
    return ParSettings(scenario=scenario, sessions=sessions, cache=cache)


def test_par_and_spread_are_mean_and_deviation_of_what_was_kept(tmp_path: Path) -> None:
    settings = replace(kept(tmp_path, 6), with_references=True)
    done: list[None] = []
    result = find_par(settings, lambda: done.append(None))
    assert (result.played, len(done)) == (0, 6)
    for role in result.roles:
        own = [terms(role.role, seed, seat) for seed in range(1, 7) for seat in (1, 2)]
        drawdown = median(one.drawdown for one in own)
        deviation = median(one.deviation for one in own)
        assert (role.drawdown_reference, role.deviation_reference) == (drawdown, deviation)
        measured = [
            0.0
            if one.is_zeroed
            else (
                40 * one.kpi / 1e6
                + 15 * 100
                + 15 * max(0, 100 - 25 * (one.drawdown / drawdown + one.deviation / deviation))
            )
            / 70
            for one in own
        ]
        assert role.par == pytest.approx(fmean(measured), abs=1e-6)
        assert role.spread == pytest.approx(stdev(measured), abs=1e-5)


def test_without_being_asked_for_references_are_the_scenario_s(tmp_path: Path) -> None:
    scoring = read("classic")[1].scoring
    assert scoring is not None
    for role in find_par(kept(tmp_path, 3), lambda: None).roles:
        assert role.drawdown_reference == scoring.roles[role.role].drawdown_reference


def test_what_is_printed_can_be_pasted_into_the_scenario(tmp_path: Path) -> None:
    result = find_par(replace(kept(tmp_path, 4), with_references=True), lambda: None)
    file = tmp_path / "own.toml"
    file.write_text('extends = "classic"\n' + par_toml(result), encoding="utf-8")
    scoring = read(str(file))[1].scoring
    assert scoring is not None
    for role in result.roles:
        assert scoring.pars[role.role].par == pytest.approx(role.par, abs=1e-6)
        assert scoring.roles[role.role].kpis


def test_pars_and_references_change_no_session_and_everything_else_does(tmp_path: Path) -> None:
    pasted, other = tmp_path / "pasted.toml", tmp_path / "other.toml"
    text = (
        'extends = "classic"\n[scoring.pars.hedge_fund]\npar = 50\nspread = 9\nsessions = 4\n'
        "[scoring.roles.hedge_fund]\ndrawdown_reference = 7\ndeviation_reference = 3\n"
    )
    pasted.write_text(text, encoding="utf-8")
    other.write_text('extends = "classic"\n[retail]\norders_per_minute = 4\n', encoding="utf-8")
    plain = tmp_path / "plain.toml"
    plain.write_text('extends = "classic"\n', encoding="utf-8")
    assert par.origin_of(str(plain)) != par.origin_of(str(other))
    assert _without_name(pasted) == _without_name(plain)


def test_a_change_of_the_source_is_played_anew_and_draws_the_same_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    origin, session = par.origin_of("classic"), par.session_of("classic", 1)
    monkeypatch.setattr(par, "code_fingerprint", lambda: "of another source")
    assert par.origin_of("classic") != origin
    assert par.session_of("classic", 1) == session


def _without_name(file: Path) -> tuple[str, CreateGame]:
    place = file.parent / "same" / "name.toml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return par.origin_of(str(place)), par.session_of(str(place), 1)


def test_a_torn_file_is_as_good_as_none(tmp_path: Path) -> None:
    settings = kept(tmp_path, 1)
    place = tmp_path / "par" / origin_of("classic") / "1.json"
    place.write_bytes(place.read_bytes()[:-9])
    assert par._kept(settings.cache, origin_of("classic"), 1) is None


def test_a_scenario_without_scoring_has_no_par(tmp_path: Path) -> None:
    settings = ParSettings(scenario="bare", sessions=1, cache=tmp_path)
    with pytest.raises(ConfigurationError, match=r"bare: there is no \[scoring\]"):
        find_par(settings, lambda: None)


PLAYED_BY_NOBODY = """
[[roles]]
role = "quant"
registrable = true
maker_fee = 0.00
taker_fee = 0.01
starting_cash = 10_000_000
constraints = [{ kind = "portfolio_limit", max_quantity = 500 }]
[scoring.roles.quant.kpis]
delta = { weight = 1.0, zero = 0.60, half = 0.80, full = 1.0 }
"""


def test_a_scored_role_that_no_reference_bot_plays_is_named_before_anything_is_played(
    tmp_path: Path,
) -> None:
    file = tmp_path / "quant.toml"
    classic = (SHIPPED / "classic.toml").read_text(encoding="utf-8")
    file.write_text(classic + PLAYED_BY_NOBODY, encoding="utf-8")
    settings = ParSettings(scenario=str(file), sessions=1, cache=tmp_path)
    complaint = r"scoring\.roles\.quant: .*; reference bots play market_maker, hedge_fund, arbitr"
    with pytest.raises(ConfigurationError, match=complaint):
        find_par(settings, lambda: pytest.fail("a session was played"))


@pytest.mark.gate
def test_sessions_are_played_once_and_the_same_whoever_plays_them(tmp_path: Path) -> None:
    settings = ParSettings(scenario="single", sessions=2, cache=tmp_path / "one", jobs=2)
    first = find_par(settings, lambda: None)
    assert first.played == 2
    assert find_par(settings, lambda: None) == replace(first, played=0)
    assert par.play_session("single", 1) == par._kept(settings.cache, first.origin, 1)
