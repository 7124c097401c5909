"""The package on a bare Python: installed with pip and no compiler, and the demo of `make`."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What pip and make need, and nothing that compiles.
TOOLS = ("make", "git", "sh", "bash", "env", "awk", "uname", "rm", "mkdir", "dirname", "basename")

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(1_200)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return what is committed, as somebody who has just cloned it has it."""
    archive, tree = tmp_path / "tree.tar", tmp_path / "tree"
    command = ["git", "-C", str(ROOT), "archive", "--output", str(archive), "HEAD"]
    subprocess.run(command, check=True)
    with tarfile.open(archive) as packed:
        packed.extractall(tree, filter="data")
    return tree


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Return an environment without a compiler, and without this one's packages."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        if found is not None:
            (folder / name).symlink_to(found)
    python = Path(sys.base_prefix) / "bin" / "python3"
    (folder / "python3").symlink_to(python)
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    told = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    return {**kept, **told, "PATH": str(folder), "CC": "/nowhere/cc", "CXX": "/nowhere/c++"}


def test_pip_installs_it_without_a_compiler_and_the_demo_plays(
    tree: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    subprocess.run(["python3", "-m", "venv", str(venv)], check=True, env=bare)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--only-binary", ":all:", "."]
    subprocess.run(pip, check=True, env=bare, cwd=tree)
    command = [str(venv / "bin" / "itg"), "demo", "--headless", "--speed", "max"]
    command += ["--seed", "7", "--json"]
    done = subprocess.run(command, env=bare, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trades"] > 0
    assert told["event_digest"]


def test_make_demo_starts_from_a_bare_python(tree: Path, bare: dict[str, str]) -> None:
    done = subprocess.run(["make", "demo"], env=bare, cwd=tree, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tree / ".venv").is_dir()
    assert b"http://127.0.0.1:" in done.stdout
