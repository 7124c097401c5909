"""Waiting for what tells nobody."""

import asyncio
import threading
from collections.abc import Callable

_LOOK_S = 0.001
_NEVER = threading.Event()


async def until(is_so: Callable[[], object], within_s: float = 20.0) -> None:
    """Look until it is so; `TimeoutError` after so many seconds.

    Between looks the loop rests: one that only turns may keep a commit's thread from the
    interpreter for seconds, where threads of a process run on several cores.
    """
    async with asyncio.timeout(within_s):
        while not is_so():
            await asyncio.to_thread(_NEVER.wait, _LOOK_S)
