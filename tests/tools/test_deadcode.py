"""What nothing in the source reaches is found, and what is excused must need it."""

from pathlib import Path

import pytest
from tools import deadcode

CODE = """
def used() -> int:
    return 1

def forgotten() -> int:
    return used()
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package with a function that nothing calls."""
    folder = tmp_path / "src" / "itg"
    folder.mkdir(parents=True)
    (folder / "orders.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "allowed.toml").write_text("", encoding="utf-8")
    monkeypatch.setattr(deadcode, "ROOT", tmp_path)
    monkeypatch.setattr(deadcode, "PACKAGE", folder)
    monkeypatch.setattr(deadcode, "ALLOWED", tmp_path / "allowed.toml")
    return folder


def test_a_function_nothing_reaches_fails_the_check(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deadcode.main() == 1
    assert capsys.readouterr().out == "src/itg/orders.py:5: unused function 'forgotten'\n"
    (package / "orders.py").write_text(CODE + "forgotten()\n", encoding="utf-8")
    assert deadcode.main() == 0


def test_an_excuse_is_for_what_is_dead_alone(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = '[[allowed]]\nplace = "src/itg/orders.py"\nname = "{}"\nreason = "a hook"\n'
    deadcode.ALLOWED.write_text(words.format("forgotten"), encoding="utf-8")
    assert deadcode.main() == 0
    (package / "orders.py").write_text(CODE + "forgotten()\n", encoding="utf-8")
    assert deadcode.main() == 1
    assert "'forgotten' of src/itg/orders.py is used or gone" in capsys.readouterr().out
