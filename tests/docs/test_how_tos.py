"""How-tos that change the code: each is applied to a copy of it, and what it adds works there."""

from pathlib import Path

import pytest
from tests.docs.applying import ROOT, Tree, files_named

HOW_TO = ROOT / "docs" / "how-to"
FILES_MAX = 8  # by hand; documents that a command writes are named but cost nobody anything
PROOFS = {
    "add-a-constraint": "tests/gateway/test_right_allowed.py",
    "add-a-kpi": "tests/game/scoring/test_rebate.py",
    "add-a-channel": "tests/gateway/test_corrections.py",
    "add-a-price-model": "tests/market_data/test_intraday.py",
}
# What else would notice that the change is not whole.
NEIGHBOURS = {
    "add-a-constraint": ("tests/gateway/test_documents.py", "tests/scenario/test_strict.py"),
    "add-a-kpi": ("tests/game/scoring/test_worked_example.py",),
    "add-a-channel": ("tests/gateway/test_documents.py", "tests/gateway/test_every_event.py"),
    "add-a-price-model": ("tests/market_data/test_models.py",),
}
TESTED = ("pytest", "-q", "-n0", "-p", "no:randomly", "-p", "no:cacheprovider")
pytestmark = [pytest.mark.gate, pytest.mark.timeout(600)]


@pytest.mark.parametrize("name", PROOFS)
def test_a_change_by_the_page_works_and_touches_what_the_page_names(
    name: str, tmp_path: Path
) -> None:
    page = HOW_TO / f"{name}.md"
    tree = Tree(tmp_path)
    tree.apply(page)
    by_hand = tree.changed()
    if "tools.api write" in page.read_text(encoding="utf-8"):
        tree.run("tools.api", "write")
    changed = tree.changed()
    assert changed == files_named(page)
    assert len(by_hand) <= FILES_MAX
    python = sorted(file for file in changed if file.endswith(".py"))
    tree.run("ruff", "check", "--no-cache", *python)
    tree.run("ruff", "format", "--check", "--no-cache", *python)
    tree.run("mypy", "--cache-dir", str(tmp_path / ".mypy"), *python)
    tree.run(*TESTED, PROOFS[name], *NEIGHBOURS[name], "tests/tidy/test_tidy.py")
