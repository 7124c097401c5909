"""A round as tables: a row for each event, typed columns, nobody named before it is revealed."""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from tests.compose.recorded import ROLES, TEAMS, RecordedGame, play, recorded

from itg.cli import app, exits
from itg.compose.export_round import ExportSettings, export_round
from itg.compose.verify import machine_of, opened_for_reading
from itg.exchange.contract import QuoteAccepted, TradeExecuted
from itg.game.contract import CorrectTrade, RevealIdentities
from itg.kernel.errors import ConfigurationError
from itg.kernel.messages import Message
from itg.positions.contract import AccountPositionChanged
from itg.runtime.journal import read
from itg.translate.round_rows import ORDER_EVENTS
from itg.translate.round_tables import TABLES
from itg.translate.table_files import MissingExtraError

WANTED: dict[str, tuple[type[Message], ...]] = {
    "orders": tuple(ORDER_EVENTS),
    "quotes": (QuoteAccepted,),
    "trades": (TradeExecuted,),
    "positions": (AccountPositionChanged,),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("played")
    game = RecordedGame(directory)
    play(game, 1, acts=300)
    traded = (o for r in game.records for o in r.outputs if isinstance(o, TradeExecuted))
    game.tell(CorrectTrade(trade_id=next(traded).trade_id, reason="a slip of the finger"))
    game.close()
    return directory


@pytest.fixture(scope="module")
def happened(data: Path) -> Counter[type[Message]]:
    journal = opened_for_reading(data)
    records = read(journal, machine_of(journal).codec)
    counts = Counter(type(output) for record in records for output in record.outputs)
    journal.close()
    return counts


def exported(data: Path, target: Path, file_format: str = "csv", round_id: int = 1) -> list[Path]:
    settings = ExportSettings(round_id=round_id, format=file_format, target=target)
    return [Path(file.file) for file in export_round(data, settings)]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return [*csv.DictReader(file)]


def test_each_table_has_a_row_for_each_event(
    data: Path, happened: Counter[type[Message]], tmp_path: Path
) -> None:
    files = {path.stem.rpartition("-")[2]: path for path in exported(data, tmp_path)}
    assert list(files) == list(TABLES)
    for name, kinds in WANTED.items():
        count = sum(happened[kind] for kind in kinds)
        assert len(rows_of(files[name])) == count > 20, name
    assert [row["adjusted_price"] for row in rows_of(files["corrections"])] == [""]


def test_parquet_holds_what_csv_holds_with_the_types_that_are_documented(
    data: Path, tmp_path: Path
) -> None:
    kinds = {"int": pl.Int64, "float": pl.Float64, "str": pl.String, "bool": pl.Boolean}
    for text, binary in zip(
        exported(data, tmp_path), exported(data, tmp_path, "parquet"), strict=True
    ):
        frame = pl.read_parquet(binary)
        table = TABLES[binary.stem.rpartition("-")[2]]
        assert dict(frame.schema) == {c.name: kinds[c.kind]() for c in table.columns}
        told = [{k: "" if v is None else str(v) for k, v in r.items()} for r in frame.to_dicts()]
        assert told == rows_of(text)


def test_no_team_can_be_told_before_the_organizer_reveals_who_is_who(
    data: Path, tmp_path: Path
) -> None:
    written = [*exported(data, tmp_path), *exported(data, tmp_path, "lobster")]
    written += tmp_path.glob("*orderbook*")
    accounts = {f"t{n}" for n in range(1, 1 + len(TEAMS))}
    for path in written:
        text = path.read_text()
        assert not any(name in text for name in (*TEAMS, *ROLES)), path
        cells = {cell for line in csv.reader(text.splitlines()) for cell in line}
        assert cells.isdisjoint(accounts), path
    trades = rows_of(tmp_path / "round-1-trades.csv")
    assert not {"participant", "maker", "taker", "order_id"} & {*trades[0]}


def test_numbers_of_a_round_are_those_of_every_table_in_it(data: Path, tmp_path: Path) -> None:
    exported(data, tmp_path)
    orders = rows_of(tmp_path / "round-1-orders.csv")
    quotes = rows_of(tmp_path / "round-1-quotes.csv")
    owners: dict[str, set[str]] = {}
    for row in orders:
        owners.setdefault(row["order_id"], set()).add(row["participant"])
    for row in quotes:
        for side in ("bid_order_id", "ask_order_id"):
            owners.setdefault(row[side], set()).add(row["participant"])
    assert all(len(numbers) == 1 for numbers in owners.values())
    assert {n for numbers in owners.values() for n in numbers} == {"1", "2", "3"}


def test_rows_of_one_cause_do_not_tell_the_order_of_registration(
    data: Path, tmp_path: Path
) -> None:
    exported(data, tmp_path)
    places = {"orders": "order_id", "positions": "participant"}
    for name, column in places.items():
        rows = rows_of(tmp_path / f"round-1-{name}.csv")
        told = [(int(row["seq"]), int(row[column])) for row in rows]
        assert told == sorted(told), name


def test_a_revealed_round_names_teams_and_its_neighbor_does_not(tmp_path: Path) -> None:
    data = tmp_path / "season"
    game = RecordedGame(data, days=2)
    play(game, 1, acts=60)
    play(game, 2, acts=60)
    game.tell(RevealIdentities(round_id=1, reason="the awards"))
    game.close()
    exported(data, tmp_path)
    exported(data, tmp_path, round_id=2)
    trades = rows_of(tmp_path / "round-1-trades.csv")
    named = {row["maker"] for row in trades} | {row["taker"] for row in trades}
    assert named <= {*TEAMS}
    assert len(named) > 1
    numbers = {(r["participant"], r["team"]) for r in rows_of(tmp_path / "round-1-orders.csv")}
    assert len({n for n, _ in numbers}) == len({team for _, team in numbers}) == len(numbers)
    assert not any(name in (tmp_path / "round-2-trades.csv").read_text() for name in TEAMS)
    assert "team" not in rows_of(tmp_path / "round-2-orders.csv")[0]


def test_what_happened_in_a_round_is_in_its_export_alone(tmp_path: Path) -> None:
    data = tmp_path / "season"
    game = recorded(data, acts=40, days=2)
    exported(data, tmp_path)
    exported(data, tmp_path, round_id=2)
    told = [
        int(row["trade_id"])
        for round_id in (1, 2)
        for row in rows_of(tmp_path / f"round-{round_id}-trades.csv")
    ]
    traded = [o for r in game.records for o in r.outputs if isinstance(o, TradeExecuted)]
    assert told == [trade.trade_id for trade in traded]


def test_an_export_that_fails_leaves_no_file_that_looks_whole(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = exported(data, tmp_path)[0].read_bytes()

    def failing(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(csv, "writer", failing)
    with pytest.raises(KeyboardInterrupt):
        exported(data, tmp_path)
    assert (tmp_path / "round-1-orders.csv").read_bytes() == before
    with pytest.raises(KeyboardInterrupt):
        exported(data, tmp_path / "fresh")
    assert [*(tmp_path / "fresh").iterdir()] == []


def test_wrong_wishes_are_refused_by_name(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'secrets' is none of orders"):
        export_round(data, ExportSettings(round_id=1, what=("secrets",), target=tmp_path))
    with pytest.raises(ConfigurationError, match="round 3 has not started"):
        export_round(data, ExportSettings(round_id=3, target=tmp_path))


def test_parquet_without_its_library_names_the_extra(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtraError, match="extra analytics"):
        exported(data, tmp_path, "parquet")
    command = f"export {data} --round 1 --format parquet --to {tmp_path}"
    assert app(command.split()) == exits.FAILED


def test_the_command_says_what_it_wrote(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"export {data} --round 1 --what trades quotes --to {tmp_path} --json"
    assert app(command.split()) == exits.DONE
    files = json.loads(capsys.readouterr().out)
    names = [Path(file["file"]).name for file in files]
    assert names == ["round-1-trades.csv", "round-1-quotes.csv"]
    assert all(file["rows"] == len(rows_of(Path(file["file"]))) for file in files)


def test_every_column_is_documented_with_its_type_and_unit() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "exports.md"
    text = page.read_text()
    for table in TABLES.values():
        assert f"### `{table.name}`" in text
        for column in (*table.columns, *table.named):
            unit = column.unit or "–"
            assert f"| `{column.name}` | {column.kind} | {unit} | {column.meaning} |" in text
