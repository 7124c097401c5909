"""Reports of rounds after which everybody begins anew at once: nothing of the old seats is lost."""

import asyncio
from pathlib import Path

import pytest
from msgspec import json
from tests.compose.reported import SCENARIO, ReportedGame

from itg.compose.report_again import report_again
from itg.kernel.ids import AccountId
from itg.positions.contract import GetPnl, PnlHistory
from itg.wire.v1.report import ReportBody

ROTATING = SCENARIO.replace("max_teams = 40", 'max_teams = 40\nrotation = "latin_square"').replace(
    "continuous_s = 150", "continuous_s = 150\ndays = 2"
)
BY_ITSELF = ROTATING + '[clock]\nnext_round = "auto"\n'


class Season:
    """The first of two rounds, played to its end."""

    def __init__(self, folder: Path, text: str) -> None:
        self.data = folder / "data"
        asyncio.run(self._play(text))

    async def _play(self, text: str) -> None:
        game = ReportedGame(self.data, text=text)
        game.play()
        self.left = [_instruments(game, account_id) for account_id in game.accounts]
        self.folder = game.folder
        await game.stop()

    def bodies(self) -> list[ReportBody]:
        return [
            json.decode(file.read_bytes(), type=ReportBody)
            for file in sorted(self.folder.glob("*.json"))
        ]


def _instruments(game: ReportedGame, account_id: AccountId) -> int:
    reply = game.ask(GetPnl(account_id=account_id))
    assert isinstance(reply, PnlHistory)
    return len(reply.instruments)


@pytest.fixture(scope="module")
def by_itself(tmp_path_factory: pytest.TempPathFactory) -> Season:
    return Season(tmp_path_factory.mktemp("auto"), BY_ITSELF)


def test_the_next_round_has_begun_and_nothing_is_left_of_the_old_seats(by_itself: Season) -> None:
    assert by_itself.left == [0, 0, 0]


def test_profit_by_instrument_adds_up_to_that_of_the_round(by_itself: Season) -> None:
    for body in by_itself.bodies():
        assert body.pnl.instruments
        by_instrument = sum(round(one.parts.pnl * 10_000) for one in body.pnl.instruments)
        assert by_instrument == round(body.pnl_total.pnl * 10_000)
        assert body.markouts.rows


def test_reports_are_those_of_a_game_that_waits_before_its_next_round(
    by_itself: Season, tmp_path: Path
) -> None:
    waiting = Season(tmp_path, ROTATING)
    for body, other in zip(by_itself.bodies(), waiting.bodies(), strict=True):
        assert (body.role, body.pnl, body.markouts) == (other.role, other.pnl, other.markouts)


def test_a_report_made_from_the_journal_equals_the_live_one(
    by_itself: Season, tmp_path: Path
) -> None:
    again = report_again(by_itself.data, 1, tmp_path)
    assert len(again) == 6
    for file in again:
        assert file.read_bytes() == (by_itself.folder / file.name).read_bytes()
