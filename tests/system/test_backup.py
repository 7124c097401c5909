"""A game is backed up under load and brought back elsewhere, whole to the last byte or not."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.system.copies import recovered_state_hash
from tests.system.server import Server
from tests.system.test_kill import Trader, check_orders, wait_for_orders

from itg.cli import app, exits
from itg.compose.backup import Backup, Wish, back_up, backups_of, keep_newest
from itg.compose.manifest import MANIFEST, SEAL, BackupError, assert_whole
from itg.compose.restore import bring_back, replayed
from itg.compose.verify import opened_for_reading
from itg.kernel.errors import ConfigurationError

BACKUPS_UNDER_LOAD = 3


def test_a_backup_under_load_is_brought_back_elsewhere_with_every_order_of_its_instant(
    tmp_path: Path,
) -> None:
    data = tmp_path / "day-1"
    with Server(data) as server:
        keys = [server.register(f"team {n}", "market_maker")[1] for n in range(2)]
        server.open_market()
        traders = [
            Trader(server, key, side, 0) for key, side in zip(keys, ("buy", "sell"), strict=True)
        ]
        for trader in traders:
            trader.start()
        backups = []
        for number in range(1, BACKUPS_UNDER_LOAD + 1):
            wait_for_orders(traders, 60 * number)
            before = [dict(trader.acknowledged) for trader in traders]
            backups.append(back_up(data, Wish(to=tmp_path / "elsewhere")))
        server.kill()
        for trader in traders:
            trader.join()
    heads = [backup.manifest.head_seq for backup in backups]
    assert heads == sorted(set(heads)), "the game went on between the backups"
    restored = tmp_path / "restored" / "day-1"
    manifest = bring_back(backups[-1].path, restored)
    report = replayed(restored, manifest)
    assert report.is_equal, report.difference
    assert report.head_hash == backups[-1].manifest.head_hash
    # What was acknowledged before the copy began is in the game that continues from it.
    with Server(restored) as server:
        for trader, orders, key in zip(traders, before, keys, strict=True):
            trader.acknowledged, trader.canceled = orders, set()
            check_orders(server, trader, key)
    assert recovered_state_hash(restored)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of a short game that was stopped in the middle of its round."""
    data = tmp_path_factory.mktemp("season") / "day-1"
    with Server(data) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        for number in range(20):
            body = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4400 - number}
            assert server.call("POST", "/exchange/orders", body, key)[0] == 201
        server.stop()
    return data


@pytest.fixture
def kept(played: Path, tmp_path: Path) -> Backup:
    return back_up(played, Wish(to=tmp_path / "backups"))


def test_a_backup_holds_every_file_and_only_its_owner_reads_them(
    kept: Backup, played: Path
) -> None:
    names = {entry.name for entry in kept.manifest.files}
    assert {"journal.sqlite", "admin.key", "join.code", "reveal.json"} <= names
    assert any(name.endswith(".snapshot") for name in names)
    assert "lock" not in names
    for name in names:
        assert stat.S_IMODE((kept.path / name).stat().st_mode) == 0o600
    for name in ("admin.key", "join.code", "reveal.json"):
        assert (kept.path / name).read_bytes() == (played / name).read_bytes()
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o700
    journal = opened_for_reading(played)
    assert (kept.manifest.head_seq, kept.manifest.head_hash) == (
        journal.head().seq,
        journal.head().hash.hex(),
    )
    journal.close()


def test_what_a_game_leaves_and_what_is_restored_only_their_owner_reads(
    kept: Backup, played: Path, tmp_path: Path
) -> None:
    bring_back(kept.path, tmp_path / "again")
    for place in (played, tmp_path / "again"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        kept_files = [place / entry.name for entry in kept.manifest.files]
        assert {stat.S_IMODE(file.stat().st_mode) for file in kept_files} == {0o600}


def test_without_keys_the_keys_stay_away_and_the_commitment_comes_along(
    played: Path, tmp_path: Path
) -> None:
    kept = back_up(played, Wish(to=tmp_path / "b", keys=False))
    names = {entry.name for entry in kept.manifest.files}
    assert not {"admin.key", "join.code"} & names
    assert "reveal.json" in names
    assert not list(kept.path.rglob("*.key"))


def files_of(backup: Path) -> Iterator[Path]:
    yield from sorted(path for path in backup.rglob("*") if path.is_file())


def test_a_changed_byte_of_any_file_is_found_and_named(kept: Backup, tmp_path: Path) -> None:
    assert_whole(kept.path)
    for number, path in enumerate(files_of(kept.path)):
        original = path.read_bytes()
        changed = bytearray(original)
        changed[len(changed) // 2] ^= 0x01
        path.write_bytes(bytes(changed))
        with pytest.raises(BackupError, match=path.name.replace(".", r"\.")):
            bring_back(kept.path, tmp_path / f"never-{number}")
        assert not (tmp_path / f"never-{number}").exists()
        path.write_bytes(original)
    assert_whole(kept.path)


def test_a_missing_and_a_foreign_file_are_named(kept: Backup) -> None:
    (kept.path / "stranger").write_text("?")
    (kept.path / "join.code").unlink()
    with pytest.raises(BackupError) as error:
        assert_whole(kept.path)
    assert "join.code is missing" in str(error.value)
    assert "stranger stands in no manifest" in str(error.value)


def test_a_manifest_that_says_another_state_is_found_by_replay(
    kept: Backup, tmp_path: Path
) -> None:
    bring_back(kept.path, tmp_path / "back")
    assert replayed(tmp_path / "back", kept.manifest).is_equal
    other = replace(kept.manifest, head_hash="00" * 32)
    assert "the journal ends in" in str(replayed(tmp_path / "back", other).difference)
    other = replace(kept.manifest, state_hash="11" * 32)
    assert "replay comes to" in str(replayed(tmp_path / "back", other).difference)


def test_a_half_written_backup_is_taken_for_none(
    played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "backups"
    good = back_up(played, Wish(to=to))

    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(BackupError, match="No space left"):
            back_up(played, Wish(to=to))
    assert [path.name for path in to.iterdir()] == [good.path.name]
    # A process that was killed in between leaves its draft, which no name fits.
    shutil.copytree(good.path, to / f".{good.path.name}.part")
    assert backups_of("day-1", to) == [good.path]


def test_old_backups_go_only_once_the_newest_was_read_back(played: Path, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    made = [back_up(played, Wish(to=to)).path for _ in range(4)]
    assert backups_of("day-1", to) == made, "names sort by time"
    seal = made[-1] / SEAL
    text = seal.read_bytes()
    seal.write_bytes(text.replace(text[:4], b"ffff", 1))
    with pytest.raises(BackupError):
        keep_newest("day-1", to, 2)
    assert backups_of("day-1", to) == made
    seal.write_bytes(text)
    assert keep_newest("day-1", to, 2) == made[:2]
    assert backups_of("day-1", to) == made[2:]


def test_a_restore_refuses_a_directory_with_anything_in_it(kept: Backup, tmp_path: Path) -> None:
    target = tmp_path / "full"
    target.mkdir()
    (target / "mine").write_text("keep")
    with pytest.raises(ConfigurationError, match="is not empty"):
        bring_back(kept.path, target)
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_the_commands_say_what_they_did_and_fail_with_their_codes(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = str(tmp_path / "b")
    assert (
        app(["backup", str(played), "--to", to, "--keep", "1", "--verify", "--json"]) == exits.DONE
    )
    (done,) = json.loads(capsys.readouterr().out)
    assert done["manifest"]["state_hash"]
    back = tmp_path / "back"
    assert app(["restore", done["path"], "--to", str(back), "--verify"]) == exits.DONE
    assert "replay to the recorded outputs" in capsys.readouterr().out
    (Path(done["path"]) / MANIFEST).unlink()
    assert app(["restore", done["path"], "--to", str(tmp_path / "c")]) == exits.FAILED
    assert "is no whole backup" in capsys.readouterr().err


def test_only_finished_old_games_are_pruned_and_only_after_their_backup(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    season = tmp_path / "season"
    unfinished, finished, busy = (season / name for name in ("a", "b", "c"))
    shutil.copytree(played, unfinished)
    ended(played, finished)
    shutil.copytree(finished, busy)
    to = ["--to", str(tmp_path / "b")]
    assert app(["backup", str(season), *to, "--prune-older-than", "90d"]) == exits.DONE
    assert "last input is 0.0 days old" in capsys.readouterr().out
    with Server(busy):
        command = ["backup", str(season), *to, "--prune-older-than", "0.001s", "--json"]
        assert app(command) == exits.DONE
        done = {Path(each["path"]).name[0]: each for each in json.loads(capsys.readouterr().out)}
    assert [done[name]["pruned"] for name in "abc"] == [False, True, False]
    assert done["a"]["stays"] == "it has a round that has not ended"
    assert done["c"]["stays"] == "it is being played"
    assert unfinished.exists()
    assert not finished.exists()
    back = tmp_path / "back"
    assert app(["restore", done["b"]["path"], "--to", str(back), "--verify"]) == exits.DONE


def ended(played: Path, data: Path) -> None:
    shutil.copytree(played, data)
    with Server(data) as server:
        status, answer = server.call("POST", "/admin/rounds/1/end", None, server.admin_key)
        assert status == 200, answer
        server.stop()
