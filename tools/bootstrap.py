"""Install what the project needs inside the clone, from a bare python3; say each step in a line.

    python3 tools/bootstrap.py runtime   # .venv with what runs the game
    python3 tools/bootstrap.py dev       # .venv with that and the workbench
    python3 tools/bootstrap.py bench     # that, and .venv-bench with the peer of the benchmarks
    python3 tools/bootstrap.py lock      # resolve anew and write requirements*.lock

PYTHON names another interpreter, VENV another folder. The file runs on any python3 from 3.7 up, so
that an old one gets a sentence and not a SyntaxError. What is done leaves a stamp with the hash of
its inputs and is skipped the next time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / os.environ.get("VENV", ".venv")
TOOLS = ROOT / ".tools"
OLDEST = (3, 11)
NAMES = ("python3", "python3.13", "python3.12", "python3.11")
LOCKS = {
    "runtime": "requirements.lock",
    "dev": "requirements-dev.lock",
    "bench": "requirements-bench.lock",
}
UV_LOCK = "requirements-uv.lock"
PROBE = """
import importlib.util, sys
print(*sys.version_info[:2], int(importlib.util.find_spec("ensurepip") is not None))
"""
PROJECT = ("--no-deps", "--no-build-isolation", "--editable", ".")


class BootstrapError(Exception):
    """A step that could not be done; the text names the cure."""


def main() -> int:
    step = sys.argv[1] if len(sys.argv) == 2 else ""
    if step not in (*LOCKS, "lock"):
        print(__doc__)
        return 2
    # Two `make` at once take turns: the clone's directory itself is the lock file.
    clone = os.open(str(ROOT), os.O_RDONLY)
    fcntl.flock(clone, fcntl.LOCK_EX)
    try:
        if step == "lock":
            resolve()
        elif step == "bench":
            ensure("dev")
            ensure("bench")
        else:
            ensure(step)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    finally:
        os.close(clone)
    return 0


def ensure(step: str) -> None:
    if is_installed(step) or (step == "runtime" and is_installed("dev")):
        return
    started = time.monotonic()
    python = find_python()
    uv = find_uv(python)
    if uv is None or not install_with_uv(uv, python, step):
        install_with_pip(python, step)
    for other in venv_of(step).glob(".installed-*"):
        other.unlink()
    stamp(step).write_text(fingerprint(step))
    say("ready", f"in {time.monotonic() - started:.0f} s")


def venv_of(step: str) -> Path:
    # A peer's packages would change what the server finds installed, so they live apart.
    return VENV.with_name(f"{VENV.name}-bench") if step == "bench" else VENV


def is_installed(step: str) -> bool:
    names = ("python",) if step == "bench" else ("python", "itg")
    if not all((venv_of(step) / "bin" / name).exists() for name in names):
        return False
    return stamp(step).exists() and stamp(step).read_text() == fingerprint(step)


def stamp(step: str) -> Path:
    return venv_of(step) / f".installed-{step}"


def fingerprint(step: str) -> str:
    # An interpreter named by hand counts too: `make test PYTHON=python3.12` makes .venv anew.
    digest = hashlib.sha256(os.environ.get("PYTHON", "").encode())
    for name in (LOCKS[step], "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def find_python() -> str:
    """Return the first interpreter that is new enough and can make an environment."""
    wanted = os.environ.get("PYTHON")
    without_venv = []
    for name in (wanted,) if wanted else NAMES:
        version, path, has_venv = probe(name)
        if version < OLDEST:
            continue
        if has_venv or shutil.which("uv"):
            say("python", f"{version[0]}.{version[1]}, {path}")
            return path
        without_venv.append(f"{version[0]}.{version[1]}")
    if without_venv:
        raise BootstrapError(
            f"Python {without_venv[0]} is here without its venv module. Cure on Debian and Ubuntu: "
            f"apt-get install python{without_venv[0]}-venv; or put uv on PATH."
        )
    tried = wanted or ", ".join(NAMES)
    raise BootstrapError(
        f"no Python {OLDEST[0]}.{OLDEST[1]} or newer (tried {tried}). Install one, or name it: "
        "make PYTHON=/path/to/python3.11 …"
    )


def probe(name: str) -> tuple[tuple[int, int], str, bool]:
    path = shutil.which(name)
    if path is None:
        return (0, 0), "", False
    answer = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return (0, 0), path, False
    major, minor, has_venv = answer.stdout.split()
    return (int(major), int(minor)), path, has_venv == "1"


def find_uv(python: str) -> str | None:
    """Return uv from PATH, or from an environment of its own inside the clone."""
    path = shutil.which("uv")
    if path:
        say("uv", path)
        return path
    own = TOOLS / "bin" / "uv"
    if own.exists():
        return str(own)
    say("uv", f"not on PATH: installing it into .tools ({UV_LOCK})")
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    made = run([python, "-m", "venv", "--clear", str(TOOLS)]) and run([*pip, "-r", UV_LOCK])
    return str(own) if made and own.exists() else None


def install_with_uv(uv: str, python: str, step: str) -> bool:
    venv, lock = venv_of(step), LOCKS[step]
    target = ["--python", str(venv / "bin" / "python")]
    if not is_environment(venv, python):
        say("venv", f"making {venv.name}")
        if not run([uv, "venv", "--quiet", "--clear", "--python", python, str(venv)]):
            return False
    say("packages", f"installing {lock} into {venv.name}, hashes checked")
    if not run([uv, "pip", "sync", "--quiet", "--require-hashes", *target, lock]):
        return False
    return step == "bench" or run([uv, "pip", "install", "--quiet", *target, *PROJECT])


def install_with_pip(python: str, step: str) -> None:
    venv, lock = venv_of(step), LOCKS[step]
    say("pip", f"uv did not serve: making {venv.name} anew and installing {lock} by pip")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    done = (
        run([python, "-m", "venv", "--clear", str(venv)])
        and run([*pip, "--require-hashes", "-r", lock])
        and (step == "bench" or run([*pip, *PROJECT]))
    )
    if not done:
        raise BootstrapError(f"could not install {lock}; the lines above say why.")


def is_environment(venv: Path, python: str) -> bool:
    """Tell whether the folder holds an environment of the wanted Python version."""
    own = venv / "bin" / "python"
    return own.exists() and probe(str(own))[0] == probe(python)[0]


def resolve() -> None:
    uv = find_uv(find_python())
    if uv is None:
        raise BootstrapError("a new lock needs uv, which could not be installed (see above).")
    say("resolve", f"for Python {OLDEST[0]}.{OLDEST[1]} and newer")
    if not run([uv, "lock", "--quiet"]):
        raise BootstrapError("no resolution; the lines above say why.")
    export = [uv, "export", "--quiet", "--frozen", "--no-header", "--no-emit-index-url"]
    export += ["--no-emit-project", "--format", "requirements-txt", "--no-default-groups"]
    for name, groups in (
        (LOCKS["runtime"], ["--group", "build"]),
        (LOCKS["dev"], ["--group", "build", "--group", "dev"]),
        (LOCKS["bench"], ["--only-group", "bench"]),
        (UV_LOCK, ["--only-group", "bootstrap"]),
    ):
        say("write", name)
        if not run([*export, *groups, "--output-file", name]):
            raise BootstrapError(f"could not write {name}")
        if re.search(r"://|^-", (ROOT / name).read_text(), re.MULTILINE):
            raise BootstrapError(f"{name} names an address or an option; hashes alone belong there")


def run(command: list[str]) -> bool:
    # uv never fetches an interpreter of its own: the one named above is used.
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", UV_PYTHON_DOWNLOADS="never")
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(
        command, cwd=str(ROOT), env=environment, stdout=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


def say(step: str, text: str) -> None:
    print(f"  {step:<9} {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
