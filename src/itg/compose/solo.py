"""One process, one pump, every service: the game on a laptop or the organizer's machine.

    sockets → Gateway → Pump(Machine(services), Journal, clock) → Gateway's feed → sockets

A fresh data directory gets the scenario's game as the journal's first input; any other continues
the game it holds and must be asked for with the scenario that made it.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from msgspec.structs import replace

from itg.adapters.http_server import HttpServer, assert_free
from itg.compose.backup_child import BackupChild
from itg.compose.bounds import bounds_of
from itg.compose.bundle import signing_key
from itg.compose.clock_director import ROUND_FACTS, clock_of
from itg.compose.commitment import Commitment
from itg.compose.data_directory import DataDirectory
from itg.compose.dry_runs import LocalDryRuns
from itg.compose.game_settings import SoloSettings, assert_made_by, create_command, journal_of
from itg.compose.journals import open_journal
from itg.compose.lead import Lead, Taken
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.node_link import NodeLink
from itg.compose.office import LocalOffice
from itg.compose.relay_child import RelayChild
from itg.compose.replay_child import ReplayChild
from itg.compose.reports import Reports
from itg.compose.services import services_of
from itg.compose.surveillance import LiveWatch
from itg.compose.traces import Traces
from itg.compose.trials import trials_of_machine
from itg.exchange.contract import PhaseChanged
from itg.game.contract import (
    GameState,
    GetGame,
    GetRounds,
    Round,
    RoundEnded,
    Rounds,
    RoundStatus,
    StartRound,
)
from itg.gateway import Gateway, build_app
from itg.gateway.steward import Steward
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record, kinds_of
from itg.runtime.fingerprint import header_of
from itg.runtime.metrics import HandlerTimes
from itg.runtime.pump import Pump
from itg.runtime.pump_port import OverloadedError, PumpStoppedError
from itg.runtime.recovery import RecoveryReport, recover, recover_rest

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
        assert_free(settings.host, settings.port)
        self.directory = DataDirectory(settings.data)
        self._watchers = tuple(watchers)
        self._host, self._port = settings.host, settings.port
        self._server: HttpServer | None = None
        self._postgres = settings.postgres
        self._traces = Traces(settings.trace_share, "itg-node")
        with ExitStack() as undo:
            self.lead = Lead(self.directory, settings.postgres) if taken is None else taken.lead
            if taken is None:
                self.lead.take()
            undo.callback(self.lead.release)
            self._build(settings, taken)
            undo.pop_all()

    @property
    def url(self) -> str:
        """Return the address at which the game is served."""
        return f"http://{self._host}:{self.server.port}"

    @property
    def server(self) -> HttpServer:
        """Return what listens."""
        assert self._server is not None, "start it first"
        return self._server

    async def start(self, *, begin: bool = True) -> None:
        """Create the game if there is none, continue a running round, and open the doors.

        `begin` lets a scenario that says so start its first round at once.
        """
        self.pump.start()
        if self.recovery.seq == 0:
            self.pump.submit(self.create)
            if begin and self.rules.start_on_create:
                self.begin()
        else:
            current = self._current_round()
            if current is not None and current.status is RoundStatus.RUNNING:
                # The last input may be of the evening before: nobody waits for the night again.
                self._director.resume_at(max(self.machine.game_ns, current.start_ns))
            self._open_commitment()
            self.reports.catch_up()
        self.watch.begin(self.journal, self.machine.codec, self.recovery.seq)
        if self.relay is not None:
            self.relay.start()
        if self.link is not None:
            self.link.start()
        if self.backups is not None:
            self.backups.start()
        await self.gateway.start()
        # Beside the loop: gateways in other processes are served meanwhile.
        app = await asyncio.to_thread(build_app, self.gateway)
        self._server = HttpServer(app, self._host, self._port)
        await self._server.start()

    def begin(self) -> None:
        """Start the next scheduled round."""
        self.pump.submit(StartRound())

    async def finished(self) -> None:
        """Wait until the pump is drained; raises its failure."""
        await self.pump.finished()

    async def stop(self) -> None:
        """Refuse new inputs, commit and answer those taken, then close the sockets."""
        try:
            if self.pump.failure is None:
                await self.pump.drain()
        finally:
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
            await self.gateway.stop()
            if self._server is not None:
                await self._server.stop()
            await self.reports.stop()
            await asyncio.to_thread(self.replays.stop)
            await self._traces.stop()
            self.journal.close()
            self.lead.release()

    def head_hash(self) -> str:
        """Return the hash of the stopped game's last row, as read back from the disk."""
        journal = open_journal(self.directory.path, self._postgres)
        try:
            return journal.head().hash.hex()
        finally:
            journal.close()

    def _build(self, settings: SoloSettings, taken: Taken | None) -> None:
        create = create_command(settings, self.directory)
        self._commitment = Commitment.to(create, settings.scenario, settings.seed, self.directory)
        self.create = replace(create, commitment=self._commitment.hash)
        self.rules = self.create.rules
        self.journal = (taken and taken.journal) or journal_of(settings)
        self.lead.claim()
        self.machine = (taken and taken.machine) or Machine(
            services_of([shard for shard, _ in self.rules.shards]), times=HandlerTimes()
        )
        self.recovery = self._recover()
        if self.recovery.seq == 0:
            self._commitment.refuse_another()
        self.clock, self._director = clock_of(self.create.rules)
        self.pump = Pump(self.machine, self.journal, self.clock, on_release=self._see)
        self.bundle_key = signing_key(self.directory).public_key
        self.replays = ReplayChild(self.directory.path)
        # In lock step the market stands still while somebody waits, and a replay can wait too.
        then = _nothing if self.rules.lock_step else self.replays.begin
        self.reports = Reports(self.pump, self.directory.path, self.rules, then=then)
        self.watch = LiveWatch()
        bounds = bounds_of(self.directory)
        self.relay = self._relay(settings)
        bus = None if self.relay is None else self.relay.numbers
        self.gateway = Gateway(self.pump, bounds, surveillance=self.watch, bus=bus)
        self.gateway.round_files.replays.make = self.replays.make
        self.gateway.office = LocalOffice(settings)
        self.trials = trials_of_machine(self.pump, [shard for shard, _ in self.rules.shards])
        self.gateway.trials = self.trials
        self._dry_runs = LocalDryRuns()
        self.gateway.dry_runs = self._dry_runs
        self.link = self._link(settings)
        self.backups = self._backups(settings)
        self._traces.follow(self.gateway)

    def _relay(self, settings: SoloSettings) -> RelayChild | None:
        if settings.bus is None:
            return None
        return RelayChild(settings.bus, self.directory.path, self._name())

    def _backups(self, settings: SoloSettings) -> BackupChild | None:
        if settings.backups is None:
            return None
        backups = BackupChild(settings.backups, self.directory.path)
        self.gateway.backups = backups.numbers
        return backups

    def _link(self, settings: SoloSettings) -> NodeLink | None:
        if settings.bus is None or self.rules.lock_step:
            return None  # in lock step one door waits for every bot
        steward = self.gateway.steward
        assert isinstance(steward, Steward), "the gateway beside the pump is the steward"
        LinkFile(self.directory).write(LinkedGame(name=self._name()))
        return NodeLink(self.pump, steward, settings.bus, self._name(), self.directory)

    def _name(self) -> str:
        # Another directory of the same scenario is another game, and says so in its subjects.
        return f"{self.rules.scenario}-{self._commitment.hash[:8]}"

    def _see(self, records: Sequence[Record]) -> None:
        self.gateway.publish(records)
        kinds = kinds_of(records)
        if not ROUND_FACTS.isdisjoint(kinds):
            self._director.see(records)
        if RoundEnded in kinds:
            self._open_commitment()
        if PhaseChanged in kinds:
            self.pump.snapshot_soon()
        self.reports.see(records, kinds)
        self.watch.see(records)
        if self.relay is not None:
            self.relay.see(records)
        for watcher in self._watchers:
            watcher(records)

    def _open_commitment(self) -> None:
        rounds = self.machine.query(GetRounds())
        assert isinstance(rounds, Rounds)
        opening = self._commitment.opening(rounds.rounds)
        if opening is not None:
            # A game that stops with its last round opens it at the next start.
            with suppress(PumpStoppedError, OverloadedError):
                self.pump.submit(opening)

    def _recover(self) -> RecoveryReport:
        assert_made_by(self.create, self.journal, self.directory)
        self.journal.open(header_of(self.machine, self.create.scenario_hash))
        # A stand-by's machine is at the end of some row already.
        return (recover if self.machine.next_seq == 1 else recover_rest)(self.journal, self.machine)

    def _current_round(self) -> Round | None:
        game = self.machine.query(GetGame())
        assert isinstance(game, GameState)
        return game.current_round


def _nothing(_: int) -> None:
    """Do nothing."""
