"""The repository's own rules, one case each; a failure lists every place as `file:line: what`."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.tidy import documents, house, purity, shape, words
from tests.tidy.tree import Finding

ROOT = Path(__file__).resolve().parents[2]

RULES: tuple[Callable[[Path], Iterator[Finding]], ...] = (
    shape.long_files,
    shape.long_functions,
    shape.wordy_packages,
    shape.nameless_names,
    shape.open_promises,
    shape.sleeping_tests,
    purity.iterated_sets,
    purity.divided_money,
    purity.waiting_rooms,
    purity.logging_elsewhere,
    purity.locks,
    words.synonyms,
    words.needless_exceptions,
    house.unlisted_packages,
    house.addressed_locks,
    house.foreign_addresses,
    house.debug_guard,
    documents.broken_links,
    documents.missing_symbols,
    documents.unkept_promises,
    documents.undocumented,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule: Callable[[Path], Iterator[Finding]]) -> None:
    places = [finding.at(ROOT) for finding in rule(ROOT)]
    if places:
        pytest.fail("\n".join([f"{len(places)} broken", *places]), pytrace=False)


def test_the_command_refuses_to_start_without_asserts() -> None:
    command = [sys.executable, "-O", "-c", "from itg.cli import main; main()", "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode != 0
    assert "-O" in answer.stderr
