"""A game on nodes is backed up under load, brought back elsewhere, removed once that is safe."""

from pathlib import Path

import pytest
from tests.system.desk import called
from tests.system.fleet import Fleet
from tests.system.killing import load
from tests.system.test_kill import check_books_and_positions, check_orders, wait_for_orders

from itg.cli import exits
from itg.compose.backup import Backup, Wish, back_up, backups_of
from itg.compose.expiry import Keeping, State, remove, standing_of
from itg.compose.manifest import assert_whole, read_manifest
from itg.compose.restore import bring_back, replayed
from itg.kernel.times import to_micros
from itg.runtime.clock import SystemClock

pytestmark = [
    pytest.mark.nats,
    pytest.mark.system,
    pytest.mark.gate,
    pytest.mark.timeout(400),
]
BACKUPS_UNDER_LOAD = 4


def looked(backups: Path) -> Keeping:
    return Keeping(kept_s=0.0, now_us=to_micros(SystemClock().wall_ns()), backups=backups)


def test_a_backup_under_load_holds_what_was_acknowledged_before_it_and_goes_on_elsewhere(
    tmp_path: Path,
) -> None:
    data, to, by_itself = tmp_path / "day-1", tmp_path / "elsewhere", tmp_path / "by-itself"
    flags = ("--backup-to", str(by_itself), "--backup-every", "2s", "--backup-keep", "2")
    made: list[Backup] = []
    with Fleet(data, topology="apart", flags=flags) as fleet:
        keys = [fleet.door(1 + n % 2).register(f"team {n}", "market_maker")[1] for n in range(4)]
        fleet.door(0).open_market()
        traders = load(fleet, keys, 0)
        for number in range(1, BACKUPS_UNDER_LOAD + 1):
            wait_for_orders([*traders], 40 * number)
            before = [dict(trader.acknowledged) for trader in traders]
            made.append(back_up(data, Wish(to=to)))
        for trader in traders:
            trader.stop()
        assert standing_of(data, looked(to)).state is State.PLAYED
        door = fleet.door(0)
        status, answer = door.call("POST", "/admin/rounds/1/end", None, door.admin_key)
        assert status == 200, answer
        told = door.call("GET", "/health/ready")[1]["backup"]
        assert isinstance(told, dict)
        assert (told["to"], told["fault"]) == (str(by_itself), "")
    assert not list(by_itself.glob(".*"))
    for path in backups_of("day-1", by_itself):
        assert read_manifest(path).verified is not None
    heads = [backup.manifest.head_seq for backup in made]
    assert heads == sorted(set(heads)), "the game went on between the backups"

    restored = tmp_path / "restored" / "day-1"
    manifest = bring_back(made[-1].path, restored)
    report = replayed(restored, manifest)
    assert report.is_equal, report.difference
    assert report.head_hash == manifest.head_hash
    for trader, orders in zip(traders, before, strict=True):
        trader.acknowledged, trader.canceled = orders, set()
    with Fleet(restored, topology="apart") as fleet:
        for trader, key in zip(traders, keys, strict=True):
            check_orders(fleet.door(1), trader, key)
        check_books_and_positions(fleet.door(2), keys)

    # The game itself has ended since: only a verified backup of its end lets it go.
    assert standing_of(data, looked(to)).state is State.UNPROVEN
    last = back_up(data, Wish(to=to, verify=True))
    assert_whole(last.path)
    seen = standing_of(data, looked(to))
    assert (seen.state, seen.backup) == (State.DUE, last.path)
    assert remove(seen).state is State.REMOVED
    assert not data.exists()
    back = called("restore", str(last.path), "--to", str(data), "--verify")
    assert back.code == exits.DONE, back.complained
