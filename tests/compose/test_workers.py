"""Games on all cores end when they are told to."""

from concurrent.futures.process import BrokenProcessPool
from signal import SIGINT, raise_signal

import pytest

from itg.compose.workers import worker_pool


def test_an_interrupt_ends_a_worker_instead_of_its_game_alone() -> None:
    with worker_pool(1) as pool:
        with pytest.raises(BrokenProcessPool):
            pool.submit(raise_signal, SIGINT).result()
        with pytest.raises(BrokenProcessPool):
            pool.submit(abs, -1).result()
