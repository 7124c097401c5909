"""A game on several nodes, each with its journal in PostgreSQL: killed, read back, backed up."""

from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer
from tests.system.fleet import Fleet
from tests.system.test_fleet import load
from tests.system.test_kill import check_books_and_positions, check_orders, wait_for_orders
from tests.system.test_nodes_standby import assert_whole
from tests.system.test_postgres import text_of

from itg.adapters.sqlite_journal import DATABASE
from itg.compose.backup import Wish, back_up
from itg.compose.journals import POSTGRES_VARIABLE, game_in_postgres
from itg.compose.nodes_read import node_directory

NODES = ("core", "world", "game")


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nodes_with_journals_in_postgres_are_killed_and_lose_nothing_acknowledged(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(POSTGRES_VARIABLE, text_of(postgres))
    data = tmp_path / "day-1"
    with Fleet(data, topology="services") as fleet:
        keys = [fleet.door(1 + n % 2).register(f"team {n}", "market_maker")[1] for n in range(4)]
        fleet.door(2).open_market()
        lives = []
        for life, name in enumerate(NODES):
            traders = load(fleet, keys, life)
            wait_for_orders([*traders], 40)
            fleet.until_started(name, fleet.kill(name))
            for door in range(3):
                fleet.until_ready(door)
            for trader in traders:
                trader.stop()
            lives.append(traders)
        for traders in lives:
            for trader, key in zip(traders, keys, strict=True):
                check_orders(fleet.door(1), trader, key)
        check_books_and_positions(fleet.door(2), keys)
    for name in NODES:
        place = node_directory(data, name)
        assert game_in_postgres(place).startswith(f"day-1-{name}-")
        assert not (place / DATABASE).exists()
    assert_whole(data)
    copy = back_up(data, Wish(to=tmp_path / "backups"))
    monkeypatch.delenv(POSTGRES_VARIABLE)
    assert_whole(copy.path)
