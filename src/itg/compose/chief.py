"""The node of the game service: it creates the game, has its clock, and is the organizer's door.

    Node(game) ─ its clock, its commitment
    Gateway ─ JoinedPump ─ every node of the game: the steward's, for all gateways
    Reports ─ the same: written when a round's scores are told

The gateway in this process takes absent teams out, ends keys and notes service for all others,
which tell it what they see over the link.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from itg.compose.backup_child import BackupChild
from itg.compose.bounds import bounds_of
from itg.compose.clock_director import ROUND_FACTS, clock_of
from itg.compose.commitment import Commitment
from itg.compose.data_directory import DataDirectory
from itg.compose.door import let_finish
from itg.compose.dry_runs import LocalDryRuns
from itg.compose.game_settings import assert_made_by, create_command
from itg.compose.journals import holds_game, is_on_nodes
from itg.compose.lead import Taken
from itg.compose.links import LinkFile
from itg.compose.listeners import Listeners
from itg.compose.node_process import NodeProcess, NodeSettings, joined_pump, linked_game
from itg.compose.office import LocalOffice
from itg.compose.relay_child import RelayChild
from itg.compose.replay_child import ReplayChild
from itg.compose.reports import Reports
from itg.compose.roster import FleetRoster
from itg.compose.topologies import CHIEF, SOLO
from itg.compose.trials import CopyTrials, trials_of_journals
from itg.game.contract import (
    GameState,
    GetGame,
    GetRounds,
    RoundEnded,
    Rounds,
    RoundStatus,
    StartRound,
)
from itg.gateway import Gateway
from itg.gateway.steward import Steward
from itg.kernel.errors import ConfigurationError
from itg.kernel.times import Nanos
from itg.runtime.envelope import Record, kinds_of
from itg.runtime.joined import JoinedPump
from itg.runtime.pump_port import OverloadedError, PumpStoppedError

# The other nodes may be long in coming; gateways of other processes wait no longer than they do.
_OTHERS_S = 600.0


class Chief:
    """The chief's process; `start` creates or continues the game and opens the door.

    `taken` is what a stand-by has.
    """

    def __init__(self, settings: NodeSettings, taken: Taken | None = None) -> None:
        solo = settings.game
        self.listeners = Listeners(solo.public, solo.admin, has_admin=solo.admin is None)
        self.directory = DataDirectory(solo.data)
        create = create_command(solo, self.directory)
        self._commitment = Commitment.to(create, solo.scenario, solo.seed, self.directory)
        self.create = replace(create, commitment=self._commitment.hash)
        self.rules = self.create.rules
        _assert_begun_so(self.directory, settings.topology)
        name = f"{self.rules.scenario}-{self._commitment.hash[:8]}"
        self.process = NodeProcess(settings, linked_game(settings, name), taken)
        assert_made_by(self.create, self.process.journal, self.process.directory)
        LinkFile(self.directory).write(self.process.game)
        self.clock, self._director = clock_of(self.rules)
        self.relay = RelayChild(settings.bus, solo.data, name)
        self._backups = None if solo.backups is None else BackupChild(solo.backups, solo.data)
        self._steward: Steward | None = None
        self._gateway: Gateway | None = None
        self._joined: JoinedPump | None = None
        self._reports: Reports | None = None
        self._replays = ReplayChild(self.directory.path)
        self._trials: CopyTrials | None = None
        self._office = LocalOffice(solo)
        self._dry_runs = LocalDryRuns()
        self._opening: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address of its door."""
        return self.listeners.url

    async def start(self, *, begin: bool = True) -> None:
        """Create the game or continue it, and open the door when every node is there."""
        process = self.process
        wiring = await process.connect()
        await process.start(
            wiring,
            self,
            clock=self.clock,
            on_release=self._see,
            scenario_hash=self.create.scenario_hash,
        )
        if process.recovery is not None and process.recovery.seq == 0:
            self._commitment.refuse_another()
            process.node.pump.submit(self.create)
            if begin and self.rules.start_on_create:
                process.node.pump.submit(StartRound())
        else:
            self._continue()
            self._run_on(await process.node.caught_up())
        self._joined = joined_pump(self.directory.path, wiring, process.game.name, "steward")
        self._reports = Reports(
            self._joined, self.directory.path, self.rules, is_read=True, then=self._replays.begin
        )
        await self._joined.start(self._publish, on_return=self._return, deadline_s=_OTHERS_S)
        self._reports.catch_up()
        self.relay.start()
        self._gateway = self._door(self._joined)
        self._gateway.roster = FleetRoster(self.directory.path, wiring.layout, CHIEF)
        await self._gateway.start()
        assert isinstance(self._gateway.steward, Steward), "a gateway without another's is it"
        self._steward = self._gateway.steward
        await self.listeners.start(self._gateway)

    def _door(self, joined: JoinedPump) -> Gateway:
        """Return the gateway with all that stands beside the game."""
        door = Gateway(joined, bounds_of(self.directory), bus=self.relay.numbers)
        door.trials = self._trials = trials_of_journals(joined, self.directory.path)
        door.office, door.dry_runs = self._office, self._dry_runs
        door.round_files.replays.make = self._replays.make
        if self._backups is not None:
            door.backups = self._backups.numbers
            self._backups.start()
        return door

    async def finished(self) -> None:
        """Wait until the pump is drained; raises its failure or a link's."""
        waits = [asyncio.ensure_future(self.process.finished())]
        if self._joined is not None:
            waits.append(asyncio.ensure_future(self._joined.failed()))
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in waits:
                each.cancel()

    async def stop(self) -> None:
        """Close the door, finish what waits, and give the journal back."""
        if self._trials is not None:
            self._trials.stop()
        self._dry_runs.stop()
        await self._dry_runs.ended()
        if self._backups is not None:
            await self._backups.stop()
        if self._gateway is not None:
            await let_finish(self._gateway)
            await self._gateway.stop()
        await self.listeners.stop()
        if self._reports is not None:
            await self._reports.stop()
        await asyncio.to_thread(self._replays.stop)
        await self.relay.stop()
        if self._joined is not None:
            await self._joined.stop()
        await self.process.stop()

    def hear(self, door: str, body: bytes) -> None:
        """Take what another gateway tells the steward; before it is there nobody misses it."""
        if self._steward is not None:
            self._steward.hear(door, body)

    def lose(self, door: str) -> None:
        """Take a gateway that is gone for one whose sessions all ended."""
        if self._steward is not None:
            self._steward.lose(door)

    def _continue(self) -> None:
        # The last input may be of the evening before: nobody waits for the night again.
        self._run_on(self.process.node.pump.machine.game_ns)
        self._open_commitment()

    def _run_on(self, reached_ns: Nanos) -> None:
        """Let the clock of a round that runs go on; the others' went on while this was away."""
        game = self.process.node.pump.machine.query(GetGame())
        assert isinstance(game, GameState)
        current = game.current_round
        if current is not None and current.status is RoundStatus.RUNNING:
            self._director.resume_at(max(reached_ns, current.start_ns, self.clock.game_ns()))

    def _see(self, records: Sequence[Record]) -> None:
        kinds = kinds_of(records)
        if not ROUND_FACTS.isdisjoint(kinds):
            self._director.see(records)
        if RoundEnded in kinds:
            self._open_commitment()

    def _publish(self, records: Sequence[Record]) -> None:
        if self._gateway is not None:
            self._gateway.publish(records)
        if self._reports is not None:
            self._reports.see(records, kinds_of(records))
        self.relay.see(records)

    def _return(self) -> None:
        if self._gateway is not None:
            self._gateway.tell_present()

    def _open_commitment(self) -> None:
        rounds = self.process.node.pump.machine.query(GetRounds())
        assert isinstance(rounds, Rounds)
        opening = self._commitment.opening(rounds.rounds)
        if opening is not None:
            # A game that stops with its last round opens it at the next start.
            with suppress(PumpStoppedError, OverloadedError):
                self.process.node.pump.submit(opening)


def _assert_begun_so(directory: DataDirectory, topology: str) -> None:
    data = directory.path
    if is_on_nodes(data):
        # Its folder may be another node's, which waits for this one to begin the game.
        began = LinkFile(directory).topology or topology
    else:
        began = SOLO if holds_game(data) else topology
    if began != topology:
        raise ConfigurationError(
            f"--topology {topology}: the game in {data} was begun as {began}; go on with that, or "
            "name another --data"
        )
