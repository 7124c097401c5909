"""Old finished games are listed and removed, and only where a verified backup lets them go."""

import json
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.system.server import Server

from itg.adapters.sqlite_journal import head_of_copy
from itg.cli import app, exits
from itg.compose.backup import Wish, back_up
from itg.compose.expiry import Keeping, State, remove, standing_of
from itg.compose.manifest import assert_whole, read_manifest, write_manifest
from itg.compose.retention import head_of
from itg.kernel.times import to_micros
from itg.runtime.clock import SystemClock

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
SOON = "0.0000001"  # days: everything that has ended is old enough


def now_us() -> int:
    return to_micros(SystemClock().wall_ns())


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data of a short game whose only round was played and ended."""
    data = tmp_path_factory.mktemp("season") / "day-1"
    with Server(data) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        for number in range(5):
            body = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4400 - number}
            assert server.call("POST", "/exchange/orders", body, key)[0] == 201
        status, answer = server.call("POST", "/admin/rounds/1/end", None, server.admin_key)
        assert status == 200, answer
        assert server.stop() == exits.DONE
    return data


@pytest.fixture
def game(ended: Path, tmp_path: Path) -> Path:
    data = tmp_path / "season" / "day-1"
    shutil.copytree(ended, data)
    return data


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def looked(backups: Path, kept_s: float = 0.0) -> Keeping:
    return Keeping(kept_s=kept_s, now_us=now_us(), backups=backups)


def test_a_game_goes_only_with_a_verified_backup_of_its_end_and_comes_back_from_it(
    game: Path, backups: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["prune", str(game.parent), "--days", SOON, "--backups", str(backups), "--json"]
    assert app([*command, "--yes"]) == exits.FAILED
    (told,) = json.loads(capsys.readouterr().out)
    assert told["state"] == "unproven"
    assert told["reason"] == f"no backup of it lies in {backups}"
    # What it says to do is what lets the game go.
    assert app(told["advice"].split()[1:]) == exits.DONE
    head = head_of(game)
    capsys.readouterr()
    assert app([*command, "--dry-run"]) == exits.DONE
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["state"], told["reason"]) == ("due", "")
    assert told["ended_at"].startswith("20")
    assert told["verified_at"] > told["ended_at"]
    assert told["length"] > 10_000
    assert game.exists()
    assert app([*command, "--yes"]) == exits.DONE
    (told,) = json.loads(capsys.readouterr().out)
    assert told["state"] == "removed"
    assert not any(game.parent.iterdir())
    back = tmp_path / "back"
    assert app(["restore", told["backup"], "--to", str(back), "--verify"]) == exits.DONE
    assert head_of(back) == head


def test_nothing_goes_unasked_and_nothing_in_a_dry_run(
    game: Path, backups: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back_up(game, Wish(to=backups, verify=True))
    command = ["prune", str(game.parent), "--days", SOON, "--backups", str(backups)]
    assert app(command) == exits.WRONG_USE
    said = capsys.readouterr()
    assert "add --yes" in said.err
    assert "due" in said.out
    assert app([*command, "--yes", "--dry-run"]) == exits.DONE
    assert game.exists()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("unverified", "was never verified"),
        ("without_keys", "is without the game's keys"),
        ("changed", "was changed"),
        ("other_verification", "was verified to another end"),
        ("other_journal", "does not end where the game does"),
    ],
)
def test_a_backup_that_does_not_prove_the_end_lets_nothing_go(
    game: Path, backups: Path, spoil: str, why: str
) -> None:
    wish = Wish(to=backups, verify=spoil != "unverified", keys=spoil != "without_keys")
    kept = back_up(game, wish)
    if spoil == "changed":
        path = kept.path / "journal.sqlite"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
    if spoil == "other_verification":
        assert kept.manifest.verified is not None
        other = replace(kept.manifest.verified, head_hash="00" * 32)
        write_manifest(kept.path, replace(kept.manifest, verified=other))
    if spoil == "other_journal":
        write_manifest(kept.path, replace(kept.manifest, head_hash="00" * 32))
    seen = standing_of(game, looked(backups))
    assert seen.state is State.UNPROVEN
    assert why in seen.reason
    assert seen.advice == f"itg backup {game} --to {backups} --verify"
    assert seen.backup is None


def test_an_older_verified_backup_of_the_same_end_serves_when_the_newest_is_damaged(
    game: Path, backups: Path
) -> None:
    older = back_up(game, Wish(to=backups, verify=True))
    newest = back_up(game, Wish(to=backups, verify=True))
    (newest.path / "admin.key").write_text("another")
    assert standing_of(game, looked(backups)).backup == older.path


def test_what_was_looked_at_is_proven_again_before_it_goes(game: Path, backups: Path) -> None:
    kept = back_up(game, Wish(to=backups, verify=True))
    seen = standing_of(game, looked(backups))
    assert seen.state is State.DUE
    with (kept.path / "join.code").open("a") as file:
        file.write(" ")
    after = remove(seen)
    assert (after.state, game.exists()) == (State.UNPROVEN, True)
    assert "join.code" in after.reason


def test_a_game_is_kept_so_many_days_after_its_last_round_ended(game: Path, backups: Path) -> None:
    back_up(game, Wish(to=backups, verify=True))
    ninety_s = 90 * 86_400.0
    seen = standing_of(game, looked(backups, ninety_s))
    assert seen.state is State.YOUNG
    assert seen.reason.startswith("kept for 90.0 more days")
    assert seen.ended_us is not None
    for after_us, state in ((-1, State.YOUNG), (0, State.DUE)):
        now = seen.ended_us + int(ninety_s * 1_000_000) + after_us
        keeping = Keeping(kept_s=ninety_s, now_us=now, backups=backups)
        assert standing_of(game, keeping).state is state


def test_a_played_game_an_unfinished_one_and_an_unreadable_one_stay_and_are_told_apart(
    game: Path, backups: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back_up(game, Wish(to=backups, verify=True))
    season = game.parent
    unfinished, broken = season / "day-2", season / "day-3"
    with Server(unfinished) as server:
        server.open_market()
        server.stop()
    broken.mkdir()
    (broken / "journal.sqlite").write_bytes(b"no database" * 99)
    command = ["prune", str(season), "--days", SOON, "--backups", str(backups), "--json", "--yes"]
    with Server(game):
        assert app(command) == exits.FAILED
    said = capsys.readouterr()
    told = {Path(each["data"]).name: each["state"] for each in json.loads(said.out)}
    assert told == {"day-1": "played", "day-2": "open", "day-3": "unreadable"}
    assert f"{broken} stays" in said.err
    assert sorted(path.name for path in season.iterdir()) == ["day-1", "day-2", "day-3"]


def test_a_game_that_went_on_after_its_backup_stays(game: Path, backups: Path) -> None:
    back_up(game, Wish(to=backups, verify=True))
    with Server(game) as server:
        body = {"text": "well played"}
        status, answer = server.call("POST", "/admin/messages", body, server.admin_key)
        server.stop()
    del status, answer
    seen = standing_of(game, looked(backups))
    assert seen.state is State.UNPROVEN
    assert "does not end where the game does" in seen.reason


def test_a_removal_that_was_cut_short_is_finished_by_the_next(
    game: Path, backups: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = game.with_name(".day-0.pruned")
    shutil.copytree(game, left)
    assert app(["prune", str(game.parent), "--backups", str(backups)]) == exits.DONE
    assert "cut short" in capsys.readouterr().out
    assert not left.exists()
    assert game.exists()


def test_a_link_to_a_game_is_not_followed(game: Path, backups: Path, tmp_path: Path) -> None:
    back_up(game, Wish(to=backups, verify=True))
    link = tmp_path / "links" / "day-1"
    link.parent.mkdir()
    link.symlink_to(game)
    seen = standing_of(link, looked(backups))
    assert (seen.state, seen.reason) == (State.UNREADABLE, "it is a link")
    assert str(game) in seen.advice


def test_reading_the_end_of_a_copy_changes_none_of_its_bytes(game: Path, backups: Path) -> None:
    kept = back_up(game, Wish(to=backups, verify=True))
    assert head_of_copy(kept.path).hash.hex() == kept.manifest.head_hash == head_of(game)
    assert assert_whole(kept.path) == read_manifest(kept.path) == kept.manifest


def test_a_backup_that_prunes_tells_of_a_game_that_cannot_be_removed(
    game: Path, backups: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # What a removal that was cut short left of another game of this name.
    (game.parent / ".day-1.pruned" / "rest").mkdir(parents=True)
    command = ["backup", str(game), "--to", str(backups), "--prune-older-than", "0.001s", "--json"]
    assert app(command) == exits.DONE
    (told,) = json.loads(capsys.readouterr().out)
    assert told["pruned"] is False
    assert told["stays"].startswith("it is not removed whole: ")
    assert head_of(game) == told["manifest"]["head_hash"]
