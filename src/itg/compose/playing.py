"""A game on one pump: its journal and machine, recovered, its clock, and what it has promised.

    settings ─▶ create command ─▶ Journal ─▶ Machine ─▶ Pump ─▶ whoever hears its batches

Doors and what else stands before and beside it are wired by `itg.compose.solo`.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from msgspec.structs import replace

from itg.compose.clock_director import ROUND_FACTS, clock_of
from itg.compose.commitment import Commitment
from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings, assert_made_by, create_command, journal_of
from itg.compose.journals import open_journal
from itg.compose.lead import Lead, Taken
from itg.compose.services import services_of
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
from itg.kernel.messages import Message
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.runtime.fingerprint import header_of
from itg.runtime.metrics import HandlerTimes
from itg.runtime.pump import Pump
from itg.runtime.pump_port import OverloadedError, PumpStoppedError
from itg.runtime.recovery import RecoveryReport, recover, recover_rest


class Playing:
    """The game itself, led by this process; `taken` is what a stand-by has.

    `on_release` gets each batch of the pump, and has `see` told of it.
    """

    def __init__(
        self,
        settings: SoloSettings,
        taken: Taken | None,
        on_release: Callable[[Sequence[Record]], None],
    ) -> None:
        self.directory = DataDirectory(settings.data)
        self._postgres = settings.postgres
        with ExitStack() as undo:
            self.lead = Lead(self.directory, settings.postgres) if taken is None else taken.lead
            if taken is None:
                self.lead.take()
            undo.callback(self.lead.release)
            self._build(settings, taken)
            undo.pop_all()
        self.pump = Pump(self.machine, self.journal, self.clock, on_release=on_release)

    @property
    def name(self) -> str:
        """Return what it is called on a bus: another directory of a scenario is another game."""
        return f"{self.rules.scenario}-{self._commitment.hash[:8]}"

    @property
    def is_new(self) -> bool:
        """Tell whether there was no game yet."""
        return self.recovery.seq == 0

    def start(self, *, begin: bool) -> None:
        """Run the pump; create the game if there is none, else continue a running round."""
        self.pump.start()
        if self.is_new:
            self.pump.submit(self.create)
            if begin and self.rules.start_on_create:
                self.begin()
            return
        current = self._current_round()
        if current is not None and current.status is RoundStatus.RUNNING:
            # The last input may be of the evening before: nobody waits for the night again.
            self._director.resume_at(max(self.machine.game_ns, current.start_ns))
        self._open_commitment()

    def begin(self) -> None:
        """Start the next scheduled round."""
        self.pump.submit(StartRound())

    async def drain(self) -> None:
        """Commit and answer what was taken, and take no more."""
        if self.pump.failure is None:
            await self.pump.drain()

    def close(self) -> None:
        """Give the journal back and let another lead."""
        self.journal.close()
        self.lead.release()

    def head_hash(self) -> str:
        """Return the hash of the stopped game's last row, as read back from the disk."""
        journal = open_journal(self.directory.path, self._postgres)
        try:
            return journal.head().hash.hex()
        finally:
            journal.close()

    def see(self, records: Sequence[Record], kinds: set[type[Message]]) -> None:
        """Move the clock with the rounds, keep the state between phases, open a commitment."""
        if not ROUND_FACTS.isdisjoint(kinds):
            self._director.see(records)
        if RoundEnded in kinds:
            self._open_commitment()
        if PhaseChanged in kinds:
            self.pump.snapshot_soon()

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
        if self.is_new:
            self._commitment.refuse_another()
        self.clock, self._director = clock_of(self.rules)

    def _recover(self) -> RecoveryReport:
        assert_made_by(self.create, self.journal, self.directory)
        self.journal.open(header_of(self.machine, self.create.scenario_hash))
        # A stand-by's machine is at the end of some row already.
        return (recover if self.machine.next_seq == 1 else recover_rest)(self.journal, self.machine)

    def _current_round(self) -> Round | None:
        game = self.machine.query(GetGame())
        assert isinstance(game, GameState)
        return game.current_round

    def _open_commitment(self) -> None:
        rounds = self.machine.query(GetRounds())
        assert isinstance(rounds, Rounds)
        opening = self._commitment.opening(rounds.rounds)
        if opening is not None:
            # A game that stops with its last round opens it at the next start.
            with suppress(PumpStoppedError, OverloadedError):
                self.pump.submit(opening)
