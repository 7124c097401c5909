"""A scenario simulated: the commands' tables, the shortened session, models refused beforehand."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from itg import scenario
from itg.cli import app, exits
from itg.compose.lab import LabSettings, play
from itg.compose.models import model_faults, setup_of
from itg.compose.scenario_check import (
    CheckSettings,
    market_figures,
    parts_of,
    shortened,
    simulate,
    world_figures,
)
from itg.compose.solo import Solo, SoloSettings
from itg.kernel.errors import ConfigurationError
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S
from itg.kernel.words import Phase
from itg.lab.figures import Distribution, distributions

SHORT = """
extends = "demo"
[session]
continuous_s = 400
"""
Capture = pytest.CaptureFixture[str]


def written(folder: Path, text: str) -> str:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def whats(rows: Sequence[Distribution]) -> list[str]:
    return [row.what for row in rows]


def test_both_parts_are_simulated_on_all_cores_and_each_session_is_told(tmp_path: Path) -> None:
    name = written(tmp_path, SHORT)
    settings = CheckSettings(scenario=name, seeds=3, market_seeds=1, market_minutes=1)
    assert parts_of(settings) == {"world": 3, "market": 1}
    done: list[str] = []
    found = simulate(settings, done.append)
    assert sorted(done) == ["market", "world", "world", "world"]
    assert {row.count for row in found.market} == {1}
    for what in ("realised volatility, jumps included", "time in high", "jumps without news"):
        assert what in whats(found.world)
    for what in ("retail orders", "contracts", "house half-spread at the money"):
        assert what in whats(found.market)
    assert found.difficulty is not None
    # What the processes found is what this one finds.
    assert found.world == distributions([world_figures(settings, seed) for seed in (1, 2, 3)])
    assert found.market == distributions([market_figures(settings, 1)])


def test_a_shortened_session_is_the_beginning_of_the_whole_one() -> None:
    whole = scenario.load("classic")
    game = shortened(whole, 30)
    (plan,) = game.rules.rounds
    first = whole.rules.rounds[0]
    assert game.setup == whole.setup
    assert plan.session_start_ns == first.session_start_ns
    assert plan.session_end_ns == first.session_end_ns
    assert [boundary.phase for boundary in plan.boundaries] == [
        Phase.PRE_OPEN,
        Phase.OPENING_AUCTION,
        Phase.CONTINUOUS,
        Phase.CLOSED,
    ]
    times = [boundary.at_ns for boundary in plan.boundaries]
    assert times == sorted(times)
    assert times[-1] - plan.session_start_ns == 30 * NS_PER_MINUTE
    assert times[1] - plan.start_ns == 60 * NS_PER_S
    assert plan.end_ns is not None
    assert plan.end_ns > times[-1]


def test_check_prints_aligned_tables_a_label_and_json(tmp_path: Path, capsys: Capture) -> None:
    name = written(tmp_path, SHORT)
    words = ["scenario", "check", name, "--seeds", "2", "--market-seeds", "0"]
    assert app(words, exit_on_error=False) == exits.DONE
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if line.startswith(("realised", "time in"))]
    assert len({line.index("%") for line in rows}) == 1
    assert lines[-1].startswith("Difficulty: ")
    assert app([*words, "--json"], exit_on_error=False) == exits.DONE
    shown = json.loads(capsys.readouterr().out)["simulation"]
    assert shown["world"][0]["count"] == 2
    assert shown["market"] == []
    assert shown["difficulty"]["reason"].startswith("score ")


def test_a_scenario_without_prices_has_nothing_to_measure(capsys: Capture) -> None:
    assert app(["scenario", "check", "bare"], exit_on_error=False) == exits.DONE
    assert "nothing to measure" in capsys.readouterr().out
    assert app(["scenario", "check", "bare", "--seeds", "-1"], exit_on_error=False) == 2


BAD_MODELS = """
extends = "demo"
[market]
model = "heston"
parameters = {{ {parameter} = 1.0 }}
[[signals.alphas]]
roles = ["hedge_fund"]
model = "{alpha}"
underlying = "SPX"
horizon_s = 300
"""


def test_unknown_models_and_parameters_are_told_before_a_game_begins(
    tmp_path: Path, capsys: Capture
) -> None:
    name = written(tmp_path, BAD_MODELS.format(parameter="kapa", alpha="momentun"))
    create = scenario.load(name)
    faults = list(model_faults(create))
    assert [fault.partition(".")[0] for fault in faults] == ["market", "signals"]
    assert "nearest: " in faults[0]
    assert "'momentum'" in faults[1]
    assert app(["scenario", "check", name], exit_on_error=False) == exits.FAILED
    assert capsys.readouterr().err.count("itg: ") == 2
    with pytest.raises(ConfigurationError, match=r"parameters\.kapa"):
        play(LabSettings(scenario=name))
    with pytest.raises(ConfigurationError, match=r"parameters\.kapa"):
        Solo(SoloSettings(scenario=name, data=tmp_path / "data"))
    assert not (tmp_path / "data" / "journal.sqlite").exists()


def test_a_recording_has_no_weeks(tmp_path: Path) -> None:
    (tmp_path / "path.csv").write_text("\n".join(["price", *["4400.00"] * 1_801]), encoding="utf-8")
    text = 'extends = "demo"\n[market]\nmodel = "replay"\nrecording = "path.csv"\n'
    assert [*model_faults(scenario.load(written(tmp_path, text)))] == []
    weeks = text + "[season]\nvol_factors = [1, 0.5]\n"
    name = written(tmp_path, weeks)
    assert [*model_faults(scenario.load(name))] == [], "one day: of the first week alone"
    (fault,) = model_faults(scenario.load(name, days=3))
    assert "season.vol_factors: 0.5: the model 'replay' moves as it does" in fault


def test_every_shipped_scenario_names_models_there_are() -> None:
    for name in scenario.available():
        create = scenario.load(name)
        assert [*model_faults(create)] == []
        assert len(setup_of(create)) == len(create.setup)
