"""The page on splitting answers each criterion, and what it measured stands where it says."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "when-to-split.md"
CRITERIA = {
    "1. Do scaling needs differ?": "Services: no",
    "2. Must parts be deployed independently?": "No",
    "3. Do technology requirements diverge?": "Not inside",
    "4. Is failure isolation critical?": "Between services: no",
}


def section(heading: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("heading", "verdict"), CRITERIA.items(), ids=[h[0] for h in CRITERIA])
def test_each_criterion_is_answered_in_its_first_line(heading: str, verdict: str) -> None:
    first = section(heading).strip().splitlines()[0]
    assert first.startswith("**")
    assert verdict in first


def test_what_one_process_carries_stands_on_the_page_it_is_taken_from() -> None:
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| \[.+?\]\((.+?)\) \|$",
        section("What one process carries"),
        re.MULTILINE,
    )
    assert len(rows) >= 7
    for what, figure, target in rows:
        source = (PAGE.parent / target).resolve().read_text(encoding="utf-8")
        assert figure in source, (what, figure, target)


def test_what_a_stand_by_and_postgres_cost_stands_on_their_pages() -> None:
    told = section("What each step buys and costs")
    folder = PAGE.parents[1]
    pages = [
        folder / "how-to" / "run-in-several-processes.md",
        folder / "explanation/performance.md",
    ]
    sources = "".join(page.read_text(encoding="utf-8") for page in pages)
    for figure in ("0.45 to 0.57 s", "0.7 to 0.9 s", "13–19 µs", "0.88 and 0.61"):
        assert figure in told
        assert figure in sources, figure
