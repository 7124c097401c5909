"""A served game is backed up by a process beside it; what became of that is told, good or bad."""

import asyncio
import json
import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests import waiting
from tests.system.server import Server
from tests.system.test_kill import Trader, wait_for_orders

from itg.adapters.sqlite_journal import SqliteJournal
from itg.cli import app, exits
from itg.compose.backup import Wish, back_up, backups_of
from itg.compose.backup_child import DAY_S, BackupChild, BackupPlan
from itg.compose.backup_program import backed_up
from itg.compose.manifest import read_manifest
from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.errors import ConfigurationError
from itg.runtime.journal import Head, Sealer
from itg.runtime.journal import read as records

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
WAIT_S = 90.0
_NEVER = threading.Event()


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        _NEVER.wait(0.1)  # no busy look: the backup needs the processor


def backup_health(server: Server) -> dict[str, object]:
    told = server.call("GET", "/health/ready")[1]["backup"]
    assert isinstance(told, dict)
    return told


def metric(server: Server, name: str) -> float:
    text = server.call_raw("GET", "/metrics")[1]
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of a short stopped game."""
    data = tmp_path_factory.mktemp("season") / "day-1"
    with Server(data) as server:
        server.register("team", "market_maker")
        server.open_market()
        assert server.stop() == exits.DONE
    return data


def test_a_served_game_is_backed_up_while_it_trades_and_each_backup_is_replayed_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "backups"
    flags = ("--backup-to", str(to), "--backup-every", "1s", "--backup-keep", "2")
    with Server(tmp_path / "day-1", "bare", *flags) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        trader = Trader(server, key, "buy", 0)
        trader.start()
        wait_for_orders([trader], 20)
        until(lambda: metric(server, "itg_backups_total") >= 3)
        told = backup_health(server)
        assert (told["to"], told["is_verified"], told["faults"], told["fault"]) == (
            str(to),
            True,
            0,
            "",
        )
        assert metric(server, "itg_backup_up") == 1
        assert 0 <= metric(server, "itg_backup_age_seconds") < WAIT_S
        assert app(["status", "--url", server.url]) == exits.DONE
        assert "is_verified True" in " ".join(capsys.readouterr().out.split())
        trader.is_trading = False
        trader.join()
        assert trader.acknowledged
        assert server.stop() == exits.DONE
    kept = backups_of("day-1", to)
    assert 1 <= len(kept) <= 2
    assert not list(to.glob(".*")), "what was under way at the end left nothing behind"
    manifest = read_manifest(kept[-1])
    assert manifest.verified is not None
    assert manifest.verified.head_hash == manifest.head_hash
    back = tmp_path / "back"
    assert app(["restore", str(kept[-1]), "--to", str(back), "--verify"]) == exits.DONE


def test_a_backup_under_way_is_given_up_when_the_server_stops(tmp_path: Path) -> None:
    to = tmp_path / "backups"
    flags = ("--backup-to", str(to), "--backup-every", "0.001s", "--backup-keep", "1")
    with Server(tmp_path / "day-1", "bare", *flags) as server:
        until(lambda: bool(backup_health(server)["is_running"]))
        assert server.stop() == exits.DONE
    assert not list(to.glob(".*"))


def test_a_failed_backup_is_logged_and_shown_and_the_next_one_mends_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITG_LOG", "json")
    to = tmp_path / "backups"
    flags = ("--backup-to", str(to), "--backup-every", "0.2s")
    with Server(tmp_path / "day-1", "bare", *flags) as server:
        until(lambda: metric(server, "itg_backups_total") >= 1)
        while True:  # one may be under way and make its folder again
            shutil.rmtree(to, ignore_errors=True)
            try:
                to.write_text("not a folder")
                break
            except OSError:
                continue
        until(lambda: metric(server, "itg_backup_faults_total") >= 1)
        told = backup_health(server)
        assert str(to) in str(told["fault"])
        assert metric(server, "itg_backup_up") == 0
        assert server.call("GET", "/health/ready")[0] == 200, "the game goes on"
        to.unlink()
        until(lambda: metric(server, "itg_backup_up") == 1)
        assert backup_health(server)["fault"] == ""
        server.stop()
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line[:1] == "{"]
    failed = [line for line in lines if line["event"] == "backup_failed"]
    assert failed
    assert {line["level"] for line in failed} == {"error"}
    assert str(to) in failed[0]["reason"]


def test_a_restart_goes_on_with_the_schedule_of_the_newest_backup(
    played: Path, tmp_path: Path
) -> None:
    to = tmp_path / "backups"
    newest = back_up(played, Wish(to=to, verify=True))

    async def life() -> BackupChild:
        child = BackupChild(BackupPlan(to=to), played)
        child.start()
        await waiting.until(lambda: child.numbers.made_us, WAIT_S)
        await child.stop()
        return child

    numbers = asyncio.run(life()).numbers
    assert backups_of("day-1", to) == [newest.path], "none is due for a day"
    assert (numbers.made_us, numbers.path) == (newest.manifest.made_us, str(newest.path))
    assert numbers.is_verified
    assert numbers.next_us == newest.manifest.made_us + int(DAY_S * 1_000_000)


def test_backups_do_not_go_into_the_data_itself(tmp_path: Path) -> None:
    data = tmp_path / "day-1"
    with pytest.raises(ConfigurationError, match="lies in the data itself"):
        BackupPlan(to=data / "backups").check(data)


def test_a_copy_that_does_not_replay_is_kept_unverified_with_a_fault(
    played: Path, tmp_path: Path
) -> None:
    forged, to = tmp_path / "day-1", tmp_path / "backups"
    forge_last_output(played, forged)
    told = backed_up(forged, to, keep=1)
    assert "does not replay" in told.fault
    assert not told.is_verified
    assert read_manifest(Path(told.path)).verified is None
    again = backed_up(forged, to, keep=1)
    assert len(backups_of("day-1", to)) == 2, "nothing older goes for a copy that is not proven"
    assert again.path != told.path


def forge_last_output(source: Path, target: Path) -> None:
    """Copy a game whose last input with outputs is said to have caused nothing; its chain holds."""
    target.mkdir()
    journal = opened_for_reading(source)
    codec = machine_of(journal).codec
    told = list(records(journal, codec))
    last = max(number for number, record in enumerate(told) if record.outputs)
    copy = SqliteJournal(target)
    copy.open(journal.epochs()[-1].header)
    sealer = Sealer(codec, copy.epoch, Head())
    for record in told[:last]:
        copy.append(sealer.seal([record]))
    copy.append(sealer.seal([replace(told[last], outputs=())]))
    copy.close()
    journal.close()
