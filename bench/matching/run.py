"""Matching, one command at a time: ours beside the best engines written in Python.

Every engine plays the same stream in a process of its own, in turn and in two rounds, and its
tape is compared trade by trade. "service" is the live path, command structs in, event structs out;
"core" is its book and matching alone. The peers need interpreters of their own:

    python3.13 -m venv a && a/bin/pip install matching-engine      BENCH_PYTHON_PY313=a/bin/python
    python3.11 -m venv b && b/bin/pip install lightmatchingengine  BENCH_PYTHON_PEERS=b/bin/python
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, Goal, Peer
from bench.matching.flow import SHAPES

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ROUNDS = 2
TIMEOUT_S = 300
SERVICE, CORE = "service", "core"
RIVAL, LIGHT = "matching-engine", "lightmatchingengine"
ADAPTERS = {
    SERVICE: HERE / "adapters" / "ours.py",
    CORE: HERE / "adapters" / "ours_core.py",
    RIVAL: HERE / "peers" / "matching_engine.py",
    LIGHT: HERE / "peers" / "lightmatchingengine.py",
}
VARIABLES = {RIVAL: "BENCH_PYTHON_PY313", LIGHT: "BENCH_PYTHON_PEERS"}
CANCELS = "cancels"
BEST_GOAL = Goal(name="S1", at_least=1.6, of_ratio=True)
PREDECESSOR_GOAL = Goal(name="S1", at_least=4, of_ratio=True)
PREDECESSOR = Peer(name="predecessor", value=280_000, recorded=True)
DEPTH_GOAL = Goal(name="S4", at_least=0.75)
CANCELS_GOAL = Goal(name="S4", at_least=1)
OPENING_GOAL = Goal(name="S13", at_most=20)

Rates = dict[tuple[str, str], float]  # of (engine, stream)


def measure_matching() -> Iterator[Figure]:
    """Measure the four streams, the cancels of one price and the opening."""
    rates, wrong = sampled(interpreters())
    for stream in SHAPES:
        yield from beside_peers(rates, wrong, stream)
    yield Figure(
        name="matching chain, predecessor",
        value=rates[SERVICE, "chain"],
        unit="/s",
        goal=PREDECESSOR_GOAL,
        peer=PREDECESSOR,
    )
    for engine in (SERVICE, CORE):
        deep, normal, cancels = (rates[engine, s] for s in ("deep", "normal", CANCELS))
        yield Figure(
            name=f"{engine}, deep to normal", value=deep / normal, unit="x", goal=DEPTH_GOAL
        )
        yield Figure(
            name=f"{engine}, cancels of one price to normal",
            value=cancels / normal,
            unit="x",
            goal=CANCELS_GOAL,
        )
    opening = result_of([sys.executable, "-m", "bench.matching.opening"])
    yield Figure(
        name="opening of 10,000 orders",
        value=opening["ms"],
        unit="ms",
        is_less_better=True,
        goal=OPENING_GOAL,
        note=f"{opening['trades']:,.0f} trades",
    )


def interpreters() -> dict[str, str]:
    """Return the interpreter of every engine that can run here; say which cannot."""
    found = {SERVICE: sys.executable, CORE: sys.executable}
    for engine, variable in VARIABLES.items():
        path = os.environ.get(variable)
        if path:
            found[engine] = path
        else:
            print(f"  skipped: {engine}, {variable} names no interpreter with it", flush=True)
    return found


def sampled(pythons: dict[str, str]) -> tuple[Rates, set[tuple[str, str]]]:
    rates: Rates = {}
    wrong: set[tuple[str, str]] = set()
    for stream in (*SHAPES, CANCELS):
        for _ in range(ROUNDS):
            for engine, python in pythons.items():
                worker = [python, "-m", "bench.matching.measure", str(ADAPTERS[engine]), stream]
                result = result_of(worker)
                rates[engine, stream] = max(rates.get((engine, stream), 0.0), result["per_s"])
                if not result["is_exact"]:
                    wrong.add((engine, stream))
        line = "  ".join(f"{engine} {rates[engine, stream]:>9,.0f}/s" for engine in pythons)
        print(f"  {stream:<8} {line}", flush=True)
    return rates, wrong


def result_of(worker: list[str]) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        worker, cwd=ROOT, env=environment, capture_output=True, check=True, timeout=TIMEOUT_S
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def beside_peers(rates: Rates, wrong: set[tuple[str, str]], stream: str) -> Iterator[Figure]:
    for engine, peer in ((SERVICE, RIVAL), (CORE, RIVAL), (SERVICE, LIGHT)):
        theirs = rates.get((peer, stream))
        if theirs is None and peer is LIGHT:
            continue
        faults = [name for name in (engine, peer) if (name, stream) in wrong]
        beside = f", {LIGHT}" if peer is LIGHT else ""
        yield Figure(
            name=f"matching {stream}, {engine}{beside}",
            value=rates[engine, stream],
            unit="/s",
            goal=BEST_GOAL if (engine, peer) == (SERVICE, RIVAL) else None,
            peer=None if theirs is None else Peer(name=peer, value=theirs),
            fault=f"the tape of {' and '.join(faults)} is not the stream's" if faults else "",
        )
