"""Answers that take long to make: in a worker thread, and told in the loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import structlog

from itg.gateway.calls import Answer, refused
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import INTERNAL_ERROR, SERVICE_UNAVAILABLE

log = structlog.get_logger()


def run_in(worker: Executor, make: Callable[[], Answer], reply: Callable[[Answer], None]) -> None:
    """Make an answer in a worker and reply with it in the loop; what fails is logged, and a 500."""
    loop = asyncio.get_running_loop()
    made = loop.run_in_executor(worker, make)
    made.add_done_callback(lambda done: reply(_result_of(done)))


def _result_of(made: asyncio.Future[Answer]) -> Answer:
    if made.cancelled():
        return refused(problem_of(SERVICE_UNAVAILABLE))
    error = made.exception()
    if isinstance(error, RefusedError):
        return refused(error.problem)
    if error is None:
        return made.result()
    log.error("answer_failed", error=repr(error))
    return refused(problem_of(INTERNAL_ERROR))
