"""No table is made of a damaged journal: a byte that changed on the disk is told, not exported."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.compose.recorded import RecordedGame, play

from itg.compose.export_round import ExportSettings, export_round
from itg.compose.projection import ProjectionWish, project
from itg.runtime.journal import DamagedRowError


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    directory = tmp_path / "played"
    game = RecordedGame(directory)
    play(game, 1, acts=60)
    game.close()
    with closing(sqlite3.connect(directory / "journal.sqlite")) as database, database:
        rows = database.execute("SELECT first_seq, body FROM batch ORDER BY first_seq").fetchall()
        seq, body = next(row for row in reversed(rows) if b"TradeExecuted" in row[1])
        at = body.index(b"SPX", body.index(b"TradeExecuted"))
        changed = body[:at] + b"SPY" + body[at + 3 :]  # still a trade, of something else
        database.execute("UPDATE batch SET body = ? WHERE first_seq = ?", (changed, seq))
    return directory


@pytest.mark.parametrize(
    "make",
    [
        lambda data: export_round(data, ExportSettings(round_id=1, target=data / "tables")),
        lambda data: project(data, ProjectionWish(to=str(data / "models"))),
    ],
    ids=["export", "project"],
)
def test_a_changed_byte_is_told_and_no_table_is_made_of_it(
    damaged: Path, make: Callable[[Path], object]
) -> None:
    with pytest.raises(DamagedRowError, match="damaged in the row after seq"):
        make(damaged)
    assert not (damaged / "tables").exists()
