"""The page that is committed is what its source builds; without Node nobody is stopped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools import ui

TOOL = Path(ui.__file__)


def write(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_every_file_that_is_another_missing_or_left_over_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = write(tmp_path / "made", same_js="a", other_js="b", fresh_css="c")
    committed = write(tmp_path / "ui", same_js="a", other_js="old", gone_js="d")
    rows = [("fresh.css", "missing"), ("gone.js", "built no more"), ("other.js", "different")]
    assert ui.differing(made, committed) == rows
    monkeypatch.setattr(ui, "BUILT", committed)
    assert ui.check(made) == 1
    assert "make ui-write" in capsys.readouterr().out
    assert ui.write(made) == 0
    assert ui.differing(made, committed) == []
    assert ui.check(made) == 0


@pytest.mark.parametrize(
    ("node", "told"), [("", "node is not here"), ("v18.4.0", "older than 20.19")]
)
def test_without_a_node_that_can_build_it_says_so_and_stops_nobody(
    tmp_path: Path, node: str, told: str
) -> None:
    for name in ("node", "npm") if node else ():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {node}\n")
        program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, TOOL, "check"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"NOT compared with its source: {told if not node else 'Node v18.4.0'}" in done.stdout
    assert told in done.stdout


def test_a_lock_that_cannot_be_installed_stops_nobody_and_one_that_is_wrong_does(
    tmp_path: Path,
) -> None:
    for error, code in (("ENOTFOUND no such host", 0), ("EUSAGE the lock is not in sync", 1)):
        folder = tmp_path / str(code)
        folder.mkdir()
        for name, script in (
            ("node", "echo v22.20.0"),
            ("npm", f"echo npm error {error} >&2; exit 1"),
        ):
            program = folder / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        done = installed_with(folder)
        assert done.returncode == code, done.stdout


def installed_with(programs: Path) -> "subprocess.CompletedProcess[str]":
    """Run the tool on a frontend where nothing is installed yet."""
    clone = programs / "clone"
    (clone / "tools").mkdir(parents=True)
    (clone / "frontend").mkdir()
    (clone / "frontend" / "package-lock.json").write_text("{}")
    (clone / "tools" / "ui.py").write_text(TOOL.read_text(encoding="utf-8"), encoding="utf-8")
    return subprocess.run(
        [sys.executable, clone / "tools" / "ui.py", "check"],
        env={**os.environ, "PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
