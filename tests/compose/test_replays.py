"""Replays of a served game are made by a process of its own, once, and beside the market."""

from pathlib import Path

import pytest
from tests.compose.reported import Played

from itg.compose.replay_child import REPLAYS, ReplayChild, ReplayFailedError
from itg.compose.verify import machine_of, opened_for_reading
from itg.gateway.replay_file import NotEndedError, ReplayFile, write_replay
from itg.gateway.replays import file_name
from itg.kernel.ids import AccountId

TEAMS = (None, AccountId("t1"), AccountId("t3"))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("replayed"))


def parts(file: Path) -> list[bytes]:
    replay = ReplayFile(file)
    try:
        chunks = len(replay.contents(None).chunks)
        assert chunks > 1
        assert replay.chunk(chunks, None) is None
        markers = [repr(replay.contents(team)).encode() for team in TEAMS]
        return [*markers, *(replay.chunk(n, t) or b"" for t in TEAMS for n in range(chunks))]
    finally:
        replay.close()


def test_who_makes_replays_is_told_of_a_round_when_its_reports_stand(played: Played) -> None:
    assert played.reported == [1]


def test_the_process_makes_what_is_made_here(played: Played, tmp_path: Path) -> None:
    journal = opened_for_reading(played.data)
    write_replay(journal, machine_of(journal).codec, 1, tmp_path / "here.zip")
    journal.close()
    child = ReplayChild(played.data)
    child.begin(1)
    there = played.data / REPLAYS / file_name(1)
    child.make(1, there)  # comes after what was begun, and finds it made
    child.stop()
    assert parts(there) == parts(tmp_path / "here.zip")
    assert [each.name for each in there.parent.iterdir()] == [there.name]


def test_a_round_that_has_not_ended_has_none(played: Played, tmp_path: Path) -> None:
    child = ReplayChild(played.data)
    with pytest.raises(NotEndedError, match="round 7"):
        child.make(7, tmp_path / "7.zip")
    child.stop()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said_and_leaves_nothing(played: Played, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    child = ReplayChild(played.data)
    with pytest.raises(ReplayFailedError, match="round 1 was not made"):
        child.make(1, tmp_path / "file" / "1.zip")
    child.stop()
