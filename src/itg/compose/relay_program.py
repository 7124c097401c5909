"""The relay as a process: `python -m itg.compose.relay_program DATA GAME`, bus in ITG_BUS.

Beside the market and not in it: the facts of an order cost two thirds of what the order costs, and
the market's process pays a byte in a pipe for each commit. Each byte on standard input is a nudge,
its end asks to finish; each line on standard output is a `BusNumbers` as JSON. It runs at a lower
priority than the market.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Collection
from pathlib import Path

import uvloop
from msgspec.json import Encoder

from itg.compose.bus_engines import connected
from itg.compose.journals import is_on_nodes
from itg.compose.logs import log_to_stderr
from itg.compose.nodes_read import layout_in, node_journals
from itg.compose.nodes_relay import NodesRelay
from itg.compose.relay import Connect, Relay
from itg.compose.relay_child import BusSettings
from itg.compose.verify import machine_of, opened_for_reading
from itg.runtime.asserts import refuse_optimized
from itg.runtime.bus import Bus, BusNumbers
from itg.runtime.journal import Journal

BUS, BUS_CA = "ITG_BUS", "ITG_BUS_CA"
NICENESS = 5
_TELL_S = 0.25
_LAST_S = 5.0


class _Nudges(asyncio.Protocol):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def data_received(self, data: bytes) -> None:
        self._relay.nudge()

    def eof_received(self) -> None:
        self._relay.end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relay.end()


async def relay(data: Path, game: str, settings: BusSettings, out: int) -> None:
    """Carry a game's journal to the bus until standard input ends."""
    numbers = BusNumbers(game=game, address=settings.address)

    async def connect() -> Bus:
        return await connected(settings.url, settings.ca, game)

    carrying, journals = _carrying(data, connect, numbers)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: _Nudges(carrying), sys.stdin)
    running = asyncio.ensure_future(carrying.run())
    told = b""
    try:
        while not running.done():
            await asyncio.wait({running}, timeout=_TELL_S)
            line = Encoder().encode(numbers) + b"\n"
            if line != told:
                os.write(out, line)
                told = line
        running.result()
    finally:
        for journal in journals:
            journal.close()


def _carrying(
    data: Path, connect: Connect, numbers: BusNumbers
) -> tuple[Relay, Collection[Journal]]:
    if is_on_nodes(data):
        journals = node_journals(data)
        return NodesRelay(journals, layout_in(data), connect, numbers), journals.values()
    journal = opened_for_reading(data)
    return Relay(journal, machine_of(journal).codec, connect, numbers), [journal]


def main() -> int:
    """Run as the market's companion; what anybody prints goes to standard error."""
    refuse_optimized()
    out = os.dup(1)
    os.dup2(2, 1)
    log_to_stderr("relay")
    # Ctrl-C reaches the whole group: the market drains first and then ends the relay.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    settings = BusSettings(url=os.environ[BUS], ca=os.environ.get(BUS_CA, ""))
    try:
        uvloop.run(relay(Path(sys.argv[1]), sys.argv[2], settings, out))
    except BrokenPipeError:
        return 0  # the market is gone, and with it who would start another
    return 0


if __name__ == "__main__":
    sys.exit(main())
