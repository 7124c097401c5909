"""The journal in SQLite and in PostgreSQL, in turns on one disk: a commit, and orders over REST.

    python -m bench.journals

The PostgreSQL server is the tests' own, from a wheel, with its defaults (fsync, synchronous_commit
on); it shares the machine, the disk and its cores with everything else.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import quantile
from bench.load import Sample, Slice, measure
from bench.servers import SCRATCH, MarketServer
from tests.postgres_server import PostgresServer

from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.journals import POSTGRES_VARIABLE
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.journal import Header, Journal, SealedBatch

ROUNDS = 3
COMMITS = 300
BODY = os.urandom(2_400)
SECONDS = 3.0
CLIENTS = (1, 8)
SWITCH_INTERVAL_S = 0.0002
Engines = dict[str, Callable[[], Journal]]


def main() -> int:
    SCRATCH.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder,
        PostgresServer(SCRATCH) as server,
    ):
        measure_commits(Path(folder), server)
        measure_orders(server)
    return 0


def measure_commits(folder: Path, server: PostgresServer) -> None:
    engines: Engines = {
        "sqlite": lambda: SqliteJournal(folder),
        "postgres": lambda: server.journal(game),
    }
    game = server.game()
    taken: dict[tuple[str, bool], list[int]] = {}
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    for _ in range(ROUNDS):
        for name, made in engines.items():
            for is_busy in (False, True):
                taken.setdefault((name, is_busy), []).extend(commits_of(made(), is_busy=is_busy))
    for (name, is_busy), times in taken.items():
        times.sort()
        beside = "beside a busy loop" if is_busy else "alone"
        figures = "  ".join(f"p{q * 100:.0f} {quantile(times, q) / 1e3:8.0f}" for q in (0.5, 0.99))
        print(f"commit  {name:<9} {beside:<20} {figures} us", flush=True)


def commits_of(journal: Journal, *, is_busy: bool) -> list[int]:
    """Return the ns of each commit, made in a thread as the pump's are."""
    journal.open(Header(code_fingerprint="", numeric_fingerprint=""))
    seq = journal.head().seq

    def commit_all() -> list[int]:
        times = []
        for number in range(seq + 1, seq + COMMITS + 1):
            first = Seq(number)
            row = SealedBatch(first, first, journal.epoch, Nanos(number), BODY, BODY[:32])
            began = time.perf_counter_ns()
            journal.append(row)
            times.append(time.perf_counter_ns() - began)
        return times

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(commit_all)
        while is_busy and not done.done():
            sum(range(2_000))
        times = done.result()
    journal.close()
    return times


def measure_orders(server: PostgresServer) -> None:
    with MarketServer(max(CLIENTS)) as sqlite, told(server), MarketServer(max(CLIENTS)) as postgres:
        markets = {"sqlite": sqlite, "postgres": postgres}
        samples: dict[tuple[str, int], list[Sample]] = {}
        for _ in range(ROUNDS):
            for name, market in markets.items():
                for clients in CLIENTS:
                    part = Slice(transport="rest", clients=clients, seconds=SECONDS)
                    samples.setdefault((name, clients), []).append(measure(market, part))
    for (name, clients), found in samples.items():
        orders, p50, p99 = (
            median(getattr(sample, field) for sample in found)
            for field in ("orders_per_s", "p50", "p99")
        )
        commit = median(sample.commit_p50 or 0.0 for sample in found)
        print(
            f"orders  {name:<9} REST, {clients} clients       {orders:8,.0f}/s  p50 {p50:6.0f}  "
            f"p99 {p99:6.0f}  commit p50 {commit:6.0f} us"
        )


@contextmanager
def told(server: PostgresServer) -> Iterator[None]:
    """Let what is started inside keep its journal there."""
    os.environ[POSTGRES_VARIABLE] = server.text(server.url.parts["dbname"])
    try:
        yield
    finally:
        del os.environ[POSTGRES_VARIABLE]


if __name__ == "__main__":
    raise SystemExit(main())
