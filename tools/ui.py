"""Build the page from `frontend/` and hold what is committed under `src/itg/ui/` against it.

    python3 tools/ui.py check   # exit 1 naming the files that differ
    python3 tools/ui.py write   # write them

Types and the page's own tests are checked in both. Without Node and npm, or where npm cannot
install, it says so and exits 0: whoever plays needs neither.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "itg" / "ui"
STAMP = "node_modules/.installed"
INSTALL_S = 300
NODE_LEAST = (20, 19)  # what Vite 8 asks for
WRONG_LOCK = "EUSAGE"  # package.json and its lock disagree: a fault of ours


def main() -> int:
    mode = sys.argv[1] if len(sys.argv) == 2 else ""
    if mode not in {"check", "write"}:
        print(__doc__)
        return 2
    missing = missing_tools()
    if missing:
        return skipped(missing)
    try:
        failure = install()
        if failure:
            return skipped(failure)
        run("npm", "run", "--silent", "check")
        run("npm", "test", "--silent", "--", "--passWithNoTests")
        with tempfile.TemporaryDirectory(prefix="itg-ui-") as folder:
            made = Path(folder) / "ui"
            run("npm", "run", "--silent", "build", "--", "--outDir", str(made), "--emptyOutDir")
            return write(made) if mode == "write" else check(made)
    except subprocess.CalledProcessError as error:
        print(f"FAILED: {' '.join(map(str, error.cmd))}")
        return 1


def missing_tools() -> str:
    """Say what is missing to build the page, or nothing."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            return f"{tool} is not here"
    told = subprocess.run(("node", "--version"), capture_output=True, text=True, check=False)
    version = tuple(map(int, re.findall(r"\d+", told.stdout)[:2]))
    if version < NODE_LEAST:
        return f"Node {told.stdout.strip()} is older than {'.'.join(map(str, NODE_LEAST))}"
    return ""


def install() -> str:
    """Install what the lock names unless it is there; return why that cannot be done, or ""."""
    digest = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    stamp = FRONTEND / STAMP
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return ""
    print("  npm ci", flush=True)
    command = ("npm", "ci", "--no-progress")
    try:
        done = subprocess.run(
            command, cwd=FRONTEND, capture_output=True, text=True, check=False, timeout=INSTALL_S
        )
    except subprocess.TimeoutExpired:
        return f"npm could not install within {INSTALL_S} s"
    if done.returncode == 0:
        stamp.write_text(digest, encoding="utf-8")
        return ""
    if WRONG_LOCK in done.stderr:
        print(done.stderr)
        raise subprocess.CalledProcessError(done.returncode, done.args)
    last = [line for line in done.stderr.splitlines() if line.strip()][-3:]
    return "npm could not install: " + " / ".join(last)


def run(*command: str) -> None:
    print(f"  {' '.join(command)}", flush=True)
    subprocess.run(command, cwd=FRONTEND, check=True)


def skipped(why: str) -> int:
    print(f"the page was NOT compared with its source: {why}")
    return 0


def check(made: Path) -> int:
    """Name every file that is not as it was built."""
    different = differing(made, BUILT)
    for name, what in different:
        print(f"  src/itg/ui/{name}: {what}")
    if different:
        print("src/itg/ui is not what frontend/ builds: run `make ui-write` and commit it")
        return 1
    print(f"src/itg/ui is what frontend/ builds: {len(names_in(BUILT))} files")
    return 0


def write(made: Path) -> int:
    different = differing(made, BUILT)
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(made, BUILT)
    print(f"src/itg/ui: {len(different)} files written anew, {len(names_in(made))} in all")
    return 0


def differing(made: Path, committed: Path) -> list[tuple[str, str]]:
    """Return what differs, by name: `made` is what should be."""
    wanted, found = names_in(made), names_in(committed)
    rows = [(name, "missing") for name in wanted - found]
    rows += [(name, "built no more") for name in found - wanted]
    rows += [
        (name, "different")
        for name in wanted & found
        if (made / name).read_bytes() != (committed / name).read_bytes()
    ]
    return sorted(rows)


def names_in(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


if __name__ == "__main__":
    raise SystemExit(main())
