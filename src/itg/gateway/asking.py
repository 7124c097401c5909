"""Questions without which nothing goes on: asked until they are answered."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from itg.kernel.ids import Seq
from itg.kernel.messages import Query, Reply
from itg.runtime.pump_port import PumpPort, PumpStoppedError

# A node that is down just then, or begins anew, gives its part of an answer to nobody.
_ANSWER_S, _AGAIN_S = 3.0, 0.25


async def answered(
    pump: PumpPort, queries: tuple[Query, ...], take: Callable[[Sequence[Reply]], None]
) -> None:
    """Ask again and again, and have `take` read the first answer at its moment of the pump.

    Raises what `take` raises; has no end of its own.
    """
    asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(replies: tuple[Reply, ...], _: Seq) -> None:
        if asked.done():
            return
        try:
            take(replies)
        except BaseException as error:
            asked.set_exception(error)
            raise
        asked.set_result(None)

    while not asked.done():
        try:
            pump.ask(queries, settle)
        except PumpStoppedError:
            if pump.failure is not None:
                raise
            await asyncio.sleep(_AGAIN_S)
            continue
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_S):
                await asyncio.shield(asked)
    await asked
