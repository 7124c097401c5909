"""The game in one process, and another started beside it."""

from pathlib import Path

import pytest

from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.solo import Solo, SoloSettings
from itg.kernel.errors import ConfigurationError

pytestmark = pytest.mark.system


async def test_the_same_command_given_twice_leaves_the_running_game_alone(tmp_path: Path) -> None:
    first = Solo(SoloSettings(scenario="bare", data=tmp_path))
    await first.start()
    try:
        again = SoloSettings(scenario="bare", data=tmp_path, port=first.server.port)
        with pytest.raises(ConfigurationError, match="Address already in use"):
            Solo(again)
        journal = SqliteJournal(tmp_path)
        epochs = journal.epochs()
        journal.close()
    finally:
        await first.stop()
    assert len(epochs) == 1
