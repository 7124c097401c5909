"""A game in lock step without sockets: inputs, steps and order are the gateway's, byte for byte.

A step: what the bots sent enters, ordered by the permutation drawn for the step; the clock moves on
by one market step and every timer due by then fires; the bots hear all of it, and have their turn.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from itg.client.bot import Setup
from itg.client.commands import BotCommand
from itg.client.pacing import Pacer
from itg.exchange.contract import (
    BookSnapshots,
    ExchangeStatus,
    GetBooks,
    GetExchangeStatus,
    GetInstruments,
)
from itg.game.contract import (
    CreateGame,
    GameState,
    GetGame,
    RegisterTeam,
    RegistrationRejected,
    RoundEnded,
    RoundStarted,
    StartRound,
    TeamRegistered,
)
from itg.kernel.errors import ConfigurationError
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.rng import Rng
from itg.kernel.times import Nanos, to_micros
from itg.lab.asking import command_of, rejection_in
from itg.lab.hearing import Hearing
from itg.lab.listings import Listings
from itg.lab.seats import Player, Seat
from itg.market_data.contract import GetMarks, GetPrices, Marks, Prices
from itg.positions.contract import (
    AccountState,
    Budgets,
    ConnectionOpened,
    GetAccountState,
    GetBudgets,
    GetRoles,
    OpenConnection,
    Roles,
)
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.runtime.pump import PumpLimits
from itg.translate.account import budget_bodies, private_snapshot
from itg.translate.chain import is_option, mark_push
from itg.translate.game import rules_body
from itg.translate.market import book_snapshot_push, phase_rows, price_bodies
from itg.translate.refusals import CONTRACT_REASONS
from itg.wire.v1.account import RejectedPush

Watcher = Callable[[Record], None]
# A pump's batch: answers are heard after everything its batch has told.
BATCH_INPUTS = PumpLimits().batch_inputs_max


class _Input(Struct, frozen=True):
    message: Message
    player: Player | None = None
    command: BotCommand | None = None


class LabRun:
    """One game with its bots; `watchers` hear every record, `run` plays all rounds.

    The clock is the caller's loop: a run takes as long as the work takes. Raises
    `ConfigurationError` for a seat the game does not take.
    """

    def __init__(
        self, machine: Machine, create: CreateGame, seats: Sequence[Seat], *watchers: Watcher
    ) -> None:
        self.machine = machine
        self.rules = create.rules
        self.now_ns = create.rules.rounds[0].start_ns
        self.step = -1
        self.is_over = False
        self._watchers = watchers
        self._dice = Rng(int(create.scenario_hash, 16), "lock_step")
        self._listings = Listings(self.rules.shards)
        self._hearing: Hearing | None = None
        self._held: dict[Player, list[_Input]] = {}
        self._handle([_Input(create)])
        self.players = [self._registered(seat) for seat in seats]

    def run(self) -> None:
        """Play every round to its end."""
        self.begin()
        while not self.is_over:
            self.advance()

    def begin(self) -> None:
        """Seat the bots and start the first round."""
        listings = self._listings
        listings.learn(self._ask(*self._first_queries()))
        self._hearing = Hearing(listings, self.players)
        tops = [
            top
            for shard, underlying_id in self.rules.shards
            for books in self._ask(GetBooks(shard=shard))
            if isinstance(books, BookSnapshots)
            for top in self._hearing.begin(underlying_id, books.books)
        ]
        for player in self.players:
            self._prepare(player)
            player.ears.hear_tops(tops)
        self._hearing.refresh()
        self._handle([_Input(StartRound())])
        self._take_turns()

    def advance(self) -> None:
        """Play one step."""
        self.step += 1
        turns = self._dice.fork(str(self.step)).shuffled(
            sorted(self.players, key=lambda player: player.account_id)
        )
        inputs = [held for player in turns for held in self._held.pop(player, ())]
        self._handle(inputs, Nanos(self.now_ns + self.rules.step_ns))
        if self.is_over:
            self._say_goodbye()
        else:
            self._take_turns()

    def tell(self, *acts: Message) -> None:
        """Give the game an organizer's acts, between two steps; watchers hear them as all else."""
        self._handle([_Input(act) for act in acts])

    def _take_turns(self) -> None:
        assert self._hearing is not None, "begin first"
        self._hearing.flush()
        for player in [player for player in self.players if player.is_leaving]:
            self._change_bot(player)
        game_us = to_micros(self.now_ns)
        for player in self.players:
            if player.ears.is_chain_stale:
                player.ears.is_chain_stale = False
                player.ears.relist(self._listings.bodies())
                self._follow_books(player)
            self._hold(player, player.take_turn(game_us))

    def _say_goodbye(self) -> None:
        assert self._hearing is not None, "begin first"
        self._hearing.flush()
        for player in self.players:
            player.bot.on_stop()  # what it sends now comes too late, as over a socket

    def _change_bot(self, player: Player) -> None:
        # As at the begin of the game: another bot knows nothing of what the one before it heard.
        assert self._hearing is not None
        player.bot.on_stop()
        player.change_bot()
        self._prepare(player)
        player.ears.hear_tops(self._hearing.tops())
        if player.bot.follows_depth:
            for books in self._ask(*(GetBooks(shard=shard) for shard, _ in self.rules.shards)):
                assert isinstance(books, BookSnapshots)
                for book in books.books:
                    push = book_snapshot_push(book)
                    player.ears.hear_book(book.instrument_id, "snapshot", push)
        self._hearing.refresh()

    def _hold(self, player: Player, commands: Sequence[BotCommand]) -> None:
        for command in commands:
            asked = command_of(player.account_id, command)
            if isinstance(asked, RejectedPush):
                player.hear_answer(command, asked)
            else:
                held = _Input(asked, player, command)
                self._held.setdefault(player, []).append(held)

    def _follow_books(self, player: Player) -> None:
        before = player.channels
        player.listen()
        if player.channels != before:
            assert self._hearing is not None
            self._hearing.refresh()

    def _handle(self, inputs: Sequence[_Input], until_ns: Nanos | None = None) -> None:
        entries = self._entries(inputs, until_ns)
        while batch := list(islice(entries, BATCH_INPUTS)):
            self._release(batch)

    def _entries(
        self, inputs: Sequence[_Input], until_ns: Nanos | None
    ) -> Iterator[tuple[_Input, Record]]:
        for held in inputs:
            yield from self._due()
            yield held, self._applied(self.now_ns, held.message)
        if until_ns is not None:
            self.now_ns = until_ns
        yield from self._due()

    def _due(self) -> Iterator[tuple[_Input, Record]]:
        # A round that starts moves the clock on, and what is due by then comes next.
        while (fired := self.machine.due(self.now_ns)) is not None:
            yield _Input(fired), self._applied(fired.at_ns, fired)

    def _applied(self, at_ns: Nanos, message: Message) -> Record:
        machine = self.machine
        seq, game_ns = machine.next_seq, max(at_ns, machine.game_ns)
        record = Record(seq, game_ns, game_ns, "", "", message, machine.apply(game_ns, message))
        for output in record.outputs:
            if isinstance(output, RoundStarted):
                self.now_ns = max(self.now_ns, output.start_ns)
            elif isinstance(output, RoundEnded):
                self.is_over = output.next_round_id is None
        return record

    def _release(self, batch: Sequence[tuple[_Input, Record]]) -> None:
        hearing = self._hearing
        for _, record in batch:
            for watch in self._watchers:
                watch(record)
            if hearing is not None:
                hearing.hear(record)
        for held, record in batch:
            if held.player is not None and held.command is not None:
                account_id = held.player.account_id
                rejected = rejection_in(account_id, held.command, record.outputs)
                held.player.hear_answer(held.command, rejected)

    def _registered(self, seat: Seat) -> Player:
        told: list[Message] = []
        command = RegisterTeam(
            team_name=seat.team_name,
            role=seat.role,
            key_hash=f"lab {seat.team_name}",
            by_organizer=True,
        )
        for _, record in self._entries([_Input(command)], None):
            self._release([(_Input(command), record)])
            told += record.outputs
        for output in told:
            if isinstance(output, RegistrationRejected):
                raise ConfigurationError(f"seat {seat.team_name}: {output.refusal.detail}")
        team = next(output for output in told if isinstance(output, TeamRegistered))
        return Player(seat, team.team_id, team.account_id, team.role)

    def _prepare(self, player: Player) -> None:
        opened: list[Message] = []
        command = OpenConnection(account_id=player.account_id)
        for held, record in self._entries([_Input(command)], None):
            self._release([(held, record)])
            opened += record.outputs
        number = next(o.connection_number for o in opened if isinstance(o, ConnectionOpened))
        game, roles, budgets, state = self._ask(
            GetGame(),
            GetRoles(),
            GetBudgets(account_id=player.account_id, game_ns=self.now_ns),
            GetAccountState(account_id=player.account_id),
        )
        assert isinstance(game, GameState)
        assert isinstance(roles, Roles)
        assert isinstance(budgets, Budgets)
        assert isinstance(state, AccountState)
        player.pacer = Pacer(budget_bodies(budgets), has_jitter=False)
        bodies = {body.instrument_id: body for body in self._listings.bodies()}
        player.bot.prepare(
            Setup(
                role=player.role,
                connection_number=number,
                rules=rules_body(game, roles.roles, sorted(CONTRACT_REASONS)),
                instruments=bodies,
            )
        )
        player.listen()
        snapshot = private_snapshot(player.team_id, state)
        player.ears.hear_private("snapshot", snapshot, state.private_seq)
        self._show_market(player)

    def _show_market(self, player: Player) -> None:
        statuses = self._ask(*(GetExchangeStatus(shard=shard) for shard, _ in self.rules.shards))
        rows = [row for s in statuses if isinstance(s, ExchangeStatus) for row in phase_rows(s)]
        player.ears.hear_phases("snapshot", rows)
        if not self.rules.has_market:
            return
        prices, marks = self._ask(GetPrices(), GetMarks())
        assert isinstance(prices, Prices)
        assert isinstance(marks, Marks)
        player.ears.hear_prices(price_bodies(prices.prices, prices.game_ns, is_moving=False))
        if player.bot.follows_marks:
            series = [
                m for m in marks.marks if is_option(self._listings.instruments[m.instrument_id])
            ]
            player.ears.hear_marks(mark_push(mark) for mark in series)

    def _first_queries(self) -> Iterator[Query]:
        for shard, _ in self.rules.shards:
            yield GetInstruments(shard=shard)
            yield GetExchangeStatus(shard=shard)

    def _ask(self, *queries: Query) -> list[Reply]:
        return [self.machine.query(query) for query in queries]
