"""Orders without a network: from the bytes of a request to the bytes of its answer.

Decode, reserve, match, group commit to the SQLite journal on disk, publish to a private subscriber
of each team, answer: the whole game as it is composed, entered where a socket's message would be.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import uvloop
from bench.figures import Figure, Goal
from bench.flows import FLOWS, SIDES, Requests
from bench.handlers import OPENING, ORDERS, ROLE
from bench.servers import SCRATCH
from msgspec import Struct

from itg.compose.solo import Solo, SoloSettings
from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, Caller
from itg.gateway.enrolling import enrol
from itg.gateway.routes.table import BY_NAME
from itg.gateway.sessions import Session
from itg.kernel.ids import AccountId
from itg.runtime.supervise import tuned_process

ROUNDS = 3
IN_FLIGHT = 256
THROUGHPUT_GOAL = Goal(name="S5", at_least=60_000)


class Sample(Struct, frozen=True):
    """One run: orders per second, processor time per order (all threads), median commit."""

    per_s: float
    cpu_us: float
    commit_us: float


def measure_inprocess(orders: int = ORDERS, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure both flows, one round after the other."""
    for label, flow in FLOWS:
        name = f"in process, {label}"
        runs = [uvloop.run(_sample(list(flow(orders)))) for _ in range(rounds)]
        for run in runs:
            print(
                f"  {name}: {run.per_s:,.0f} orders/s, {run.cpu_us:.0f} us of CPU each, "
                f"commit p50 {run.commit_us:.0f} us",
                flush=True,
            )
        per_s = median(run.per_s for run in runs)
        cpu_us = median(run.cpu_us for run in runs)
        commit_us = median(run.commit_us for run in runs)
        yield Figure(name=name, value=per_s, unit="/s", goal=THROUGHPUT_GOAL)
        yield Figure(name=f"{name}, CPU", value=cpu_us, unit="us", is_less_better=True)
        yield Figure(name=f"{name}, commit p50", value=commit_us, unit="us", is_context=True)


async def _sample(requests: Sequence[tuple[str, bytes]]) -> Sample:
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        solo = Solo(SoloSettings(scenario="bare", data=Path(folder)))
        await solo.start()
        try:
            return await timed(solo, requests)
        finally:
            await solo.stop()


async def timed(solo: Solo, requests: Sequence[tuple[str, bytes]]) -> Sample:
    """Send the requests to a started game, two teams in turn, and measure."""
    for command in OPENING:
        solo.pump.submit(command)
    for side in SIDES:
        await enrol(solo.gateway, f"team {side}", ROLE)
    teams = solo.gateway.directory.teams.values()
    callers = dict(zip(SIDES, map(_caller_of, (t.account_id for t in teams)), strict=True))
    for caller in callers.values():
        _listen(solo, caller)
    with tuned_process():
        started, cpu_before = perf_counter(), process_time()
        await _drive(solo, callers, iter(requests), len(requests))
        elapsed, cpu = perf_counter() - started, process_time() - cpu_before
    return Sample(
        per_s=len(requests) / elapsed,
        cpu_us=cpu / len(requests) * 1e6,
        commit_us=solo.pump.numbers.commit_times.quantile_ns(0.5) / 1e3,
    )


def _caller_of(account_id: AccountId) -> Caller:
    return Caller(scopes=frozenset({Scope.TRADE}), account_id=account_id, role=ROLE)


class _Drain:
    """A way out that takes everything, and keeps nothing."""

    def write_now(self, frames: Sequence[bytes]) -> bool:
        return bool(frames)

    async def write(self, frames: Sequence[bytes]) -> None:
        """Take the frames."""

    def unsent_bytes(self) -> int:
        return 0

    async def close(self, code: int, last: bytes = b"") -> None:
        """End nothing."""


def _listen(solo: Solo, caller: Caller) -> None:
    assert caller.account_id is not None
    gateway = solo.gateway
    session = Session(caller, 0, gateway.settings, _Drain(), gateway.outlet)
    gateway.feed.join(session, gateway.feed.private[caller.account_id])


async def _drive(solo: Solo, callers: dict[str, Caller], requests: Requests, left: int) -> None:
    """Keep so many orders in flight that every commit has a full batch."""
    operation = BY_NAME["order.place"]
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def place_next() -> None:
        following = next(requests, None)
        if following is not None:
            side, text = following
            call = Call(caller=callers[side], trace_id="", reply=answered, is_rest=False)
            operation.run_fields(solo.gateway, call, {}, text)

    def answered(answer: Answer) -> None:
        nonlocal left
        assert answer.status == 201, answer
        left -= 1
        if left:
            place_next()
        else:
            finished.set_result(None)

    for _ in range(IN_FLIGHT):
        place_next()
    await finished
