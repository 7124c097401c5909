"""The page of read models has every table and column, and its query runs on what is made."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.compose.recorded import recorded

from itg.adapters.read_models.tables import SCHEMAS
from itg.cli import app, exits

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "read-models.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "query-a-game-in-sql.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("service", SCHEMAS)
def test_every_table_of_a_service_is_there_with_its_columns(service: str) -> None:
    section = PAGE.partition(f"\n## {service}\n")[2].partition("\n## ")[0]
    everywhere = PAGE.partition("\n## In every one of them\n")[2].partition("\n## ")[0]
    for table in SCHEMAS[service].tables.values():
        own = f"\n### {table.name}\n"
        told = (section if own in section else everywhere).partition(own)[2].partition("\n### ")[0]
        columns = re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE)
        assert columns == [column.name for column in table.columns]


def test_the_how_to_s_query_runs_on_what_the_command_makes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path / "data", acts=60)
    assert app(["project", str(tmp_path / "data")]) == exits.DONE
    assert re.search(
        r"positions +\S+positions\.sqlite\n +bare-\w{8} to seq", capsys.readouterr().out
    )
    (query,) = re.findall(r"<!-- query -->\n+```sql\n(.*?)```", HOW_TO, re.DOTALL)
    with closing(sqlite3.connect(tmp_path / "data.read-models" / "positions.sqlite")) as database:
        rows = database.execute(query).fetchall()
        (fills,) = database.execute("SELECT count(*) FROM fills").fetchone()
    assert {row[0] for row in rows} <= {"t1", "t2", "t3"}
    assert sum(row[1] for row in rows) == fills > 0
