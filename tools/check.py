"""Run every check of the house, also after one failed, and end with a table of them all."""

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


class Check(NamedTuple):
    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()


CHECKS = (
    Check("format", ("ruff", "format", "--check", "--quiet", "--diff", ".")),
    Check("lint", ("ruff", "check", "--quiet", "--output-format", "concise", ".")),
    Check("types", ("mypy", "--no-error-summary")),
    Check("types of client and wire", ("basedpyright",), ("src/itg/client", "src/itg/wire")),
    Check("import contracts", ("lint-imports", "--cache-dir", ".cache/import-linter")),
    Check("tidy", ("pytest", "-q", "-p", "no:randomly", "tests/tidy")),
    Check("dead code", ("python", "tools/deadcode.py")),
    Check("dependencies", ("deptry", "src", "--no-ansi")),
    Check("interfaces", ("python", "-m", "tools.api", "check")),
    Check("changelog", ("towncrier", "build", "--draft", "--version", "next")),
)


class Result(NamedTuple):
    name: str
    verdict: str
    seconds: float


def main() -> int:
    wanted = sys.argv[1:]
    checks = [check for check in CHECKS if not wanted or check.name in wanted]
    results = [perform(check) for check in checks]
    print("\n== summary")
    for result in results:
        print(f"  {result.name:<26} {result.verdict:<8} {result.seconds:6.1f} s")
    return int(any(result.verdict == "FAILED" for result in results))


def perform(check: Check) -> Result:
    print(f"\n== {check.name}: {' '.join(check.command)}", flush=True)
    missing = [path for path in check.needs if not any((ROOT / path).rglob("*.py"))]
    if missing:
        print(f"  skipped: nothing lives in {', '.join(missing)} yet")
        return Result(check.name, "skipped", 0.0)
    started = time.monotonic()
    done = subprocess.run([BIN / check.command[0], *check.command[1:]], cwd=ROOT, check=False)
    verdict = "ok" if done.returncode == 0 else "FAILED"
    return Result(check.name, verdict, time.monotonic() - started)


if __name__ == "__main__":
    raise SystemExit(main())
