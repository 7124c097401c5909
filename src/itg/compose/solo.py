"""One process, one pump, every service: the game on a laptop or the organizer's machine.

    sockets → Gateway → Pump(Machine(services), Journal, clock) → Gateway's feed → sockets

A fresh data directory gets the scenario's game as the journal's first input; any other continues
the game it holds and must be asked for with the scenario that made it.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from itg.compose.beside import Beside
from itg.compose.bounds import bounds_of
from itg.compose.bundle import signing_key
from itg.compose.game_settings import SoloSettings
from itg.compose.lead import Taken
from itg.compose.listeners import Listeners
from itg.compose.playing import Playing
from itg.gateway import Gateway
from itg.runtime.envelope import Record, kinds_of

__all__ = ["Solo", "SoloSettings"]

Watcher = Callable[[Sequence[Record]], None]


class Solo:
    """A running game. `start` recovers or creates it, `finished` waits, `stop` drains it.

    `watchers` hear every released batch after the gateway did. `taken` is what a stand-by has.
    """

    def __init__(
        self,
        settings: SoloSettings,
        watchers: Sequence[Watcher] = (),
        taken: Taken | None = None,
    ) -> None:
        # Before the journal: its new epoch ends whoever plays this game at the same address.
        self.listeners = Listeners(
            settings.public, settings.admin, has_admin=settings.admin is None
        )
        self._watchers = tuple(watchers)
        playing = self.playing = Playing(settings, taken, self._see)
        self.directory, self.lead = playing.directory, playing.lead
        self.create, self.rules = playing.create, playing.rules
        self.machine, self.journal, self.pump = playing.machine, playing.journal, playing.pump
        self.recovery = playing.recovery
        with ExitStack() as undo:
            undo.callback(playing.close)
            self.bundle_key = signing_key(self.directory).public_key
            self.beside = Beside(playing, settings)
            self.relay, self.backups = self.beside.relay, self.beside.backups
            self.gateway = Gateway(
                self.pump,
                bounds_of(self.directory),
                surveillance=self.beside.watch,
                bus=None if self.relay is None else self.relay.numbers,
            )
            self.beside.join(self.gateway)
            undo.pop_all()

    @property
    def url(self) -> str:
        """Return the address at which the game is served."""
        return self.listeners.url

    async def start(self, *, begin: bool = True) -> None:
        """Create the game if there is none, continue a running round, and open the doors.

        `begin` lets a scenario that says so start its first round at once.
        """
        self.playing.start(begin=begin)
        self.beside.start()
        await self.gateway.start()
        await self.listeners.start(self.gateway)

    def begin(self) -> None:
        """Start the next scheduled round."""
        self.playing.begin()

    async def finished(self) -> None:
        """Wait until the pump is drained; raises its failure."""
        await self.pump.finished()

    async def stop(self) -> None:
        """Refuse new inputs, commit and answer those taken, then close the sockets."""
        try:
            await self.playing.drain()
        finally:
            await self.beside.stop()
            await self.gateway.stop()
            await self.listeners.stop()
            await self.beside.finish()
            self.playing.close()

    def head_hash(self) -> str:
        """Return the hash of the stopped game's last row, as read back from the disk."""
        return self.playing.head_hash()

    def _see(self, records: Sequence[Record]) -> None:
        kinds = kinds_of(records)
        self.gateway.publish(records)
        self.playing.see(records, kinds)
        self.beside.see(records, kinds)
        for watcher in self._watchers:
            watcher(records)
