"""Processes that play games beside each other, on all cores."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from signal import SIG_DFL, SIGINT, signal


def worker_pool(workers: int) -> ProcessPoolExecutor:
    """Return so many processes; Ctrl-C, which a terminal sends to each, ends them at once.

    A worker of the standard kind would hand its interrupt over as the game's result and play the
    next one, and whoever stopped the program would wait for it.
    """
    return ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=signal,
        initargs=(SIGINT, SIG_DFL),
    )
