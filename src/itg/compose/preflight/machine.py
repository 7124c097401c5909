"""The machine: interpreter, disk, clock, processor, limits; measured here and now."""

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from itg.compose.preflight.rows import Row, row
from itg.compose.rehearsal.figures import quantile
from itg.kernel.times import NS_PER_MS, NS_PER_S
from itg.runtime.clock import SystemClock

PYTHON_MIN = (3, 11)
FSYNCS = 60
FSYNC_BYTES = 8_192  # about a commit's row under load
FSYNC_P50_MS_MAX = 5.0
FSYNC_P99_MS_MAX = 50.0
DRIFT_S = 0.2
DRIFT_MS_MAX = 2.0
STEPS = 200_000
ROUNDS = 5
# What one order at full rate costs the server, with its share of cancels, quotes and pushes, on a
# core of that many steps a second: `itg rehearse --teams 40`, docs/how-to/keep-a-game-safe.md.
REFERENCE_STEPS_PER_S = 10_200_000
REFERENCE_ORDER_US = 750
BUSY_MAX = 0.85
BUSY_DAY = 0.2  # of full rate, the whole day long
JOURNAL_BYTES = 2_500  # an order with its share of cancels, quotes and what they caused
SNAPSHOT_BYTES = 3 * 1_400  # an order stays in the state; three snapshots are kept
BYTES_PER_S = 40_000  # the world alone
FILES_PER_TEAM = 8  # the most sockets a team may have
FILES_OF_THE_SERVER = 128


class Demand(Struct, frozen=True, kw_only=True):
    """What the day asks of the machine."""

    teams: int
    orders_per_s: float  # of all teams together
    day_s: float

    @property
    def day_bytes(self) -> int:
        """Return how much a busy day writes: journal, and the three snapshots that are kept."""
        rate = BUSY_DAY * self.orders_per_s
        return int(self.day_s * (BYTES_PER_S + rate * (JOURNAL_BYTES + SNAPSHOT_BYTES)))


def machine_rows(place: Path, demand: Demand, zone: str | None) -> Iterator[Row]:
    """Yield every row about this machine; `place` is a directory on the disk of the day."""
    yield python_row(sys.version_info[:2])
    yield optimization_row(sys.flags.optimize)
    yield disk_row(shutil.disk_usage(place).free, demand)
    yield fsync_row(fsync_ms(place))
    yield drift_row(drift_ms())
    yield zone_row(zone)
    yield processor_row(os.cpu_count() or 1, steps_per_s(), demand)
    yield files_row(resource.getrlimit(resource.RLIMIT_NOFILE)[0], demand)


def python_row(version: tuple[int, int]) -> Row:
    """Return whether the interpreter is one this program is made for."""
    wanted = ".".join(map(str, PYTHON_MIN))
    return row(
        "Python",
        ".".join(map(str, version)),
        is_good=version >= PYTHON_MIN,
        advice=f"install Python {wanted} or newer and run `make install` again",
    )


def optimization_row(optimize: int) -> Row:
    """Return whether assertions guard the books."""
    return row(
        "assertions",
        "on" if not optimize else f"off (python -{'O' * optimize})",
        is_good=not optimize,
        advice="run without -O and without PYTHONOPTIMIZE: a server does not start under it",
    )


def disk_row(free_bytes: int, demand: Demand) -> Row:
    """Return whether the disk holds a day twice: the game and one backup of it."""
    needed = 2 * demand.day_bytes
    return row(
        "disk space",
        f"{free_bytes / 1e9:,.1f} GB free, a busy day and its copy take {needed / 1e9:,.1f} GB",
        is_good=free_bytes >= needed,
        advice="make room, or name a --data on a larger disk",
    )


def fsync_row(latencies_ms: Sequence[float]) -> Row:
    """Return whether the disk confirms a write fast enough for every acknowledgement to wait."""
    p50, p99 = quantile(latencies_ms, 0.5), quantile(latencies_ms, 0.99)
    return row(
        "fsync",
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms",
        is_good=p50 <= FSYNC_P50_MS_MAX and p99 <= FSYNC_P99_MS_MAX,
        advice=f"use a local disk: p50 up to {FSYNC_P50_MS_MAX:g} and p99 up to "
        f"{FSYNC_P99_MS_MAX:g} ms; every acknowledgement waits for it",
    )


def fsync_ms(place: Path) -> list[float]:
    """Write and sync a file again and again in a directory; return what each took."""
    latencies: list[float] = []
    with tempfile.TemporaryFile(dir=place, buffering=0) as file:
        for _ in range(FSYNCS):
            file.write(bytes(FSYNC_BYTES))
            began_ns = time.perf_counter_ns()
            os.fsync(file.fileno())
            latencies.append((time.perf_counter_ns() - began_ns) / NS_PER_MS)
    return latencies


def drift_row(drifted_ms: float) -> Row:
    """Return whether the wall clock runs as the steady one does."""
    return row(
        "clock",
        f"wall and steady clock {abs(drifted_ms):.2f} ms apart after {DRIFT_S:g} s",
        is_good=abs(drifted_ms) <= DRIFT_MS_MAX,
        advice="let the time service settle before the day (chronyc tracking, timedatectl)",
    )


def drift_ms() -> float:
    """Return how far the wall clock came from the steady one within a moment."""
    clock = SystemClock()
    wall_ns, steady_ns = clock.wall_ns(), time.monotonic_ns()
    time.sleep(DRIFT_S)
    return ((clock.wall_ns() - wall_ns) - (time.monotonic_ns() - steady_ns)) / NS_PER_MS


def zone_row(zone: str | None) -> Row:
    """Return whether this machine knows the market's time zone."""
    try:
        found = "no scenario named" if zone is None else str(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        found = f"{zone} is unknown here"
    return row(
        "time zone",
        found,
        is_good=not found.endswith("here"),
        advice="install the time zone database (the package tzdata)",
    )


def processor_row(cores: int, speed: float, demand: Demand) -> Row:
    """Return whether one core does what the teams may send; the rest is for everything else."""
    expected = orders_per_s(speed)
    return row(
        "processor",
        f"{cores} cores, {speed / 1e6:.1f} M steps/s on one: about {expected:,.0f} orders/s, "
        f"{demand.teams} teams at full rate send {demand.orders_per_s:,.0f}",
        is_good=expected >= demand.orders_per_s,
        advice="fewer teams or a faster core; `itg rehearse` tells how many are carried here",
    )


def orders_per_s(speed: float) -> float:
    """Return the orders a core of this speed should carry, extrapolated from a rehearsal."""
    return BUSY_MAX * 1e6 / REFERENCE_ORDER_US * speed / REFERENCE_STEPS_PER_S


def steps_per_s() -> float:
    """Return how many small steps of Python one core does in a second, the best of a few rounds."""
    fastest_ns = min(_round_ns() for _ in range(ROUNDS))
    return STEPS * NS_PER_S / fastest_ns


def _round_ns() -> int:
    counts: dict[int, int] = {}
    began_ns = time.perf_counter_ns()
    for step in range(STEPS):
        place = step & 1023
        counts[place] = counts.get(place, 0) + step
    return time.perf_counter_ns() - began_ns


def files_row(limit: int, demand: Demand) -> Row:
    """Return whether the process may open a socket for everybody."""
    needed = FILES_OF_THE_SERVER + FILES_PER_TEAM * demand.teams
    is_unlimited = limit == resource.RLIM_INFINITY
    return row(
        "open files",
        f"{'no limit' if is_unlimited else f'{limit:,}'}, {needed:,} needed",
        is_good=is_unlimited or limit >= needed,
        advice=f"ulimit -n {max(needed, 4_096)} in the shell that starts the server",
    )
