"""A game on nodes with their journals in PostgreSQL: all are killed, read back, backed up."""

import time
from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer
from tests.system.fleet import Fleet
from tests.system.killing import killing, strike_in_turn
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
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("rounds", [1, 10])
def test_nodes_with_journals_in_postgres_are_killed_and_it_too_and_lose_nothing_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    data = tmp_path / "day-1"
    with PostgresServer() as database:
        monkeypatch.setenv(POSTGRES_VARIABLE, text_of(database))
        with Fleet(data, topology="services") as fleet:

            def crash() -> float:
                starts = {ship.name: ship.starts for ship in fleet.state.ships}
                database.stop("immediate")
                struck_s = time.monotonic()
                database.start()
                for name in NODES:  # one that has nothing to write notices it within a second
                    fleet.until_started(name, starts[name])
                return struck_s

            blows = {**killing(fleet, (*NODES, "gateway-1", "nats")), "postgres": crash}
            strike_in_turn(fleet, blows, rounds)
        assert_read_back(data, tmp_path / "backups", monkeypatch)


def assert_read_back(data: Path, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NODES:
        place = node_directory(data, name)
        assert game_in_postgres(place).startswith(f"day-1-{name}-")
        assert not (place / DATABASE).exists()
    assert_whole(data)
    copy = back_up(data, Wish(to=backups))
    monkeypatch.delenv(POSTGRES_VARIABLE)
    assert_whole(copy.path)
