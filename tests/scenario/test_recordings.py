"""Recorded paths: from CSV and Parquet, beside the file that names them."""

import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from tests.scenario.compiled import compiled, the

from itg import scenario
from itg.kernel.errors import ConfigurationError
from itg.market_data.contract import ConfigureMarketData

PRICES = [4400 + n / 100 for n in range(60)]
UNITS = tuple(44_000_000 + 100 * n for n in range(60))


def minute(name: str) -> str:
    return (
        '[session]\ncontinuous_s = 60\n'
        f'[market]\nmodel = "replay"\nrecording = "{name}"\n'
    )  # fmt: skip


def write_csv(file: Path, prices: Sequence[object], column: str = "price") -> None:
    rows = [f"second,{column}", *(f"{n},{price}" for n, price in enumerate(prices))]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_a_csv_s_prices_are_the_recording(tmp_path: Path) -> None:
    write_csv(tmp_path / "path.csv", PRICES)
    market = the(ConfigureMarketData, compiled(tmp_path, minute("path.csv"), "demo"))
    assert market.recording == UNITS
    assert market.model == "replay"


def test_a_parquet_file_s_prices_are_the_recording(tmp_path: Path) -> None:
    pl.DataFrame({"price": PRICES}).write_parquet(tmp_path / "path.parquet")
    market = the(ConfigureMarketData, compiled(tmp_path, minute("path.parquet"), "demo"))
    assert market.recording == UNITS


def test_what_is_longer_than_the_session_is_cut(tmp_path: Path) -> None:
    write_csv(tmp_path / "path.csv", [*PRICES, 1, 2, 3])
    market = the(ConfigureMarketData, compiled(tmp_path, minute("path.csv"), "demo"))
    assert market.recording == UNITS


def test_a_recording_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write_csv(inner / "path.csv", PRICES)
    (inner / "base.toml").write_text('extends = "demo"\n' + minute("path.csv"), encoding="utf-8")
    game = compiled(tmp_path, 'extends = "inner/base.toml"\n', base=None)
    assert the(ConfigureMarketData, game).recording == UNITS


def test_the_hash_covers_the_prices_and_not_where_they_lie(tmp_path: Path) -> None:
    hashes = []
    for place, prices in (("one", PRICES), ("two", PRICES), ("three", [*PRICES[:-1], 4000])):
        folder = tmp_path / place
        folder.mkdir()
        write_csv(folder / "path.csv", prices)
        hashes.append(compiled(folder, minute("path.csv"), "demo").scenario_hash)
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("name", "prices", "told"),
    [
        ("path.csv", PRICES[:59], "59 prices do not fill a session of 60 seconds"),
        ("path.csv", [*PRICES[:-1], "high"], "row 60: 'high' is not a price in USD"),
        ("path.csv", [-1, *PRICES], "row 1: '-1' is not a price in USD above 0"),
        ("path.csv", ["nan", *PRICES], "row 1: 'nan' is not a price in USD above 0"),
        ("path.csv", [0.00001, *PRICES], "row 1: 1e-05 USD has more than 4 decimals"),
        ("path.json", PRICES, "the file's name must end in .csv or .parquet"),
        ("path.parquet", PRICES, "path.parquet is not Parquet"),
    ],
)
def test_a_wrong_recording_is_refused_with_its_place(
    tmp_path: Path, name: str, prices: list[object], told: str
) -> None:
    write_csv(tmp_path / name, prices)
    with pytest.raises(ConfigurationError) as refused:
        compiled(tmp_path, minute(name), "demo")
    assert told in str(refused.value)
    assert f"market.recording {name}" in str(refused.value)


def test_a_missing_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"path\.csv: no such file"):
        compiled(tmp_path, minute("path.csv"), "demo")
    write_csv(tmp_path / "path.csv", PRICES, column="close")
    with pytest.raises(ConfigurationError, match="no column `price`; it has second, close"):
        compiled(tmp_path, minute("path.csv"), "demo")


def test_without_the_extra_parquet_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "path.parquet").touch()
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ConfigurationError, match=r"the extra \[analytics\]"):
        compiled(tmp_path, minute("path.parquet"), "demo")


def test_a_model_that_follows_no_recording_is_told_so(tmp_path: Path) -> None:
    write_csv(tmp_path / "path.csv", PRICES)
    text = '[session]\ncontinuous_s = 60\n[market]\nrecording = "path.csv"\n'
    with pytest.raises(ConfigurationError, match="regime_gbm follows no recording"):
        compiled(tmp_path, text, "demo")


def test_no_shipped_scenario_follows_a_recording() -> None:
    for name in scenario.available():
        game = scenario.load(name)
        if game.rules.has_market:
            assert the(ConfigureMarketData, game).recording == ()
