"""The game in one process, and another started beside it."""

import os
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
        again = SoloSettings(scenario="bare", data=tmp_path, port=first.listeners.port)
        with pytest.raises(ConfigurationError, match="Address already in use"):
            Solo(again)
        journal = SqliteJournal(tmp_path)
        epochs = journal.epochs()
        journal.close()
    finally:
        await first.stop()
    assert len(epochs) == 1


async def test_two_servers_never_play_one_game_whatever_their_ports(tmp_path: Path) -> None:
    settings = SoloSettings(scenario="bare", data=tmp_path)
    first = Solo(settings)
    await first.start()
    try:
        with pytest.raises(ConfigurationError, match=rf"process {os.getpid()}"):
            Solo(settings)
    finally:
        await first.stop()
    second = Solo(settings)
    await second.start()
    await second.stop()
    journal = SqliteJournal(tmp_path)
    assert len(journal.epochs()) == 2
    journal.close()
