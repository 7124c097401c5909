"""Keep a node running, and the process fit to run one."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog
from msgspec import Struct

from itg.kernel.errors import ConfigurationError, FencedError, RecoveryError

log = structlog.get_logger()

# A restart cures none of these: another writer leads, the record is damaged, a setting is wrong.
_FINAL = (FencedError, RecoveryError, ConfigurationError)
_SWITCH_INTERVAL_S = 0.0002
_COLLECT_S = 0.1

Sleep = Callable[[float], Awaitable[None]]


class RestartPolicy(Struct, frozen=True, kw_only=True):
    """When to start again: waits double from first to longest, `tries` bounds them in a row.

    A life of `healthy_s` or more makes the next failure a first one again.
    """

    delay_s: float = 0.2
    delay_s_max: float = 10.0
    tries: int = 5
    healthy_s: float = 60.0


async def supervise(
    name: str,
    life: Callable[[], Awaitable[None]],
    policy: RestartPolicy | None = None,
    *,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Run `life` until it returns; start it again, after a pause, when it raises.

    Each life is a fresh one: it opens, recovers and closes what it needs. Raises what no restart
    cures, and the last failure when `policy.tries` lives in a row were short.
    """
    rule = policy or RestartPolicy()
    clock = asyncio.get_running_loop().time
    failures = 0
    while True:
        born = clock()
        try:
            await life()
        except _FINAL:
            raise
        except Exception as error:
            failures = 1 if clock() - born >= rule.healthy_s else failures + 1
            if failures >= rule.tries:
                log.exception("service_given_up", service=name, failures=failures)
                raise
            delay_s = min(rule.delay_s * 2 ** (failures - 1), rule.delay_s_max)
            log.warning("service_restarts", service=name, error=repr(error), delay_s=delay_s)
            await sleep(delay_s)
        else:
            return


@contextmanager
def tuned_process() -> Iterator[None]:
    """Set the interpreter up for a pump beside a commit thread, and back again afterwards.

    Enter after start-up: what lives then is taken out of collection for good, and automatic
    collection stops, so that no order meets a long pause; `collect_young` takes its place. The
    shorter switch interval lets the commit thread have the interpreter back after its sync.
    """
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
        sys.setswitchinterval(interval_s)


async def collect_young(*, sleep: Sleep = asyncio.sleep) -> None:
    """Collect the young generations every 100 ms until canceled."""
    while True:
        await sleep(_COLLECT_S)
        gc.collect(1)


def collect_all() -> None:
    """Collect everything that is not frozen; between phases, where a pause hurts nobody."""
    gc.collect()
