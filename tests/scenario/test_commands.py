"""The commands `itg scenario`, as a person and as a program use them."""

import json
import stat
import tomllib
from pathlib import Path

import pytest

from itg import scenario
from itg.cli import app, exits
from itg.kernel.errors import ConfigurationError
from itg.scenario.files import resolve

Capture = pytest.CaptureFixture[str]


def run(*words: str) -> int:
    code = app(["scenario", *words], exit_on_error=False)
    assert isinstance(code, int)
    return code


def test_list_names_every_scenario_and_its_purpose(capsys: Capture) -> None:
    assert run("list") == exits.DONE
    table = capsys.readouterr().out
    assert run("list", "--json") == exits.DONE
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == scenario.available()
    for row in rows:
        assert row["name"] in table
        assert row["purpose"].split()[0] in table


def test_show_prints_the_whole_file(capsys: Capture) -> None:
    assert run("show", "demo") == exits.DONE
    assert tomllib.loads(capsys.readouterr().out) == resolve("demo").tables


def test_show_origin_names_the_files(capsys: Capture) -> None:
    assert run("show", "demo", "--origin") == exits.DONE
    text = capsys.readouterr().out
    assert tomllib.loads(text) == resolve("demo").tables
    assert "# demo.toml" in text
    assert "# classic.toml" in text


def test_show_json_is_for_programs(capsys: Capture) -> None:
    assert run("show", "demo", "--origin", "--json") == exits.DONE
    shown = json.loads(capsys.readouterr().out)
    assert shown["scenario"]["session"]["continuous"] == "09:30:00"
    assert shown["origins"]["clock.speed"] == "demo.toml"
    assert shown["origins"]["market.step_ms"] == "classic.toml"


def test_new_writes_a_scenario_and_never_over_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert run("new", str(file), "--extends", "lively") == exits.DONE
    assert run("check", str(file), "--quick") == exits.DONE
    text = file.read_text()
    with pytest.raises(ConfigurationError, match="is there already"):
        run("new", str(file))
    assert file.read_text() == text
    with pytest.raises(ConfigurationError, match=r"ends in \.toml"):
        run("new", str(tmp_path / "mine.json"))
    with pytest.raises(ConfigurationError, match="no scenario 'livly'; did you mean 'lively'"):
        run("new", str(tmp_path / "other.toml"), "--extends", "livly")
    assert not (tmp_path / "other.toml").exists()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        run("new", str(tmp_path / "absent" / "mine.toml"))


def test_check_tells_every_fault_and_fails(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "demo"\nsed = 1\n[clock]\nspeed = 0\n', encoding="utf-8")
    assert run("check", str(file), "--quick") == exits.FAILED
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert run("check", str(file), "--quick", "--json") == exits.FAILED
    shown = json.loads(capsys.readouterr().out)
    assert [fault in line for fault, line in zip(shown["faults"], told, strict=True)] == [True] * 2
    assert shown["scenario_hash"] is None


def test_check_tells_a_sound_scenario_s_hash(capsys: Capture) -> None:
    assert run("check", "demo", "--quick", "--json") == exits.DONE
    shown = json.loads(capsys.readouterr().out)
    found = {"faults": [], "scenario_hash": scenario.load("demo").scenario_hash}
    assert shown == {**found, "simulation": None}


def committed(folder: Path, capsys: Capture, *more: str) -> tuple[Path, str]:
    out = folder / "reveal.json"
    assert run("commit", "demo", "--out", str(out), *more) == exits.DONE
    return out, capsys.readouterr().out.strip()


def test_what_was_committed_is_verified(tmp_path: Path, capsys: Capture) -> None:
    reveal, commitment = committed(tmp_path, capsys, "--seed", "99")
    assert len(commitment) == 64
    assert run("verify", str(reveal), commitment) == exits.DONE
    text = capsys.readouterr().out
    assert text.count("matches") == 3
    for part in json.loads(reveal.read_text()).values():
        assert str(part) in text


def test_a_commitment_shows_nothing_and_its_reveal_is_its_owner_s(
    tmp_path: Path, capsys: Capture
) -> None:
    reveal, commitment = committed(tmp_path, capsys)
    assert stat.S_IMODE(reveal.stat().st_mode) == 0o600
    held = json.loads(reveal.read_text())
    assert held["seed"] == 7
    assert held["scenario_hash"] == scenario.load("demo").scenario_hash
    with pytest.raises(ConfigurationError, match="is there already"):
        run("commit", "demo", "--out", str(reveal))
    again = tmp_path / "again"
    again.mkdir()
    # The salt is drawn anew: equal scenarios and seeds are not seen to be equal.
    assert committed(again, capsys)[1] != commitment


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("seed", 8, "scenario_hash"),
        ("salt", "00" * 32, "commitment"),
        ("build", "00" * 32, "build"),
        ("scenario", "lively", "scenario_hash"),
    ],
)
def test_a_reveal_that_was_changed_does_not_match(
    tmp_path: Path, capsys: Capture, key: str, value: object, part: str
) -> None:
    reveal, commitment = committed(tmp_path, capsys)
    held = json.loads(reveal.read_text())
    reveal.write_text(json.dumps({**held, key: value}))
    assert run("verify", str(reveal), commitment, "--json") == exits.FAILED
    shown = json.loads(capsys.readouterr().out)
    assert not shown["is_kept"]
    assert part in [each["part"] for each in shown["parts"] if not each["is_equal"]]


def test_a_missing_reveal_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        run("verify", str(tmp_path / "absent.json"), "00")
