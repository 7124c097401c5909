"""Two people who follow two how-tos at once do not get into each other's way."""

from itertools import combinations
from pathlib import Path

from tests.docs.applying import Tree
from tests.docs.test_how_tos import HOW_TO, PROOFS


def test_changes_of_different_kinds_touch_no_file_in_common(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for name in PROOFS:
        tree.apply(HOW_TO / f"{name}.md")  # each in what the others left
    written = [hand_written(name) for name in PROOFS]
    assert tree.changed() == set().union(*written)
    for one, other in combinations(written, 2):
        assert not one & other


def hand_written(name: str) -> set[str]:
    """Return the files whose blocks stand on a page."""
    text = (HOW_TO / f"{name}.md").read_text(encoding="utf-8")
    heads = (block.partition("\n")[0] for block in text.split("```diff\n")[1:])
    return {head[4:].strip() for head in heads}
