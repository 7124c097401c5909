"""What a replay depends on besides its inputs: the rules' source and the machine's arithmetic."""

from collections.abc import Iterator
from hashlib import sha256
from math import cosh, erfc, exp, log, sinh, sqrt
from pathlib import Path
from struct import pack

import numpy as np

from itg.runtime.cascade import Machine
from itg.runtime.journal import Header

PACKAGE = Path(__file__).parent.parent
# Everything whose change may change an output: rules, their vocabulary, and what carries them out.
_RULES = (
    "kernel/*.py",
    "*/core/**/*.py",
    "*/contract.py",
    "*/contract/**/*.py",
    "game/asking.py",
    "game/hearing.py",
    "*/service.py",
    "runtime/cascade.py",
    "runtime/routing.py",
    "runtime/timers.py",
)
_GRID = 512
# Whole vectors take the processor's widest path, what is left over another.
_LENGTHS = (1, 7, 16, 61, _GRID)


def code_fingerprint(package: Path = PACKAGE) -> str:
    """Return SHA-256 over the paths and bytes of every source file that decides outputs."""
    digest = sha256()
    for path in sorted({path for pattern in _RULES for path in package.glob(pattern)}):
        source = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()}\n{len(source)}\n".encode())
        digest.update(source)
    return digest.hexdigest()


def numeric_fingerprint() -> str:
    """Return SHA-256 over the functions the models use: libraries differ in the last bit."""
    values = tuple(_values())
    return sha256(pack(f"<{len(values)}d", *values)).hexdigest()


def _values() -> Iterator[float]:
    for step in range(1, _GRID):
        x = step / 37.0
        yield exp(-x)
        yield log(x)
        yield sqrt(x)
        yield erfc(x - 6.0)
        yield sinh(x)
        yield cosh(x)
    grid = np.arange(1, _GRID + 1) / 37.0
    for length in _LENGTHS:
        part = grid[:length]
        for values in (np.exp(-part), np.log(part), np.log1p(part), np.sqrt(part)):
            yield from values.tolist()


def header_of(machine: Machine, scenario_hash: str = "") -> Header:
    """Return the header a journal is opened with to run `machine` in this build."""
    return Header(
        code_fingerprint=code_fingerprint(),
        numeric_fingerprint=numeric_fingerprint(),
        scenario_hash=scenario_hash,
        nodes=tuple(machine.nodes),
    )
