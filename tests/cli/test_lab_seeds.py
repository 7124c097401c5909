"""Many games in the lab: which seeds they have."""

import json
from pathlib import Path

import pytest

from itg.cli import app, exits


def test_without_a_seed_the_scenarios_own_is_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "short.toml"
    file.write_text('extends = "demo"\nseed = 41\n[session]\ncontinuous_s = 90\n')
    words = ["lab", "run", "--scenario", str(file), "--seeds", "2", "--json"]
    assert app([*words, "--bots", "hedge_fund"], exit_on_error=False) == exits.DONE
    assert json.loads(capsys.readouterr().out)["seeds"] == [41, 42]
