"""The gateway's one object: the way into the pump for every request, and the way out of it.

    request → Call → send or read → pump → release → feed → answers

Answers leave after the feed has published their batch: what a team hears on its sockets precedes
the answer to what caused it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from time import monotonic, perf_counter
from typing import TypeVar

import structlog
from msgspec.structs import replace

from itg.game.contract import GameCreated, GetScores, OrganizerAct, Scores, TeamRegistered
from itg.gateway.asking import answered
from itg.gateway.auth import KeyRing
from itg.gateway.calls import Answer, Call, refused
from itg.gateway.degraded import Degraded
from itg.gateway.directory import Directory, first_queries, reply_of
from itg.gateway.dry_runs import DryRuns, NoDryRuns
from itg.gateway.feed import Feed
from itg.gateway.flood import FloodGuard, Metered
from itg.gateway.flushing import Flusher
from itg.gateway.last_known import LastKnown
from itg.gateway.lockstep import LockStep
from itg.gateway.membership import MEMBER_EVENTS, Membership
from itg.gateway.numbers import Numbers
from itg.gateway.office import NoOffice, Office
from itg.gateway.passes import Passes
from itg.gateway.pending import Compose, Pending, busy_of, pending_of
from itg.gateway.problems import RefusedError, busy, problem_of
from itg.gateway.reach import Reach
from itg.gateway.reading import ComposeRead, Follow, look, read
from itg.gateway.reasons import INSTRUMENT_NOT_FOUND, LOCK_STEP, PROCESSING_TIMEOUT
from itg.gateway.roster import Alone, Roster
from itg.gateway.round_files import RoundFiles
from itg.gateway.service_notes import ServiceWatch
from itg.gateway.sessions import Outlet, Session
from itg.gateway.settings import GatewaySettings
from itg.gateway.steward import AnySteward, RemoteSteward, Steward
from itg.gateway.surveillance import SurveillancePort, Unwatched
from itg.gateway.trace_ids import TraceIds
from itg.gateway.trials import NoTrials, Trials
from itg.gateway.waiting import RoomFullError, WaitingRoom
from itg.gateway.withdrawals import Absences, Deadman
from itg.gateway.working_orders import WorkingOrders
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.messages import Command, Message, Query, Reply
from itg.positions.contract import GetQuotes, Orders, Quotes, Roles
from itg.runtime.backups import BackupNumbers
from itg.runtime.bus import BusNumbers
from itg.runtime.envelope import Record, kinds_of
from itg.runtime.pump_port import OverloadedError, PumpPort, PumpStoppedError
from itg.runtime.trails import Trails
from itg.wire.v1.socket import CLOSE_RESTART, DeadmanData

log = structlog.get_logger()
_AGAIN_S = 0.02
M = TypeVar("M", bound=Message)


class Gateway:
    """The doors of one pump: `publish` is its release hook; `start` when the game is on its way."""

    def __init__(
        self,
        pump: PumpPort,
        settings: GatewaySettings | None = None,
        surveillance: SurveillancePort | None = None,
        steward: RemoteSteward | None = None,
        bus: BusNumbers | None = None,
    ) -> None:
        self.settings = settings or GatewaySettings()
        self.surveillance = surveillance or Unwatched()
        self.bus = bus
        self.trails: Trails | None = None  # set where requests are sampled
        self.backups: BackupNumbers | None = None  # set where the process makes some
        self.office: Office = NoOffice()  # set where the process keeps the data
        self.roster: Roster = Alone()  # set by the process that knows the others
        self.trials: Trials = NoTrials()  # set where the game or its journals are
        self.dry_runs: DryRuns = NoDryRuns()  # set where the process may start others
        self.pump = pump
        self.reach = Reach(pump)
        self.working = WorkingOrders()
        self.feed = Feed(pump.epoch, pump.clock)
        self.outlet = Outlet()
        self.absences = Absences(pump, self.settings.absence_s)
        self.deadman = Deadman(pump, self._tell_expired)
        self.keys = KeyRing(pump, self.settings, monotonic)
        self.passes = Passes(self.settings, monotonic)
        self.last_known = LastKnown(self.reach, self.keys, self.feed)
        self.members = Membership(
            pump, self.feed, self.keys, self.passes, ends_keys=steward is None
        )
        self.guard = FloodGuard(self.settings, monotonic)
        self.waiting = WaitingRoom(self.settings.waiting_max)
        self.trace_ids = TraceIds(pump.clock.wall_ns)
        self.numbers = Numbers()
        self.service = ServiceWatch(pump)
        self.steward: AnySteward = steward or Steward(self.absences, self.service)
        self.round_files = RoundFiles(pump.journal, pump.codec, self.settings)
        self.lock_step: LockStep | None = None
        self.is_ready = False
        self._degraded = Degraded(self)
        self._flusher = Flusher(
            self.feed.fanout, self.settings.flush_s, self.settings.paced_flush_s
        )
        self._directory: Directory | None = None
        self._settling: list[tuple[Pending, Record]] = []
        self._created = asyncio.Event()
        self._heart: asyncio.Task[None] | None = None

    @property
    def directory(self) -> Directory:
        """Return what is known by heart; the gateway must have started."""
        assert self._directory is not None, "start the gateway first"
        return self._directory

    async def start(self) -> None:
        """Learn the game, if need be wait for it to be created, and open the doors."""
        async with asyncio.timeout(self.settings.start_deadline_s):
            if not self.pump.has_begun:
                await self._created.wait()
            while self._directory is None:  # who keeps positions may hear of it a moment later
                await answered(self.pump, first_queries(), self._meet)
            accounts = [team.account_id for team in self.directory.teams.values()]
            seqs = tuple(GetQuotes(account_id=account_id) for account_id in accounts)
            queries = (*self.directory.second_queries(), GetScores())
            if self.reach.joined is not None:
                queries += WorkingOrders.queries(accounts)
            await answered(
                self.pump,
                (*queries, *seqs),
                lambda replies: self._open(accounts, replies, len(queries)),
            )
        self._heart = asyncio.create_task(self._beat(), name="heartbeat")
        log.info("gateway_ready", epoch=self.feed.epoch, teams=len(accounts))

    async def stop(self) -> None:
        """Take nothing more and close every socket; they may come back to the next process."""
        self.is_ready = False
        self.absences.stop()
        self.deadman.stop()
        self.members.stop()
        self._flusher.stop()
        self.round_files.stop()
        for session in self.feed.sessions:
            session.close(CLOSE_RESTART)
        if self.lock_step is not None:
            self.lock_step.stop()
        self.waiting.close()
        if (heart := self._heart) is not None:
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart

    async def settled(self) -> None:
        """Wait until everything that was sent has been released."""
        pump = self.pump
        while not pump.is_idle:  # noqa: ASYNC110 - the pump tells nobody it is idle
            await asyncio.sleep(self.settings.heartbeat_s / 100)

    def expect_bots(self, accounts: Iterable[AccountId]) -> None:
        """In lock step fix whose turns each step waits for, before the round starts."""
        if self.lock_step is not None:
            self.lock_step.expect(accounts)

    def enter(self, session: Session) -> None:
        """Take in a session whose connection is open."""
        self.feed.fanout.enter(session)
        self.members.greet(session)
        if session.caller.account_id is not None:
            self.steward.come(session.caller.account_id)

    def leave(self, session: Session) -> None:
        """Forget a session whose connection has ended."""
        self.feed.leave(session)
        account_id = session.caller.account_id
        if account_id is not None:
            self.steward.go(account_id, session.cancel_on_disconnect)

    def tell_present(self) -> None:
        """Tell the steward all sessions there are; it may have forgotten them."""
        present = Counter(s.caller.account_id for s in self.feed.sessions)
        self.steward.see_present({a: n for a, n in present.items() if a is not None})

    def sessions_of(self, account_id: AccountId) -> list[Session]:
        """Return an account's open sessions, oldest first."""
        return [s for s in self.feed.sessions if s.caller.account_id == account_id]

    def publish(self, records: Sequence[Record]) -> None:
        """Take a released batch: fold it, publish it, then answer those who caused it."""
        if self._directory is None:
            self._look_for_game(records)
        else:
            kinds = kinds_of(records)
            is_news = not (
                self._directory.heeded.isdisjoint(kinds) and MEMBER_EVENTS.isdisjoint(kinds)
            )
            for record in records:
                if is_news:
                    self._learn(record)
                if self.reach.joined is not None:
                    self.working.fold(record.outputs)
                if self.is_ready:
                    self.feed.publish(record)
                if is_news and self.lock_step is not None:
                    self.lock_step.see(record)
        if self.lock_step is None or not self.lock_step.is_running:
            self._flusher.see_release()
        else:
            self._flusher.stop()  # a step's end flushes
        settling, self._settling = self._settling, []
        for waiting, record in settling:
            waiting.settle(record)
        if self.lock_step is not None:
            self.lock_step.see_release()

    def trade(self, call: Call, command: Command, compose: Compose, metered: Metered) -> None:
        """Send a team's command in its turn; `compose` makes the answer from what it caused."""
        if self.lock_step is None and self.reach.has_market:
            self.send(call, command, compose, metered)
        elif self.lock_step is None:
            self._degraded.trade(call, command, compose, metered)
        elif call.is_rest:
            raise RefusedError(problem_of(LOCK_STEP))
        else:
            waiting = pending_of(self, call, command, compose, seat=None)
            self.lock_step.hold(call.account_id(), lambda: self._submit_late(waiting))

    def send(
        self, call: Call, command: Command, compose: Compose, metered: Metered = Metered.ORDER
    ) -> None:
        """Send a command at once; cancels have a shorter deadline and a little more room."""
        if call.caller.key_name and isinstance(command, OrganizerAct):
            command = replace(command, by=call.caller.key_name)
        is_cancel = metered is not Metered.ORDER
        settings = self.settings
        deadline_s = settings.cancel_deadline_s if is_cancel else settings.order_deadline_s
        seat = self.take_seat(call, deadline_s, headroom=is_cancel)
        self._submit(pending_of(self, call, command, compose, seat), headroom=is_cancel)

    def read(
        self,
        call: Call,
        queries: tuple[Query, ...],
        compose: ComposeRead,
        follow: Follow | None = None,
    ) -> None:
        """Answer a read from one released state; `follow` may ask more, once the first is known."""
        read(self, call, queries, compose, follow)

    def look(
        self, call: Call, queries: tuple[Query, ...], then: Callable[[Sequence[Reply]], None]
    ) -> None:
        """Ask for a caller, and go on with the replies unless its deadline is first."""
        look(self, call, queries, then)

    def as_of(self, call: Call, answer: Answer) -> Answer:
        """Add to a read how far the caller's private stream had come."""
        account_id = call.caller.account_id
        if account_id is None:
            return answer
        seq = b"%d" % self.feed.private_seq(account_id)
        headers = (*answer.headers, (b"x-as-of-seq", seq))
        return replace(answer, headers=headers)

    def assert_listed(self, instrument_id: str) -> InstrumentId:
        """Return an instrument's id; refuse one that is not listed."""
        listed = InstrumentId(instrument_id)
        if listed not in self.directory.instruments:
            detail = f"no instrument {instrument_id[:64]}"
            raise RefusedError(problem_of(INSTRUMENT_NOT_FOUND, detail))
        return listed

    def defer(self, waiting: "Pending", record: Record) -> None:
        """Keep an answer until its batch is published."""
        self._settling.append((waiting, record))

    def again(self, waiting: "Pending") -> None:
        """Send a command once more: the first of its name is still under way on another node."""
        if waiting.seat is not None and self.waiting.has(waiting.seat):
            loop = asyncio.get_running_loop()
            loop.call_later(_AGAIN_S, self._submit_late, waiting)

    def _submit(self, waiting: "Pending", *, headroom: bool = False) -> None:
        call, settings = waiting.call, self.settings
        deadline_s = settings.cancel_deadline_s if headroom else settings.order_deadline_s
        try:
            self.pump.submit(
                waiting.command,
                actor=call.caller.account_id or "",
                trace_id=call.trace_id,
                on_release=waiting,
                on_refused=waiting.refuse,
                headroom=headroom,
                deadline_s=deadline_s - (perf_counter() - waiting.started),
            )
        except (OverloadedError, PumpStoppedError) as error:
            waiting.leave()
            raise RefusedError(busy_of(error)) from error

    def _submit_late(self, waiting: "Pending") -> None:
        try:
            self._submit(waiting)
        except RefusedError as error:
            waiting.call.reply(refused(error.problem))

    def take_seat(self, call: Call, deadline_s: float, *, headroom: bool = False) -> int:
        """Let a call wait, answered 504 at its deadline; `RefusedError` where too many do."""

        def late() -> None:
            self.numbers.timeouts += 1
            call.reply(refused(problem_of(PROCESSING_TIMEOUT)))

        try:
            return self.waiting.enter(deadline_s, late, headroom=headroom)
        except RoomFullError as error:
            raise RefusedError(busy()) from error

    def _learn(self, record: Record) -> None:
        for output in record.outputs:
            self.directory.fold(record.game_ns, output)
            if isinstance(output, TeamRegistered):
                self.feed.open_private(output.account_id)
            elif type(output) in MEMBER_EVENTS:
                self.members.see(output)

    def _look_for_game(self, records: Sequence[Record]) -> None:
        if any(first_of(GameCreated, record.outputs) for record in records):
            self._created.set()

    def _meet(self, replies: Sequence[Reply]) -> None:
        if reply_of(Roles, replies).roles:
            self._directory = Directory(replies)

    def _open(self, accounts: Sequence[AccountId], replies: Sequence[Reply], split: int) -> None:
        # All of this happens at one moment of the pump: what is released next is the first to be
        # published, and continues exactly what was read.
        directory = self.directory
        directory.learn(replies[:split])
        self.last_known.note_scores(None, reply_of(Scores, replies))
        self.working.learn(accounts, [reply for reply in replies if isinstance(reply, Orders)])
        absent: list[AccountId] = []
        for account_id, quotes in zip(accounts, replies[split:], strict=True):
            assert isinstance(quotes, Quotes)
            self.feed.open_private(account_id, quotes.private_seq)
            if quotes.quotes:
                absent.append(account_id)
        self.feed.begin(directory)
        self.members.begin(directory)
        if directory.game.rules.lock_step:
            silence_s = self.settings.silent_bot_s
            self.lock_step = LockStep(
                self.pump, self.feed, directory.game, self._flusher, silence_s
            )
            self.feed.fanout.in_lock_step = True
        self.absences.is_on = self.lock_step is None and isinstance(self.steward, Steward)
        for account_id in absent:  # it quoted when the last process ended
            self.absences.miss(account_id, "quotes")
        self.is_ready = True

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.settings.heartbeat_s)
            self.feed.fanout.beat()
            if not self.is_ready:
                continue
            self.last_known.beat(self.directory)
            if self.lock_step is not None:
                continue
            if isinstance(self.steward, RemoteSteward):
                self.steward.serve(self.service.take())
            else:
                self.service.beat(self.directory, self.absences.sessions)

    def _tell_expired(self, account_id: AccountId, timeout_ms: int) -> None:
        for session in self.sessions_of(account_id):
            self.feed.tell(session, "deadman.expired", DeadmanData(timeout_ms=timeout_ms))


def first_of(kind: type[M], messages: Iterable[Message]) -> M | None:
    """Return the first message of a class."""
    return next((message for message in messages if isinstance(message, kind)), None)
