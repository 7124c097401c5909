"""A game in PostgreSQL is backed up while it is served, and pruned there and in its directory."""

import json
from pathlib import Path

import pytest
from tests.postgres_server import PostgresServer
from tests.system.server import Server
from tests.system.test_postgres import given, play, text_of
from tests.system.test_served_backups import backup_health, metric, until

from itg.adapters.postgres_url import PostgresUrl
from itg.cli import app, exits
from itg.compose.journals import GAME_FILE, lease_in_postgres
from itg.compose.retention import head_of
from itg.runtime.lease import LeaseKeeper

__all__ = ["given"]
SOON = "0.0000001"


@pytest.mark.postgres
@pytest.mark.timeout(240)
def test_a_game_in_postgres_is_backed_up_pruned_and_brought_back(
    given: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, to = tmp_path / "season" / "day-1", tmp_path / "backups"
    play(data)
    with Server(data, "bare", "--backup-to", str(to)) as server:
        until(lambda: metric(server, "itg_backups_total") == 1)
        assert backup_health(server)["is_verified"]
        assert server.stop() == exits.DONE
    command = ["prune", str(data.parent), "--days", SOON, "--backups", str(to), "--json", "--yes"]
    game, head = (data / GAME_FILE).read_text().strip(), head_of(data)
    elsewhere = lease_in_postgres(data, PostgresUrl(text_of(given)), "another host")
    assert elsewhere.take()
    keeper = LeaseKeeper([elsewhere])
    assert app(command) == exits.DONE
    (told,) = json.loads(capsys.readouterr().out)
    assert told["state"] == "played"
    keeper.stop()
    elsewhere.release()
    assert app(command) == exits.DONE
    (told,) = json.loads(capsys.readouterr().out)
    assert told["state"] == "removed", told
    assert not data.exists()
    assert app(["db", "current", "--json"]) == exits.DONE
    assert game not in capsys.readouterr().out
    back = tmp_path / "back"
    restore = ["restore", told["backup"], "--to", str(back), "--verify", "--into-postgres"]
    assert app(restore) == exits.DONE
    assert head_of(back) == head
