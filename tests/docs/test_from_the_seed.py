"""Each row of the page names what shows it, and that exists."""

import ast
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "from-the-seed.md"
ASKED = (
    *("REST between services", "message bus: NATS", "message bus: RabbitMQ", "message bus: Kafka"),
    *("a database for each service", "event sourcing", "audit trail", "crash recovery"),
    *("migrations", "backup and restore", "discovery", "breakers", "tracing"),
    *("independent deployment", "mesh"),
)
STATES = {"built", "part", "not built"}
TEST = re.compile(r"\[`(test_\w+)`\]\(([^)#]+)\)")
MISSING = re.compile(r"\b(no|not|nobody|nothing|need)\b", re.IGNORECASE)


def rows(text: str) -> list[list[str]]:
    table = text.partition("<!-- rows -->")[2].partition("<!-- end -->")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def findings(text: str, folder: Path) -> list[str]:
    """Return what is wrong with the table: rows, states, and tests that are not there."""
    found = [] if [row[0] for row in rows(text)] == list(ASKED) else ["other rows than asked for"]
    for name, state, told, shown in rows(text):
        if state not in STATES:
            found.append(f"{name}: state {state}")
        if state != "built" and not MISSING.search(told):
            found.append(f"{name}: says not what is missing")
        tests = TEST.findall(shown)
        if not tests:
            found.append(f"{name}: no test")
        found += [f"{name}: {test}" for test, file in tests if not exists(folder / file, test)]
    return found


def exists(file: Path, test: str) -> bool:
    if not file.is_file():
        return False
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(n, kinds) and n.name == test for n in ast.parse(file.read_text()).body)


def test_every_row_has_a_state_and_a_test_that_exists() -> None:
    assert findings(PAGE.read_text(encoding="utf-8"), PAGE.parent) == []


def test_a_row_that_is_gone_and_a_test_that_is_not_there_are_found() -> None:
    text = PAGE.read_text(encoding="utf-8")
    renamed = text.replace("test_the_audit_keeps_every_act", "test_the_audit_keeps_some_acts", 1)
    assert findings(renamed, PAGE.parent) == [
        "audit trail: test_the_audit_keeps_some_acts_of_an_organizer_and_survives_a_snapshot"
    ]
    without = re.sub(r"^\| mesh .*\n", "", text, flags=re.MULTILINE)
    assert findings(without, PAGE.parent) == ["other rows than asked for"]
    claimed = text.replace("| tracing | built |", "| tracing | done |")
    assert findings(claimed, PAGE.parent) == [
        "tracing: state done",
        "tracing: says not what is missing",
    ]
