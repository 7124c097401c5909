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


def test_a_team_that_cannot_be_is_told_what_would_be_right(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(tmp_path) as server:
        server.register("taken", "hedge_fund")
        for role, cure in (
            ("hedge_fund", "put its key into ITG_API_KEY"),
            ("hedge_found", "--role takes market_maker, hedge_fund, arbitrage_desk."),
        ):
            choice = TeamChoice(key=None, team="taken", role=role, join_code=None)
            assert run_file(HELLO, server.url, choice) == exits.FAILED
            assert cure in capfd.readouterr().err


def test_a_bot_that_raises_is_shown_from_its_own_first_line_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        "from itg.client import Bot\n\n\nclass Wrong(Bot):\n"
        "    def on_start(self) -> None:\n        self.later()\n\n"
        "    def later(self) -> None:\n        raise RuntimeError('here')\n"
    )
    with Server(tmp_path / "data") as server:
        choice = TeamChoice(key=None, team="wrong", role="hedge_fund", join_code=None)
        assert run_file(file, server.url, choice) == exits.FAILED
    told = capfd.readouterr().err
    assert f'most recent call last):\n  File "{file}", line 6, in on_start' in told
    assert "RuntimeError: here" in told
    assert told.endswith(f"itg: {file}: the bot ended with the error above\n")
