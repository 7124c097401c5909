"""Acts tried on copies of the game, each in a process of its own."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import DecodeError, json
from msgspec.msgpack import Encoder

from itg.compose.companion import Companion
from itg.compose.trial_program import Asked
from itg.game.contract import CorrectTrade
from itg.gateway.problems import RefusedError, busy
from itg.gateway.trials import Trial
from itg.kernel.ids import Shard
from itg.kernel.times import Nanos
from itg.runtime.followed import FollowedPump
from itg.runtime.joined import JoinedPump
from itg.runtime.pump import Pump
from itg.translate.corrections import Tried

DEADLINE_S = 120.0
WAITING_MAX = 4
_PROGRAM = "itg.compose.trial_program"


class CopyTrials:
    """Trials one after the other, each of what `ask` tells of the game when it is taken."""

    def __init__(self, ask: Callable[[CorrectTrade], Asked]) -> None:
        self._ask = ask
        self._turn = asyncio.Lock()
        self._waiting: dict[Companion, None] = {}

    def take(self, act: CorrectTrade) -> Trial:
        """Note the game as it is now; the trial then runs in its turn."""
        if len(self._waiting) >= WAITING_MAX:
            raise RefusedError(busy())
        asked = self._ask(act)
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


def trials_of_machine(pump: Pump, shards: Sequence[Shard]) -> CopyTrials:
    """Return trials of the game that this process plays: each begins with a snapshot of it."""

    def ask(act: CorrectTrade) -> Asked:
        return Asked(
            at_ns=Nanos(max(pump.clock.game_ns(), pump.machine.game_ns)),
            act=act,
            shards=tuple(shards),
            state=pump.machine.snapshot(),
        )

    return CopyTrials(ask)


def trials_of_journals(pump: FollowedPump | JoinedPump, data: Path) -> CopyTrials:
    """Return trials of a game that others play: each begins with what their journals have."""

    def ask(act: CorrectTrade) -> Asked:
        # What this process was told is on their disks.
        seq, at_ns = pump.released_seq, pump.clock.game_ns()
        return Asked(at_ns=at_ns, act=act, data=str(data), as_of_seq=seq)

    return CopyTrials(ask)
