"""The list of planted bugs fits the source, and the page of results fits the list."""

import ast

import pytest
from tests.exchange.planted import ROOT, Bug, bugs

PAGE = ROOT / "docs" / "explanation" / "planted-bugs.md"


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_a_planted_bug_has_its_place_and_is_a_program(bug: Bug) -> None:
    source = (ROOT / bug.file).read_text(encoding="utf-8")
    assert source.count(bug.text) == 1
    ast.parse(source.replace(bug.text, bug.wrong))


def test_the_page_has_every_bug_and_all_are_caught() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    results = {}
    for row in rows[1:]:
        name, verdict = (cell.strip() for cell in row.strip("|").split("|"))
        results[name] = verdict
    assert results.pop("none") == "**survived**"
    assert results == {bug.name: "caught" for bug in bugs()}
