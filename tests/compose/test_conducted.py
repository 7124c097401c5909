"""A recorded game does the same with its services on nodes of their own."""

import json
from pathlib import Path

import pytest
from tests.compose.recorded import recorded

from itg.cli import app, exits
from itg.compose.verify import verify_data
from itg.kernel.errors import ConfigurationError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("played")
    recorded(directory)
    return directory


def test_in_every_topology_the_same_happens(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["verify", str(data), "--topology", "solo,services,apart", "--json"]) == exits.DONE
    reports = json.loads(capsys.readouterr().out)
    recorded_digest = verify_data(data).event_digest
    assert [report["topology"] for report in reports] == ["solo", "services", "apart"]
    assert {report["event_digest"] for report in reports} == {recorded_digest}
    assert list(reports[1]["nodes"]) == ["game", "world", "core"]
    assert {"exchange.0", "positions", "retail"} < reports[2]["nodes"].keys()
    assert all(report["inputs"] == reports[0]["inputs"] for report in reports)


def test_what_was_played_is_told_by_node(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app(["verify", str(data), "--topology", "services,apart"]) == exits.DONE
    told = capsys.readouterr().out
    assert "market_data" in told
    assert "the same happened in all of them, and as recorded" in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("apert", "'apert': there is none of this name; one of solo, services, apart"),
        ("apart,apart", "one of them is there twice"),
    ],
)
def test_a_topology_that_is_none_is_named(data: Path, asked: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        app(["verify", str(data), "--topology", asked])
