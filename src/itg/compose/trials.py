"""Acts tried on copies of the game that this process plays, each in a process of its own."""

import asyncio
from collections.abc import Sequence

from msgspec import DecodeError, json
from msgspec.msgpack import Encoder

from itg.compose.companion import Companion
from itg.compose.trial_program import Asked
from itg.game.contract import CorrectTrade
from itg.gateway.problems import RefusedError, busy
from itg.gateway.trials import Trial
from itg.kernel.ids import Shard
from itg.kernel.times import Nanos
from itg.runtime.pump import Pump
from itg.translate.corrections import Tried

DEADLINE_S = 120.0
WAITING_MAX = 4
_PROGRAM = "itg.compose.trial_program"


class CopyTrials:
    """Trials of the game that this process plays, one after the other."""

    def __init__(self, pump: Pump, shards: Sequence[Shard]) -> None:
        self._pump = pump
        self._shards = tuple(shards)
        self._turn = asyncio.Lock()
        self._waiting: dict[Companion, None] = {}

    def take(self, act: CorrectTrade) -> Trial:
        """Snapshot the machine; the trial then runs in its turn."""
        if len(self._waiting) >= WAITING_MAX:
            raise RefusedError(busy())
        pump = self._pump
        asked = Asked(
            shards=self._shards,
            at_ns=Nanos(max(pump.clock.game_ns(), pump.machine.game_ns)),
            state=pump.machine.snapshot(),
            act=act,
        )
        return lambda: self._tried(asked)

    def stop(self) -> None:
        """End what runs and what waits."""
        for companion in self._waiting:
            companion.stop()

    async def _tried(self, asked: Asked) -> Tried:
        companion = Companion(_PROGRAM, DEADLINE_S)
        self._waiting[companion] = None
        lines: list[bytes] = []
        try:
            async with self._turn:
                fault = await companion.ask(Encoder().encode(asked), lines.append)
        finally:
            del self._waiting[companion]
        if fault:
            return Tried(fault=fault)
        try:
            return json.decode(b"".join(lines), type=Tried)
        except DecodeError:
            return Tried(fault="its process said nothing that can be read")
