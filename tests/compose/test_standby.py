"""A stand-by beside a leader in one process: it follows, leads when it may, and never before."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.postgres_server import PostgresServer
from tests.waiting import until

from itg.compose.data_directory import DataDirectory
from itg.compose.solo import Solo, SoloSettings
from itg.compose.standby import Standby
from itg.kernel.errors import ConfigurationError, FencedError

pytestmark = pytest.mark.system


def settings_of(data: Path, seed: int = 1) -> SoloSettings:
    return SoloSettings(scenario="bare", data=data, seed=seed)


async def until_followed(standby: Standby) -> None:
    await until(lambda: standby.seq is not None)


async def test_who_stands_by_leads_with_the_leader_s_very_state_once_that_lets_go(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path)
    first = Solo(settings)
    await first.start()
    standby = Standby(settings)
    following = asyncio.create_task(standby.until_leading(asyncio.Event()))
    await until_followed(standby)
    assert not following.done()
    await first.stop()
    taken = await following
    assert taken is not None
    assert taken.machine is not None
    second = Solo(settings, taken=taken)
    assert second.machine is taken.machine
    assert second.machine.state_hash() == first.machine.state_hash()
    assert second.journal.epoch == first.journal.epoch + 1
    await second.start()
    with pytest.raises(ConfigurationError, match="played by another server"):
        DataDirectory(tmp_path).hold()
    await second.stop()


async def test_where_nobody_leads_it_leads_at_once_and_makes_the_game(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    taken = await Standby(settings).until_leading(asyncio.Event())
    assert taken is not None
    assert taken.journal is None
    solo = Solo(settings, taken=taken)
    await solo.start()
    assert solo.journal.epoch == 1
    await solo.stop()


async def test_one_that_is_told_to_stop_leads_nothing_and_leaves_the_game_to_others(
    tmp_path: Path,
) -> None:
    settings, stop = settings_of(tmp_path), asyncio.Event()
    first = Solo(settings)
    await first.start()
    standby = Standby(settings)
    following = asyncio.create_task(standby.until_leading(stop))
    await until_followed(standby)
    stop.set()
    assert await following is None
    await first.stop()
    assert first.pump.failure is None
    directory = DataDirectory(tmp_path)
    directory.hold()
    directory.release()


async def test_flags_of_another_game_are_refused_while_there_is_a_leader(tmp_path: Path) -> None:
    first = Solo(settings_of(tmp_path))
    await first.start()
    with pytest.raises(ConfigurationError, match="game of another scenario, seed or speed"):
        await Standby(settings_of(tmp_path, seed=2)).until_leading(asyncio.Event())
    await first.stop()


async def test_a_leader_whose_lock_is_another_s_hears_of_it(tmp_path: Path) -> None:
    solo = Solo(settings_of(tmp_path))
    await solo.start()
    (tmp_path / "lock").unlink()
    other = DataDirectory(tmp_path)
    other.hold()
    with pytest.raises(FencedError, match="another server leads this game"):
        async with asyncio.timeout(20):
            await solo.lead.lost()
    other.release()
    await solo.stop()


def copied(data: Path, to: Path) -> Path:
    """Copy what a stand-by on another host needs."""
    to.mkdir()
    for file in data.iterdir():
        if file.is_file() and file.name != "lock":
            (to / file.name).write_bytes(file.read_bytes())
    return to


async def test_a_directory_elsewhere_stands_by_through_postgres_and_a_server_there_takes_over(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    settings = replace(settings_of(tmp_path / "one"), postgres=postgres.url)
    first = Solo(settings)
    await first.start()
    elsewhere = replace(settings, data=copied(tmp_path / "one", tmp_path / "two"))
    standby = Standby(elsewhere)
    following = asyncio.create_task(standby.until_leading(asyncio.Event()))
    await until_followed(standby)
    assert not following.done(), "its own directory's lock is free, and decides nothing"
    await first.stop()
    second = Solo(elsewhere, taken=await following)
    await second.start()
    third = Solo(settings)  # not a stand-by: the organizer wants it here
    with pytest.raises(FencedError, match="another server leads this game"):
        async with asyncio.timeout(20):
            await second.lead.lost()
    await second.stop()
    await third.start()
    assert third.journal.epoch == 3
    await third.stop()
