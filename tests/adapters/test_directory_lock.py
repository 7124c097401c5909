"""The lock of a directory: free when its holder ends, lapsed when its holder stands still."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from itg.adapters import directory_lock
from itg.adapters.directory_lock import LOCK_FILE, DirectoryLock
from itg.runtime.lease import LEASE_S

HOLDER = """
import sys
from pathlib import Path
from itg.adapters.directory_lock import DirectoryLock
lock = DirectoryLock(Path(sys.argv[1]))
print(lock.hold(), flush=True)
sys.stdin.read()
"""


class Watch:
    """The instant by which a lapse is measured."""

    def __init__(self) -> None:
        self.now_s = 100.0


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return the clock of whoever looks, moved by the test."""
    watch = Watch()
    monkeypatch.setattr(directory_lock, "monotonic", lambda: watch.now_s)
    return watch


Locks = Callable[[], DirectoryLock]


@pytest.fixture
def lock_of(tmp_path: Path) -> Iterator[Locks]:
    """Return what makes locks of one directory, all let go in the end."""
    made: list[DirectoryLock] = []

    def another() -> DirectoryLock:
        made.append(DirectoryLock(tmp_path))
        return made[-1]

    yield another
    for lock in made:
        lock.release()


def leading(lock: DirectoryLock) -> DirectoryLock:
    assert lock.hold()
    assert lock.renew()
    return lock


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path, lock_of: Locks) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        lock = lock_of()
        assert not lock.take()
        assert str(lock) == str(process.pid)
        process.kill()
        process.wait()
        assert lock.take()


def test_it_lapses_only_after_its_time_without_a_sign_of_life(lock_of: Locks, watch: Watch) -> None:
    leader, standby = leading(lock_of()), lock_of()
    for _ in range(5):
        assert not standby.take()
        watch.now_s += LEASE_S * 0.9
        assert leader.renew()
    assert not standby.take()
    watch.now_s += LEASE_S * 0.99
    assert not standby.take()
    watch.now_s += LEASE_S * 0.02
    assert standby.take()
    assert not leader.renew(), "it sees that another has it"
    assert standby.renew()
    leader.release()
    assert not lock_of().hold(), "what the former leader lets go is not the lock"


def test_a_lock_that_nobody_leads_under_never_lapses(lock_of: Locks, watch: Watch) -> None:
    keeper, standby = lock_of(), lock_of()
    assert keeper.hold()
    for _ in range(3):
        assert not standby.take()
        watch.now_s += LEASE_S * 2


def test_a_standby_that_was_stopped_itself_takes_its_own_pause_for_no_lapse(
    lock_of: Locks, watch: Watch
) -> None:
    leader, standby = leading(lock_of()), lock_of()
    assert not standby.take()
    watch.now_s += LEASE_S * 10
    assert leader.renew()
    assert not standby.take()


def test_who_lets_go_is_followed_at_once_and_leaves_one_file(
    tmp_path: Path, lock_of: Locks
) -> None:
    leader, standby = leading(lock_of()), lock_of()
    assert not standby.take()
    leader.release()
    leader.release()
    assert standby.take()
    assert not leader.renew()
    assert [file.name for file in tmp_path.iterdir()] == [LOCK_FILE]
