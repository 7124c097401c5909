import asyncio
import gc
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from itg.kernel.errors import ConfigurationError, FencedError, JournalError, RecoveryError
from itg.runtime.asserts import refuse_optimized
from itg.runtime.supervise import (
    RestartPolicy,
    collect_all,
    collect_young,
    supervise,
    tuned_process,
)


class Lives:
    """A service that ends as told, life by life, and the pauses between."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)
        self.pauses: list[float] = []

    async def live(self) -> None:
        end = self.ends.pop(0)
        if end is not None:
            raise end

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


async def test_a_service_that_returns_is_not_started_again() -> None:
    lives = Lives(None)
    await supervise("toy", lives.live, sleep=lives.pause)
    assert lives.pauses == []


async def test_a_crash_is_followed_by_a_new_life_after_a_longer_pause_each_time() -> None:
    lives = Lives(JournalError("disk"), AssertionError("bug"), ValueError("bug"), None)
    with capture_logs() as logs:
        await supervise("toy", lives.live, RestartPolicy(delay_s_max=0.5), sleep=lives.pause)
    assert lives.pauses == [0.2, 0.4, 0.5]
    assert [entry["event"] for entry in logs] == ["service_restarts"] * 3
    assert {entry["service"] for entry in logs} == {"toy"}


@pytest.mark.parametrize("fault", [FencedError, RecoveryError, ConfigurationError])
async def test_what_no_restart_cures_is_raised_at_once(fault: type[Exception]) -> None:
    lives = Lives(fault("final"))
    with pytest.raises(fault):
        await supervise("toy", lives.live, sleep=lives.pause)
    assert lives.pauses == []


async def test_a_service_that_keeps_crashing_is_given_up() -> None:
    lives = Lives(*[JournalError(str(life)) for life in range(9)])
    with pytest.raises(JournalError, match="2"), capture_logs():
        await supervise("toy", lives.live, RestartPolicy(tries=3), sleep=lives.pause)
    assert len(lives.ends) == 6


async def test_a_healthy_life_forgives_earlier_crashes() -> None:
    lives = Lives(*[JournalError(str(life)) for life in range(9)], None)
    with capture_logs():
        await supervise("toy", lives.live, RestartPolicy(tries=2, healthy_s=0.0), sleep=lives.pause)
    assert lives.pauses == [0.2] * 9


async def test_a_cancellation_is_not_a_crash() -> None:
    lives = Lives(JournalError("disk"), None)

    async def canceled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await supervise("toy", canceled, sleep=lives.pause)
    assert lives.pauses == []


def test_optimized_python_is_refused() -> None:
    refuse_optimized()
    program = "from itg.runtime.asserts import refuse_optimized; refuse_optimized()"
    run = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, check=False)
    assert b"run without -O" in run.stderr


def test_the_process_is_tuned_only_inside() -> None:
    before = (sys.getswitchinterval(), gc.isenabled())
    with tuned_process():
        assert sys.getswitchinterval() == pytest.approx(0.0002)
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
        collect_all()
    assert (sys.getswitchinterval(), gc.isenabled()) == before
    assert gc.get_freeze_count() == 0


async def test_young_objects_are_collected_on_every_tick() -> None:
    ticks: list[float] = []

    async def tick(seconds: float) -> None:
        ticks.append(seconds)
        if len(ticks) == 3:
            raise asyncio.CancelledError

    before = gc.get_stats()[1]["collections"]
    with pytest.raises(asyncio.CancelledError):
        await collect_young(sleep=tick)
    assert ticks == [0.1] * 3
    assert gc.get_stats()[1]["collections"] >= before + 2
