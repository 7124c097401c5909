"""`itg bot run` against a server in a process of its own."""

from pathlib import Path

import pytest
from tests.system.server import Server

from itg.cli import exits
from itg.cli.trading import TeamChoice, run_file

pytestmark = pytest.mark.system
HELLO = Path(__file__).parents[2] / "examples/bots/hello.py"


def test_a_bot_is_told_when_no_round_is_left(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(tmp_path) as server:
        for act in ("start", "end"):
            status, _ = server.call("POST", f"/admin/rounds/1/{act}", key=server.admin_key)
            assert status == 200
        choice = TeamChoice(key=None, team="late", role="hedge_fund", join_code=None)
        code = run_file(HELLO, server.url, choice)
    assert code == exits.FAILED
    assert "every round of this game has ended" in capfd.readouterr().err
