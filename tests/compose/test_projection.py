"""Read models are what happened, each event once, however often and from wherever they are made."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import select
from tests.compose.recorded import RecordedGame, play
from tests.compose.reported import Played
from tests.dice import Dice
from tests.postgres_server import PostgresServer

from itg.adapters.postgres_url import PostgresUrl
from itg.adapters.read_models.databases import ReadModelDatabase, ReadModelError
from itg.adapters.read_models.tables import OWN, SCHEMAS
from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import POSTGRES_VARIABLE, move_to_postgres
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.nodes_read import layout_of, node_directory
from itg.compose.projection import Projected, ProjectionWish, project
from itg.compose.verify import machine_of, opened_for_reading
from itg.exchange.contract import TradeBusted, TradeExecuted
from itg.game.contract import CorrectTrade
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq, Shard
from itg.kernel.money import Price
from itg.positions.contract import (
    Fills,
    GetFills,
    GetOrders,
    GetPositions,
    Orders,
    Position,
    Positions,
)
from itg.runtime.arrival import Arrival
from itg.runtime.envelope import Record, source_of
from itg.runtime.fingerprint import header_of
from itg.runtime.joined_machine import JoinedMachine, codec_of
from itg.runtime.journal import FROM_START, Head, Sealer, read
from itg.runtime.recovery import verify

pytestmark = pytest.mark.timeout(180)  # another process may have the machine

Tables = dict[str, list[dict[str, object]]]
GAME_OF_NODES = "bare-nodes"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> RecordedGame:
    """Two days with trading, a trade that was undone and one that was moved, both days after."""
    directory: Path = tmp_path_factory.mktemp("played")
    game = RecordedGame(directory, days=2)
    for round_id in (1, 2):
        play(game, round_id, acts=240, seed=round_id)
        first, second = [o for r in game.records for o in r.outputs if type(o) is TradeExecuted][
            -2:
        ]
        game.tell(CorrectTrade(trade_id=first.trade_id, reason="a slip of the finger"))
        game.tell(CorrectTrade(trade_id=second.trade_id, price=Price(99_900), reason="a wrong one"))
    game.close()
    return game


@pytest.fixture(scope="module")
def data(played: RecordedGame) -> Path:
    return played.data


@pytest.fixture(scope="module")
def records(data: Path) -> list[Record]:
    journal = opened_for_reading(data)
    found = list(read(journal, machine_of(journal).codec))
    journal.close()
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def to(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a place in which nothing is."""
    if request.param == "sqlite":
        return str(tmp_path / "models")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.text(server.database().parts["dbname"])


def rows(to: str, service: str, *, with_own: bool = False) -> Tables:
    """Return every row of a service's tables, by key."""
    database = ReadModelDatabase(place(to), service)
    found: Tables = {}
    with database.transaction() as session:
        for table in database.metadata.sorted_tables:
            if table.name not in OWN or with_own:
                query = select(table).order_by(*table.primary_key.columns)
                found[table.name] = [dict(row._mapping) for row in session.execute(query)]
    return found


def place(to: str) -> Path | PostgresUrl:
    return PostgresUrl(to) if to.startswith("postgresql") else Path(to)


def everything(to: str) -> dict[str, Tables]:
    return {service: rows(to, service, with_own=True) for service in SCHEMAS}


def made(data: Path, to: str, *services: str, rebuild: bool = False) -> list[Projected]:
    return project(data, ProjectionWish(to=to, services=services, rebuild=rebuild))


def test_trades_are_those_of_the_tape_with_what_became_of_them(
    data: Path, records: list[Record], to: str
) -> None:
    made(data, to)
    trades = {row["trade_id"]: row for row in rows(to, "exchange")["trades"]}
    told = [o for r in records for o in r.outputs if isinstance(o, TradeExecuted)]
    assert len(trades) == len(told) > 100
    for trade in told:
        row = trades[trade.trade_id]
        for name in ("price", "quantity", "instrument_id", "maker_account_id", "taker_order_id"):
            assert row[name] == getattr(trade, name)
    undone = [o for r in records for o in r.outputs if isinstance(o, TradeBusted)]
    assert len(undone) == 4
    expected = {o.trade_id: (o.adjusted_price is None, o.adjusted_price) for o in undone}
    told_undone = {
        number: (row["is_busted"], row["adjusted_price"])
        for number, row in trades.items()
        if row["is_busted"] or row["adjusted_price"] is not None
    }
    assert told_undone == expected


def test_orders_fills_and_positions_are_those_the_service_answers_with(
    data: Path, played: RecordedGame, to: str
) -> None:
    made(data, to, "positions")
    found = rows(to, "positions")
    journal = opened_for_reading(data)
    machine = machine_of(journal)
    assert verify(journal, machine).is_equal
    journal.close()
    for account in played.accounts:
        orders = machine.query(GetOrders(account_id=account, working=None))
        assert isinstance(orders, Orders)
        ours = [row for row in found["orders"] if row["account_id"] == account]
        names = ("order_id", "status", "filled_quantity", "leaves_quantity", "average_price")
        assert [[row[n] for n in names] for row in ours] == [
            [getattr(order, n).value if n == "status" else getattr(order, n) for n in names]
            for order in orders.orders
        ]
        fills = machine.query(GetFills(account_id=account, count=10_000))
        assert isinstance(fills, Fills)
        told = {(f.trade_id, f.order_id): (f.last_price, f.fee) for f in fills.fills}
        assert {
            (row["trade_id"], row["order_id"]): (row["last_price"], row["fee"])
            for row in found["fills"]
            if row["account_id"] == account
        } == told
        positions = machine.query(GetPositions(account_id=account))
        assert isinstance(positions, Positions)
        # The last round in which a position changed has what it is now.
        last = {
            row["instrument_id"]: row for row in found["positions"] if row["account_id"] == account
        }
        held: dict[object, Position] = {
            position.instrument_id: position for position in positions.positions
        }
        assert last.keys() == held.keys()
        for name, row in last.items():
            for column in ("net_quantity", "average_price", "realized_pnl", "fees"):
                assert row[column] == getattr(held[name], column), (account, name, column)
    assert {row["round_id"] for row in found["positions"]} == {1, 2}


def test_positions_of_a_round_are_the_fold_of_all_fills_up_to_its_end(data: Path, to: str) -> None:
    made(data, to, "positions")
    found = rows(to, "positions")
    net: dict[tuple[object, object], int] = {}
    for round_id in (1, 2):
        for row in found["fills"]:
            if row["round_id"] == round_id and not row["is_busted"]:
                key = (row["account_id"], row["instrument_id"])
                quantity = row["last_quantity"]
                assert isinstance(quantity, int)
                net[key] = net.get(key, 0) + (quantity if row["side"] == "buy" else -quantity)
        for row in found["positions"]:
            if row["round_id"] == round_id:
                assert row["net_quantity"] == net[row["account_id"], row["instrument_id"]]


def test_scores_are_those_the_game_answers_with(tmp_path: Path) -> None:
    game = Played(tmp_path)
    to = str(tmp_path / "models")
    (made_of_game,) = made(game.data, to, "game")
    assert made_of_game.rows == {"rounds": 1, "scores": 3, "teams": 3}
    found = rows(to, "game")
    assert [row["team_name"] for row in found["teams"]] == ["Team 1", "Team 2", "Team 3"]
    ((begun, ended),) = [(row["start_ns"], row["end_ns"]) for row in found["rounds"]]
    assert isinstance(begun, int)
    assert isinstance(ended, int)
    assert begun < ended
    assert game.scores.teams
    for row, team in zip(found["scores"], game.scores.teams, strict=True):
        told = structs.asdict(team)
        shared = row.keys() & told.keys()
        assert {"kpi", "measured", "score", "rank", "account_id"} < shared
        assert {name: row[name] for name in shared} == {name: told[name] for name in shared}
        assert row["pnl"] == team.unscored.pnl


def cut_at(data: Path, target: Path, places: list[int]) -> Iterator[None]:
    """Write a journal's rows into another directory, pausing at each place and at the end."""
    source = SqliteJournal(data)
    journal = SqliteJournal(target, unsafe=True)
    journal.open(source.epochs()[0].header)
    for number, row in enumerate(source.rows(FROM_START)):
        if number in places:
            yield
        journal.append(row)
    yield
    journal.close()
    source.close()


def test_made_piece_by_piece_they_are_what_they_are_made_at_once(
    data: Path, to: str, tmp_path: Path, played: RecordedGame
) -> None:
    dice = Dice(7)
    places = sorted(dice.randrange(1, len(played.records)) for _ in range(4))
    whole = str(tmp_path / "whole")
    made(data, whole)
    for _ in cut_at(data, tmp_path / "cut", places):
        # Twice: what is in already has no effect.
        made(tmp_path / "cut", to)
        assert [each.events for each in made(tmp_path / "cut", to)] == [0, 0, 0]
    assert everything(to) == everything(whole)
    made(data, to, rebuild=True)
    assert everything(to) == everything(whole)


def test_what_fails_within_a_piece_leaves_none_of_it_and_the_next_run_does_the_rest(
    data: Path, tmp_path: Path
) -> None:
    to, whole = str(tmp_path / "models"), str(tmp_path / "whole")
    made(data, whole, "positions")
    rounds = [row["round_id"] for row in rows(whole, "positions")["fills"]]
    ReadModelDatabase(Path(to), "positions").upgrade()
    with closing(sqlite3.connect(tmp_path / "models" / "positions.sqlite")) as file:
        file.execute(
            "CREATE TRIGGER full BEFORE INSERT ON positions WHEN NEW.round_id = 2 "
            "BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
        file.commit()
    with pytest.raises(ReadModelError, match="no room"):
        made(data, to, "positions")
    there = rows(to, "positions", with_own=True)
    assert 0 < len(there["fills"]) < len(rounds)
    reached = {row["seq"] for row in there["cursors"] if row["source"] == "positions"}
    assert reached == {there["readings"][0]["seq"]}
    with closing(sqlite3.connect(tmp_path / "models" / "positions.sqlite")) as file:
        file.execute("DROP TRIGGER full")
        file.commit()
    made(data, to, "positions")
    assert rows(to, "positions", with_own=True) == rows(whole, "positions", with_own=True)


def test_another_history_of_the_game_is_refused_until_it_is_made_anew(
    data: Path, tmp_path: Path
) -> None:
    to = str(tmp_path / "models")
    made(data, to)
    restored = cut_at(data, tmp_path / "restored", [300])
    next(restored)
    with pytest.raises(ConfigurationError, match=r"made from another history.* --rebuild"):
        made(tmp_path / "restored", to)
    made(tmp_path / "restored", to, rebuild=True)
    alone = str(tmp_path / "alone")
    made(tmp_path / "restored", alone)
    assert everything(to) == everything(alone)
    list(restored)


def test_two_games_in_one_database_are_apart(data: Path, to: str, tmp_path: Path) -> None:
    made(data, to)
    before = everything(to)
    other = RecordedGame(tmp_path / "other")
    play(other, 1, acts=40)
    other.close()
    made(tmp_path / "other", to)
    assert everything(to) != before
    made(tmp_path / "other", to, rebuild=True)
    own = {row["game"] for row in before["exchange"]["trades"]}
    after = everything(to)
    assert {
        service: {name: [r for r in rows if r["game"] in own] for name, rows in tables.items()}
        for service, tables in after.items()
    } == before


def test_a_journal_in_postgres_comes_to_the_same(
    data: Path, tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, there = str(tmp_path / "whole"), str(tmp_path / "there")
    made(data, whole)
    moved = tmp_path / "moved"
    shutil.copytree(data, moved)
    monkeypatch.setenv(POSTGRES_VARIABLE, postgres.text(postgres.url.parts["dbname"]))
    move_to_postgres(moved, postgres.url)
    made(moved, there)
    assert everything(there) == everything(whole)


def on_nodes(data: Path, target: Path, topology: str) -> None:
    """Write what each node of a topology would have told of a game into a journal of its own."""
    game = LinkedGame(name=GAME_OF_NODES, topology=topology, shards=(Shard(0),))
    target.mkdir()
    LinkFile(DataDirectory(target)).write(game)
    layout = layout_of(game)
    solo = opened_for_reading(data)
    codec = codec_of(layout)
    for name, services in layout.items():
        journal = SqliteJournal(node_directory(target, name), unsafe=True)
        journal.open(header_of(JoinedMachine(layout)))
        sealer, seq = Sealer(codec, journal.epoch, Head()), Seq(1)
        own = {service.name for service in services}
        for record in read(solo, machine_of(solo).codec):
            heard = Arrival(source="elsewhere", seq=record.seq, body=b"")
            outputs = tuple(o for o in record.outputs if source_of(o) in own)  # type: ignore[arg-type]
            there = Record(seq, record.ts_ns, record.game_ns, "", "", heard, outputs)
            journal.append(sealer.seal([there]))
            seq = Seq(seq + 1 + len(outputs))
        journal.close()
    solo.close()


@pytest.mark.parametrize("topology", ["services", "apart"])
def test_of_a_game_on_nodes_they_are_the_same(data: Path, tmp_path: Path, topology: str) -> None:
    on_nodes(data, tmp_path / "nodes", topology)
    solo, apart = str(tmp_path / "solo"), str(tmp_path / "apart")
    made(data, solo)
    made(tmp_path / "nodes", apart)
    assert [each.events for each in made(tmp_path / "nodes", apart)] == [0, 0, 0]
    for service in SCHEMAS:
        assert told(rows(apart, service)) == told(rows(solo, service))


def told(tables: Tables) -> dict[str, list[Mapping[str, object]]]:
    # Each node numbers what it tells by itself.
    left_out = {"game", "seq"}
    return {
        name: [{k: v for k, v in row.items() if k not in left_out} for row in found]
        for name, found in tables.items()
    }
