"""Scored games played for their reports: a short day of `demo`, driven on a virtual clock."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import json
from tests.dice import Dice

from itg import scenario
from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.data_directory import digest_of
from itg.compose.report_files import folder_of
from itg.compose.reports import Reports
from itg.compose.services import services_of
from itg.exchange.contract import TradeExecuted
from itg.game.contract import CorrectTrade, GetScores, RegisterTeam, Scores, StartRound
from itg.kernel.ids import AccountId, InstrumentId, Role
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Side, TimeInForce
from itg.market_data.contract import MarksPublished
from itg.positions.contract import (
    GetMarkouts,
    GetOrders,
    GetPnl,
    Markouts,
    Orders,
    PnlHistory,
    QuoteTerms,
    ReserveOrder,
    ReserveQuotes,
    ReserveReplace,
)
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record, kinds_of
from itg.runtime.fingerprint import header_of
from itg.runtime.journal import FROM_START
from itg.runtime.pump import Pump
from itg.wire.v1.report import ReportBody

SCENARIO = """
extends = "demo"
teams = []
[registration]
max_teams = 40
[session]
continuous_s = 150
"""
SEED = 5
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")
STEP_NS = 250 * NS_PER_MS
AFTER_S = 30  # of the last order: quotes stand, marks come


class ReportedGame:
    """One scored round on the disk, with the reports of it as a server writes them."""

    def __init__(
        self,
        data: Path,
        *,
        teams: int = 3,
        is_heard: bool = True,
        text: str = SCENARIO,
        admin_key: str = "",
    ) -> None:
        file = data.with_suffix(".toml")
        file.write_text(text, encoding="utf-8")
        self.data = data
        self.create = scenario.load(
            str(file), seed=SEED, admin_key_hash=digest_of(admin_key) if admin_key else ""
        )
        shards = [shard for shard, _ in self.create.rules.shards]
        self.machine = Machine(services_of(shards))
        self.journal = SqliteJournal(data, unsafe=True)
        self.journal.open(header_of(self.machine, self.create.scenario_hash))
        self.clock = VirtualClock(self.create.rules.rounds[0].start_ns)
        self.pump = Pump(self.machine, self.journal, self.clock, on_release=self._see)
        self.reported: list[int] = []  # rounds whose reports stand
        self.reports = Reports(self.pump, data, self.create.rules, then=self.reported.append)
        self.is_heard = is_heard
        self.marks: dict[InstrumentId, Price] = {}
        self.trades: list[TradeExecuted] = []
        self.tell(self.create)
        for number in range(teams):
            name, role = f"Team {number + 1}", Role(ROLES[number % len(ROLES)])
            key = digest_of(name)
            self.tell(RegisterTeam(team_name=name, role=role, key_hash=key, by_organizer=True))
        self.accounts = [AccountId(f"t{number + 1}") for number in range(teams)]

    @property
    def folder(self) -> Path:
        return folder_of(self.data, 1)

    def tell(self, *messages: Message) -> None:
        for message in messages:
            self.pump.submit(message)
        self.pump.run_until_idle()

    def ask(self, query: Query) -> Reply:
        return self.machine.query(query)

    def advance(self, to_ns: int) -> None:
        while self.clock.game_ns() < to_ns:
            self.clock.advance_to(Nanos(min(to_ns, self.clock.game_ns() + STEP_NS)))
            self.pump.run_until_idle()

    def play(
        self,
        *,
        acts: int = 1,
        seed: int = 1,
        during: "Callable[[ReportedGame], None] | None" = None,
    ) -> None:
        """Play the round: each team does so many things each second, until near the close.

        `during` does something else once, when the first trades have had their last mark.
        """
        plan = self.create.rules.rounds[0]
        half_ns = plan.session_start_ns + 90 * NS_PER_S
        self.tell(StartRound(round_id=1))
        self.advance(plan.session_start_ns)
        dice, accounts = Dice(seed), self.accounts
        while self.clock.game_ns() < plan.session_end_ns - AFTER_S * NS_PER_S:
            self.advance(self.clock.game_ns() + NS_PER_S)
            if during is not None and self.clock.game_ns() > half_ns:
                during(self)
                during = None
            for _ in range(acts):
                self.tell(*(self._act(a, n, dice) for n, a in enumerate(accounts)))
        assert plan.end_ns is not None
        self.advance(plan.end_ns)

    def bust(self, trade: TradeExecuted, price: Price | None = None) -> None:
        self.tell(CorrectTrade(trade_id=trade.trade_id, price=price, reason="a wrong price"))

    async def stop(self) -> None:
        await self.reports.stop()
        await asyncio.sleep(0)
        self.journal.close()

    def _see(self, records: Sequence[Record]) -> None:
        if self.is_heard:
            self.reports.see(records, kinds_of(records))
        for record in records:
            for output in record.outputs:
                if isinstance(output, MarksPublished):
                    self.marks = {one.instrument_id: one.mark_price for one in output.marks}
                elif isinstance(output, TradeExecuted):
                    self.trades.append(output)

    def _act(self, account: AccountId, number: int, dice: Dice) -> Message:
        instrument = dice.choice(list(self.marks)[:12])
        mark = self.marks[instrument]
        if ROLES[number % len(ROLES)] == "market_maker" and len(instrument) > len("SPX"):
            half = max(100, mark // 2_500 * 100)
            bid = max(100, mark // 100 * 100 - half)
            terms = QuoteTerms(
                instrument_id=instrument,
                bid=Price(bid),
                bid_quantity=10,
                ask=Price(bid + 2 * half),
                ask_quantity=10,
            )
            return ReserveQuotes(account_id=account, quotes=(terms,))
        working = self.ask(GetOrders(account_id=account))
        assert isinstance(working, Orders)
        if working.orders and dice.random() < 0.3:
            order = dice.choice(working.orders)
            quantity = order.quantity + dice.randrange(1, 3)
            return ReserveReplace(account_id=account, order_id=order.order_id, quantity=quantity)
        side = dice.choice((Side.BUY, Side.SELL))
        edge = dice.choice((1, 1, -1)) * (mark // 2_000 * 100 + 100)
        price = mark // 100 * 100 + (edge if side is Side.BUY else -edge)
        return ReserveOrder(
            account_id=account,
            instrument_id=instrument,
            side=side,
            quantity=dice.randrange(1, 4),
            price=Price(max(100, price)),
            time_in_force=dice.choice((None, TimeInForce.IOC)),
        )


class Played:
    """A round that was played and reported; its game is closed."""

    def __init__(
        self,
        folder: Path,
        *,
        during: Callable[[ReportedGame], None] | None = None,
        after: Callable[[ReportedGame], None] | None = None,
    ) -> None:
        self.data = folder / "data"
        asyncio.run(self._play(during, after))

    async def _play(
        self,
        during: Callable[[ReportedGame], None] | None,
        after: Callable[[ReportedGame], None] | None,
    ) -> None:
        game = ReportedGame(self.data)
        game.play(during=during)
        if after is not None:
            after(game)
        self.pnl = {a: _pnl(game, a) for a in game.accounts}
        self.markouts = {a: _markouts(game, a) for a in game.accounts}
        scores = game.ask(GetScores(round_id=1))
        assert isinstance(scores, Scores)
        assert scores.round is not None
        self.scores = scores.round
        self.trades = game.trades
        self.events = list(_events(game))
        self.folder = game.folder
        await game.stop()
        self.reported = game.reported

    def bodies(self) -> list[ReportBody]:
        files = sorted(self.folder.glob("*.json"))
        return [json.decode(file.read_bytes(), type=ReportBody) for file in files]


def _pnl(game: ReportedGame, account: AccountId) -> PnlHistory:
    reply = game.ask(GetPnl(account_id=account))
    assert isinstance(reply, PnlHistory)
    return reply


def _markouts(game: ReportedGame, account: AccountId) -> Markouts:
    reply = game.ask(GetMarkouts(account_id=account))
    assert isinstance(reply, Markouts)
    return reply


def _events(game: ReportedGame) -> Iterator[tuple[int, Message]]:
    for row in game.journal.rows(FROM_START):
        for record in game.machine.codec.decode_records(row.body):
            for output in record.outputs:
                yield record.game_ns, output
