"""What stands beside a game on one pump: reports, replays, surveillance, backups, bus, links.

Most of it are processes of their own; none of it is waited for by the market.
"""

import asyncio
from collections.abc import Sequence

from itg.compose.backup_child import BackupChild
from itg.compose.dry_runs import LocalDryRuns
from itg.compose.game_settings import SoloSettings
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.node_link import NodeLink
from itg.compose.office import LocalOffice
from itg.compose.playing import Playing
from itg.compose.relay_child import RelayChild
from itg.compose.replay_child import ReplayChild
from itg.compose.reports import Reports
from itg.compose.roster import FleetRoster
from itg.compose.surveillance import LiveWatch
from itg.compose.traces import Traces
from itg.compose.trials import trials_of_machine
from itg.gateway import Gateway
from itg.gateway.steward import Steward
from itg.kernel.messages import Message
from itg.runtime.envelope import Record


class Beside:
    """The companions of `playing`; `join` gives them to its gateway."""

    def __init__(self, playing: Playing, settings: SoloSettings) -> None:
        path, rules = playing.directory.path, playing.rules
        self._playing = playing
        self._settings = settings
        self.replays = ReplayChild(path)
        # In lock step the market stands still while somebody waits, and a replay can wait too.
        then = _nothing if rules.lock_step else self.replays.begin
        self.reports = Reports(playing.pump, path, rules, then=then)
        self.watch = LiveWatch()
        bus = settings.bus
        self.relay = None if bus is None else RelayChild(bus, path, playing.name)
        self.backups = None if settings.backups is None else BackupChild(settings.backups, path)
        self.trials = trials_of_machine(playing.pump, [shard for shard, _ in rules.shards])
        self._dry_runs = LocalDryRuns()
        self._traces = Traces(settings.trace_share, "itg-node")
        self.link: NodeLink | None = None

    def join(self, gateway: Gateway) -> None:
        """Let a gateway ask them, and gateways elsewhere follow where there is a bus."""
        gateway.round_files.replays.make = self.replays.make
        gateway.office = LocalOffice(self._settings)
        gateway.trials = self.trials
        gateway.roster = FleetRoster(self._settings.data, {"node": self._playing.machine.services})
        gateway.dry_runs = self._dry_runs
        if self.backups is not None:
            gateway.backups = self.backups.numbers
        self.link = self._link(gateway)
        self._traces.follow(gateway)

    def start(self) -> None:
        """Begin, once the game runs."""
        playing = self._playing
        if not playing.is_new:
            self.reports.catch_up()
        self.watch.begin(playing.journal, playing.machine.codec, playing.recovery.seq)
        if self.relay is not None:
            self.relay.start()
        if self.link is not None:
            self.link.start()
        if self.backups is not None:
            self.backups.start()

    def see(self, records: Sequence[Record], kinds: set[type[Message]]) -> None:
        """Hear a released batch."""
        self.reports.see(records, kinds)
        self.watch.see(records)
        if self.relay is not None:
            self.relay.see(records)

    async def stop(self) -> None:
        """End what works for the doors; they may still be open."""
        if self.backups is not None:
            await self.backups.stop()
        self.trials.stop()
        self._dry_runs.stop()
        await self._dry_runs.ended()
        await self.watch.stop()
        if self.link is not None:
            await self.link.stop()
        if self.relay is not None:
            await self.relay.stop()

    async def finish(self) -> None:
        """Write what is to be read afterwards, once the doors are closed."""
        await self.reports.stop()
        await asyncio.to_thread(self.replays.stop)
        await self._traces.stop()

    def _link(self, gateway: Gateway) -> NodeLink | None:
        playing, bus = self._playing, self._settings.bus
        if bus is None or playing.rules.lock_step:
            return None  # in lock step one door waits for every bot
        steward = gateway.steward
        assert isinstance(steward, Steward), "the gateway beside the pump is the steward"
        LinkFile(playing.directory).write(LinkedGame(name=playing.name))
        return NodeLink(playing.pump, steward, bus, playing.name, playing.directory)


def _nothing(_: int) -> None:
    """Do nothing."""
