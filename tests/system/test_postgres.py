"""A whole game with its journal in PostgreSQL: killed, cut off from it, moved there and back."""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ports import free_ports
from tests.postgres_server import PostgresServer
from tests.system.copies import recovered_state_hash
from tests.system.server import Server
from tests.system.test_kill import (
    KILLS,
    KILLS_IN_THE_GATE,
    Trader,
    check_books_and_positions,
    check_orders,
    kill_and_check,
    wait_for_orders,
)

from itg.adapters.postgres_journal import begin_game
from itg.adapters.sqlite_journal import DATABASE
from itg.cli import app, exits
from itg.compose.backup import Wish, back_up
from itg.compose.bundle import make_bundle
from itg.compose.journals import GAME_FILE, POSTGRES_VARIABLE, open_journal
from itg.compose.recompute import recompute
from itg.compose.verify import verify_data
from itg.kernel.errors import ConfigurationError

TEAMS = 2
TIMES = pytest.mark.parametrize(
    "times", [KILLS, pytest.param(KILLS_IN_THE_GATE, marks=pytest.mark.slow)]
)


@pytest.fixture
def given(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> PostgresServer:
    """Return the server, its URL in the environment."""
    monkeypatch.setenv(POSTGRES_VARIABLE, text_of(postgres))
    return postgres


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresServer]:
    """Return a server that the test may stop, its URL in the environment."""
    with PostgresServer() as server:
        monkeypatch.setenv(POSTGRES_VARIABLE, text_of(server))
        yield server


class Client(Trader):
    """Takes an answer without an order, of a server that goes down, for what it is: none."""

    def _call(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, object]]:
        try:
            status, answer = super()._call(connection, method, path, body)
        except json.JSONDecodeError as error:
            raise ConnectionError("the server failed") from error
        if status >= 500:
            raise ConnectionError(f"the server failed: {answer}")
        return status, answer


def text_of(server: PostgresServer) -> str:
    return server.text(server.url.parts["dbname"], password="hush-hush")


def traders_of(server: Server, keys: list[str], life: int) -> list[Trader]:
    traders: list[Trader] = [
        Client(server, key, ("buy", "sell")[n % 2], life) for n, key in enumerate(keys)
    ]
    for trader in traders:
        trader.start()
    return traders


def opened_with_teams(server: Server) -> list[str]:
    keys = [server.register(f"team {n}", "market_maker")[1] for n in range(TEAMS)]
    server.open_market()
    return keys


def assert_all_there(server: Server, traders: list[Trader], keys: list[str]) -> None:
    for trader, key in zip(traders, keys, strict=True):
        trader.join()
        check_orders(server, trader, key)
    check_books_and_positions(server, keys)


@pytest.mark.usefixtures("given")
@pytest.mark.timeout(180)
def test_a_killed_server_keeps_every_acknowledged_order_in_postgres(tmp_path: Path) -> None:
    data = tmp_path / "day-1"
    with Server(data) as server:
        keys = opened_with_teams(server)
        assert not (data / DATABASE).exists()
        for life in range(2):
            traders = traders_of(server, keys, life)
            wait_for_orders(traders, 100)
            server.kill()
            report = verify_data(data)
            assert report.is_equal, report.difference
            assert recovered_state_hash(data) == report.state_hash
            server.start()
            assert_all_there(server, traders, keys)


@pytest.mark.timeout(180)
def test_a_server_whose_postgres_stops_answers_nothing_false_ends_and_continues(
    own: PostgresServer, tmp_path: Path
) -> None:
    with Server(tmp_path / "day-1") as server:
        keys = opened_with_teams(server)
        traders = traders_of(server, keys, 0)
        wait_for_orders(traders, 100)
        own.stop("immediate")
        for trader in traders:
            trader.join()
        assert server.wait() == exits.FAILED
        own.start()
        server.start()
        assert_all_there(server, traders, keys)


@pytest.mark.gate
@pytest.mark.usefixtures("given")
@TIMES
def test_kills_under_load_lose_and_double_nothing_in_postgres(tmp_path: Path, times: int) -> None:
    kill_and_check(tmp_path / "day-1", times)


@pytest.mark.gate
@TIMES
def test_crashes_of_postgres_under_load_lose_and_double_nothing(
    own: PostgresServer, tmp_path: Path, times: int
) -> None:
    with Server(tmp_path / "day-1") as server:
        keys = opened_with_teams(server)
        for life in range(times):
            traders = traders_of(server, keys, life)
            wait_for_orders(traders, 60)
            own.stop("immediate")
            for trader in traders:
                trader.join()
            assert server.wait() == exits.FAILED
            own.start()
            server.start()
            assert_all_there(server, traders, keys)
    assert verify_data(tmp_path / "day-1").is_equal


@pytest.mark.gate
def test_a_server_whose_postgres_comes_back_soon_goes_on_by_itself(
    own: PostgresServer, tmp_path: Path
) -> None:
    server = Server(tmp_path / "day-1")
    server.port = free_ports()  # kept by the process, which starts again by itself
    with server:
        keys = opened_with_teams(server)
        traders = traders_of(server, keys, 0)
        wait_for_orders(traders, 100)
        # Every session is ended as by a restart; the server itself never goes away.
        own.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'itg'"
        )
        for trader in traders:
            trader.join()
        server.until_ready()
        assert_all_there(server, traders, keys)


@pytest.mark.gate
@pytest.mark.usefixtures("given")
def test_a_second_server_takes_the_game_over_and_the_first_ends(tmp_path: Path) -> None:
    first_data, second_data = tmp_path / "one" / "day-1", tmp_path / "two" / "day-1"
    with Server(first_data) as first:
        keys = opened_with_teams(first)
        # As on another machine: the same secrets and the same game's name.
        second_data.mkdir(parents=True)
        for file in first_data.iterdir():
            if file.name != "lock":
                (second_data / file.name).write_bytes(file.read_bytes())
        traders = traders_of(first, keys, 0)
        wait_for_orders(traders, 50)
        with Server(second_data) as second:
            for trader in traders:
                trader.join()
            assert first.wait() == exits.FAILED
            assert_all_there(second, traders, keys)


@pytest.fixture(scope="module")
def played(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the data of a stopped game in PostgreSQL, its URL in the environment."""
    data = tmp_path_factory.mktemp("season") / "day-1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(POSTGRES_VARIABLE, text_of(postgres))
        play(data)
        yield data


def play(data: Path) -> None:
    with Server(data) as server:
        key = server.register("team", "market_maker")[1]
        server.open_market()
        for number in range(20):
            body = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4400 - number}
            assert server.call("POST", "/exchange/orders", body, key)[0] == 201
        status, answer = server.call("POST", "/admin/rounds/1/end", None, server.admin_key)
        assert status == 200, answer
        assert server.stop() == exits.DONE


def test_a_backup_goes_to_sqlite_and_to_postgres_and_each_replays_to_the_same_end(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = back_up(played, Wish(to=tmp_path / "backups", verify=True))
    names = {entry.name for entry in kept.manifest.files}
    assert {DATABASE, "admin.key", "reveal.json"} <= names
    assert any(name.endswith(".snapshot") for name in names)
    assert GAME_FILE not in names
    assert kept.manifest.head_hash == verify_data(played).head_hash
    plain, there = tmp_path / "plain", tmp_path / "there"
    for flags, data in (([], plain), (["--into-postgres"], there)):
        command = ["restore", str(kept.path), "--to", str(data), "--verify", "--json", *flags]
        assert app(command) == exits.DONE
        assert json.loads(capsys.readouterr().out)["replay"]["is_equal"]
    assert (plain / DATABASE).exists()
    assert not (there / DATABASE).exists()
    assert not list(there.glob("*.snapshot"))
    assert (there / GAME_FILE).read_text() != (played / GAME_FILE).read_text()
    again = back_up(there, Wish(to=tmp_path / "backups", verify=True))
    assert (again.manifest.head_hash, again.manifest.state_hash) == (
        kept.manifest.head_hash,
        kept.manifest.state_hash,
    )
    with Server(there) as server:
        assert server.stop() == exits.DONE


def test_what_reads_a_game_finds_it_in_postgres(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app(["verify", str(played)]) == exits.DONE
    assert app(["export", str(played), "--round", "1", "--to", str(tmp_path)]) == exits.DONE
    assert app(["surveil", str(played)]) == exits.DONE
    assert make_bundle(played, 1).manifest.journal.inputs > 20
    assert recompute(played).is_equal
    assert app(["db", "current", "--json"]) == exits.DONE
    told = capsys.readouterr().out
    assert (played / GAME_FILE).read_text().strip() in told
    assert "hush-hush" not in told


def test_a_finished_old_game_is_pruned_from_postgres_after_its_backup(
    played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, old = back_up(played, Wish(to=tmp_path / "b")), tmp_path / "old"
    assert app(["restore", str(kept.path), "--to", str(old), "--into-postgres"]) == exits.DONE
    name, other = ((data / GAME_FILE).read_text().strip() for data in (old, played))
    command = ["backup", str(old), "--to", str(tmp_path / "b"), "--prune-older-than", "0.001s"]
    assert app(command) == exits.DONE
    assert not old.exists()
    capsys.readouterr()
    assert app(["db", "current", "--json"]) == exits.DONE
    games = {game["game"] for game in json.loads(capsys.readouterr().out)["games"]}
    assert name not in games
    assert other in games


def test_the_commands_of_a_database_say_what_is_there_and_fail_with_their_codes(
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = postgres.database()
    at = ["--postgres", postgres.text(url.parts["dbname"], password="hush-hush")]
    assert app(["db", "current", *at]) == exits.DONE
    assert app(["db", "upgrade", *at, "--to", "0001"]) == exits.DONE
    assert app(["db", "upgrade", *at]) == exits.DONE
    begin_game(url, "day-1")
    assert app(["db", "remove", "day-1", *at]) == exits.WRONG_USE
    with pytest.raises(ConfigurationError, match="holds no game day-2; it holds day-1"):
        app(["db", "remove", "day-2", "--yes", *at])
    with pytest.raises(ConfigurationError, match="by `itg db remove`"):
        app(["db", "downgrade", "--to", "base", *at])
    told = capsys.readouterr()
    assert re.findall(r"revision +(\w+)", told.out) == ["none", "0001", "0003"]
    assert app(["db", "remove", "day-1", "--yes", *at]) == exits.DONE
    assert app(["db", "downgrade", "--to", "base", *at]) == exits.DONE
    monkeypatch.delenv(POSTGRES_VARIABLE, raising=False)
    with pytest.raises(ConfigurationError, match="name the database in ITG_POSTGRES"):
        app(["db", "current"])
    at[1] = at[1].replace("/test_", "/no_")
    assert app(["db", "current", *at]) == exits.FAILED
    failed = capsys.readouterr()
    assert "does not exist" in failed.err
    assert "hush-hush" not in told.out + told.err + failed.out + failed.err


def test_without_the_url_a_game_in_postgres_is_named_and_never_begun_anew(
    played: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(POSTGRES_VARIABLE)
    with pytest.raises(ConfigurationError, match=r"as day-1-\w+: give the URL.*ITG_POSTGRES"):
        verify_data(played)
    other = postgres.text("postgres")
    monkeypatch.setenv(POSTGRES_VARIABLE, other)
    with pytest.raises(ConfigurationError, match="has no tables of a journal"):
        verify_data(played)


def test_a_game_in_sqlite_is_not_begun_anew_in_postgres(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    open_journal(tmp_path).close()
    with pytest.raises(ConfigurationError, match="holds a game in SQLite"):
        open_journal(tmp_path, postgres.url)
    assert not (tmp_path / GAME_FILE).exists()
