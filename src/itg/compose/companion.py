"""A program of this package beside the market: asked once by standard input, it answers by lines.

What takes a processor for a while runs there at a low priority, so that the market's loop shares
neither its thread nor its interpreter's lock with it.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress

from itg.runtime.asserts import refuse_optimized

NICENESS = 10  # at the very lowest a busy machine would never let it end
_LINE_MAX = 64 * 2**20


class Companion:
    """One process of a program; `ask` runs it, `stop` ends it, then `ask` tells of a fault.

    `ends_by` is how: one that is to tidy up is asked to end, and killed once `ask` is canceled.
    """

    def __init__(
        self, program: str, deadline_s: float | None, ends_by: signal.Signals = signal.SIGKILL
    ) -> None:
        self._program = program
        self._deadline_s = deadline_s
        self._ends_by = ends_by
        self._process: Process | None = None
        self.is_stopped = False

    async def ask(self, asked: bytes, on_line: Callable[[bytes], None]) -> str:
        """Hear every line of its answer; return why it did not end well, "" where it did."""
        code, fault = -1, ""
        try:
            async with asyncio.timeout(self._deadline_s):
                code = await self._answered(asked, on_line)
        except TimeoutError:
            fault = f"it took longer than {self._deadline_s:.0f} s"
        except OSError as error:
            fault = f"its process cannot be started: {error}"
        finally:
            self._end(signal.SIGKILL)
        if code and not fault:
            fault = f"its process ended with code {code}; the server's log says why"
        return "it was stopped" if self.is_stopped else fault

    async def _answered(self, asked: bytes, on_line: Callable[[bytes], None]) -> int:
        if self.is_stopped:
            return 0
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", self._program), stdin=PIPE, stdout=PIPE, limit=_LINE_MAX
        )
        self._end_if_stopped()  # while it was being started
        await asyncio.gather(_give(process, asked), _hear(process, on_line))
        return await process.wait()

    def stop(self) -> None:
        """End it, now or as soon as it has begun."""
        self.is_stopped = True
        self._end(self._ends_by)

    def _end_if_stopped(self) -> None:
        if self.is_stopped:
            self._end(self._ends_by)

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(by)


async def _give(process: Process, asked: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended: its code says why
        process.stdin.write(asked)
        await process.stdin.drain()
        process.stdin.close()


async def _hear(process: Process, on_line: Callable[[bytes], None]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        on_line(line)


def begin_companion() -> Callable[[bytes], None]:
    """Return, in such a process, what writes a line of its answer.

    What anybody prints from now on goes to standard error.
    """
    refuse_optimized()
    out = os.dup(1)
    os.dup2(2, 1)
    # Ctrl-C reaches the whole group: the market ends this one when it stops itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)

    def tell(line: bytes) -> None:
        # Where the market is gone, what was made is made all the same.
        with suppress(BrokenPipeError), os.fdopen(os.dup(out), "wb") as answer:
            answer.write(line + b"\n")

    return tell


def asked_of_companion() -> bytes:
    """Return, in such a process, all that it is asked."""
    return sys.stdin.buffer.read()
