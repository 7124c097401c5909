"""The market's side of the relay: start its process, nudge it, hear from it, start it again."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from msgspec import Struct, structs
from msgspec.json import Decoder

from itg.compose.bus_engines import NATS, engine_of
from itg.kernel.errors import ConfigurationError
from itg.runtime.bus import BusNumbers
from itg.runtime.envelope import Record

log = structlog.get_logger()

_AGAIN_S, _AGAIN_S_MAX = 0.5, 10.0
_FINISH_S = 6.0


class BusSettings(Struct, frozen=True, kw_only=True):
    """Where the facts go, as `nats://host:port` and its like, and who vouches for the server."""

    url: str
    ca: str = ""

    @property
    def address(self) -> str:
        """Return host and port, without credentials."""
        parts = urlsplit(self.url)
        engine = engine_of(self.url) or NATS
        return f"{parts.hostname}:{parts.port or engine.port}"

    @property
    def carries_links(self) -> bool:
        """Tell whether processes call each other over it: over NATS alone."""
        return engine_of(self.url) is NATS

    def check(self) -> None:
        """Raise `ConfigurationError` unless this can be tried; no message shows a password."""
        engine = engine_of(self.url)
        if engine is None or not _is_whole(self.url):
            # Its words could be of a password: what ends a part of an address too early is one.
            raise ConfigurationError(
                "--bus: give nats://host:port, kafka://host:port or rabbitmq-stream://host:port "
                "(with TLS tls://, kafka+tls://, rabbitmq-stream+tls://), with every sign of a "
                "password that is no letter or digit as %XX"
            )
        if self.ca and not Path(self.ca).is_file():
            raise ConfigurationError(f"ITG_BUS_CA: there is no file {self.ca}")
        engine.check()


def _is_whole(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return has_place and not parts.path.strip("/") and not parts.query and not parts.fragment


class RelayChild:
    """Keep one relay process; the market never waits for it.

    `numbers` is as fresh as its last line, a quarter of a second at most.
    """

    def __init__(self, settings: BusSettings, data: Path, game: str) -> None:
        settings.check()
        self.numbers = BusNumbers(game=game, address=settings.address)
        self._settings = settings
        self._arguments = [str(data), game]
        self._process: Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self) -> None:
        """Start the process, and again whenever it ends."""
        self._keeping = asyncio.create_task(self._keep(), name="relay")

    def see(self, records: Sequence[Record]) -> None:
        """Nudge the relay: there is a row more."""
        process = self._process
        if process is not None and process.stdin is not None:
            pipe = process.stdin.transport
            # A relay that does not read has nudges enough.
            if not pipe.is_closing() and pipe.get_write_buffer_size() == 0:
                pipe.write(b".")

    async def stop(self) -> None:
        """Let it carry the rest, for some seconds, and end it."""
        self._ending.set()
        process, keeping = self._process, self._keeping
        if process is not None and process.stdin is not None:
            process.stdin.close()
        if keeping is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(keeping), _FINISH_S)
            if process is not None and process.returncode is None:
                process.kill()
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self) -> None:
        again_s = _AGAIN_S
        while True:
            lines = await self._one_life()
            if self._ending.is_set():
                return
            self.numbers.is_up = False
            self.numbers.fault = "the relay ended"
            self.numbers.faults += 1
            log.warning("relay_restarts", delay_s=again_s)
            again_s = _AGAIN_S if lines > 1 else min(again_s * 2, _AGAIN_S_MAX)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), again_s)

    async def _one_life(self) -> int:
        environment = {**os.environ, "ITG_BUS": self._settings.url}
        if self._settings.ca:
            environment["ITG_BUS_CA"] = self._settings.ca
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "itg.compose.relay_program",
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
        )
        assert process.stdout is not None
        decode = Decoder(BusNumbers).decode
        lines = 0
        try:
            async for line in process.stdout:
                told = decode(line)
                for name in structs.asdict(told):
                    setattr(self.numbers, name, getattr(told, name))
                lines += 1
        finally:
            self._process = None
        await process.wait()
        return lines
