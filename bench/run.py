"""Measure everything, print one table, and write results/latest.json: what `make bench` runs.

    python -m bench.run                  all of it, about seven minutes
    python -m bench.run orders           one part, or several; writes nothing

The peers of the matching engines need interpreters of their own, see matching/run.py; without them
they are skipped and named.
"""

import sys
import time
from collections.abc import Callable, Iterable

from bench import report
from bench.bots import measure_bots
from bench.bus import measure_bus
from bench.carriers import measure_carriers
from bench.doors import measure_doors
from bench.figures import Figure
from bench.handlers import measure_handlers
from bench.inprocess import measure_inprocess
from bench.lab import measure_lab
from bench.matching.run import measure_matching
from bench.options import measure_options
from bench.rest import measure_orders
from bench.topologies import measure_topologies

PARTS: dict[str, Callable[[], Iterable[Figure]]] = {
    "matching": measure_matching,
    "options": measure_options,
    "lab": measure_lab,
    "handlers": measure_handlers,
    "process": measure_inprocess,
    "bus": measure_bus,
    "carriers": measure_carriers,
    "doors": measure_doors,
    "topologies": measure_topologies,
    "orders": measure_orders,
    "bots": measure_bots,
}


def main() -> int:
    wanted = sys.argv[1:]
    if unknown := set(wanted) - PARTS.keys():
        print(f"{__doc__}\nno such part: {', '.join(sorted(unknown))}")
        return 2
    figures: list[Figure] = []
    for name, measure in PARTS.items():
        if not wanted or name in wanted:
            figures += measured(name, measure)
    run, before = report.run_of(figures), report.committed()
    report.show(run, before)
    if not wanted:
        report.write(run, before)
    return int(any(figure.fault for figure in figures))


def measured(name: str, measure: Callable[[], Iterable[Figure]]) -> list[Figure]:
    print(f"== {name}", flush=True)
    started = time.monotonic()
    figures = list(measure())
    print(f"   {time.monotonic() - started:.0f} s", flush=True)
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
