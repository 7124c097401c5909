"""Games that were played and stand on the disk: what is read of them afterwards is under test."""

from pathlib import Path

from msgspec.structs import replace
from tests.dice import Dice

from itg import scenario
from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.commitment import Commitment
from itg.compose.data_directory import DataDirectory, digest_of
from itg.compose.services import services_of
from itg.exchange.contract import InstrumentListed, OrderAccepted
from itg.game.contract import (
    CreateGame,
    EndRound,
    GetRounds,
    HaltMarket,
    MovePhase,
    RegisterTeam,
    ResumeMarket,
    RoundPlan,
    Rounds,
    StartRound,
)
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Role
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import OrderType, Phase, SelfTradePolicy, Side, TimeInForce
from itg.positions.contract import (
    QuoteTerms,
    RequestCancel,
    RequestQuotePull,
    ReserveOrder,
    ReserveQuotes,
    ReserveReplace,
)
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.fingerprint import header_of
from itg.runtime.pump import Pump

TEAMS = ("Tulip Traders", "Basis Points", "Vega Bonds")
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")
TICK = 100
DAY_NS = 86_400 * NS_PER_S


class RecordedGame:
    """A game of the scenario `bare`, driven by hand on a virtual clock, on the disk at once."""

    def __init__(self, data: Path, *, days: int = 1) -> None:
        directory = DataDirectory(data)
        create = scenario.load(
            "bare",
            admin_key_hash=digest_of(directory.secret(directory.admin_key, "itg_", 32)),
        )
        create = replace(create, rules=replace(create.rules, rounds=_rounds(create, days)))
        self.commitment = Commitment.to(create, "bare", None, directory)
        self.create = replace(create, commitment=self.commitment.hash)
        self.records: list[Record] = []
        machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
        self._machine = machine
        self._journal = SqliteJournal(data, unsafe=True)
        self._journal.open(header_of(machine, create.scenario_hash))
        self.clock = VirtualClock(create.rules.rounds[0].start_ns)
        self.data = data
        self._pump = Pump(machine, self._journal, self.clock, on_release=self.records.extend)
        self.tell(self.create)
        listed = (o for r in self.records for o in r.outputs if isinstance(o, InstrumentListed))
        self.instruments = [o.instrument for o in listed]
        for name, role in zip(TEAMS, ROLES, strict=True):
            self.tell(RegisterTeam(team_name=name, role=Role(role), key_hash=digest_of(name)))

    @property
    def accounts(self) -> list[AccountId]:
        """Return the teams' accounts in registration order."""
        return [AccountId(f"t{n}") for n in range(1, len(TEAMS) + 1)]

    def tell(self, *messages: Message) -> None:
        for message in messages:
            self._pump.submit(message)
        self._pump.run_until_idle()

    def start(self, round_id: int = 1) -> None:
        self.clock.advance_to(self.create.rules.rounds[round_id - 1].start_ns)
        self.tell(StartRound(round_id=round_id))
        self.tell(MovePhase(phase=Phase.PRE_OPEN))

    def open(self) -> None:
        self.tell(MovePhase(phase=Phase.CONTINUOUS))

    def end(self, round_id: int = 1) -> None:
        self.tell(EndRound(round_id=round_id, reason="the day is over"))
        rounds = self._machine.query(GetRounds())
        assert isinstance(rounds, Rounds)
        opening = self.commitment.opening(rounds.rounds)
        if opening is not None:
            self.tell(opening)

    def trade(self, acts: int, seed: int = 1) -> None:
        """Let the teams do many things at random, of every kind the exchange knows."""
        dice = Dice(seed)
        for _ in range(acts):
            self.clock.advance_to(Nanos(self.clock.game_ns() + dice.randrange(1, NS_PER_S)))
            self.tell(_act(self, dice))

    def close(self) -> None:
        self._journal.close()

    @property
    def order_ids(self) -> list[tuple[AccountId, OrderId]]:
        """Return every order that was accepted, with its owner."""
        return [
            (o.account_id, o.order_id)
            for record in self.records[-60:]
            for o in record.outputs
            if isinstance(o, OrderAccepted)
        ]


def recorded(data: Path, *, acts: int = 120, days: int = 1, seed: int = 1) -> RecordedGame:
    """Play a game of so many days to its end and close its journal."""
    game = RecordedGame(data, days=days)
    for round_id in range(1, days + 1):
        play(game, round_id, acts, seed)
    game.close()
    return game


def play(game: RecordedGame, round_id: int, acts: int, seed: int = 1) -> None:
    """Play one round: interest before the opening, an uncross, trading, a halt, the close."""
    game.start(round_id)
    game.trade(acts // 4, seed)
    game.open()
    game.trade(acts // 2, seed + 1)
    game.tell(HaltMarket(reason="a test of the bell"))
    game.trade(acts // 8, seed + 2)
    game.tell(ResumeMarket(reason="it rang"))
    game.trade(acts // 8, seed + 3)
    game.end(round_id)


def _act(game: RecordedGame, dice: Dice) -> Message:
    account = dice.choice(game.accounts)
    instrument = dice.choice(_instruments(game))
    known = [order_id for owner, order_id in game.order_ids if owner == account]
    kind = dice.randrange(12)
    if kind < 2 and known:
        return RequestCancel(account_id=account, order_id=dice.choice(known))
    if kind < 4 and known:
        price = _price(dice) if dice.random() < 0.5 else None
        quantity = dice.randrange(1, 30)
        return ReserveReplace(
            account_id=account, order_id=dice.choice(known), price=price, quantity=quantity
        )
    if kind < 6:
        return _quote(game.accounts[0], instrument, dice)
    return _order(account, instrument, dice)


def _quote(account: AccountId, instrument: InstrumentId, dice: Dice) -> Message:
    if dice.random() < 0.15:
        return RequestQuotePull(account_id=account, instrument_id=instrument)
    bid = _price(dice)
    terms = QuoteTerms(
        instrument_id=instrument,
        bid=bid,
        bid_quantity=dice.randrange(10, 20),
        ask=Price(bid + TICK * dice.randrange(1, 4)),
        ask_quantity=dice.randrange(10, 20),
    )
    return ReserveQuotes(account_id=account, quotes=(terms,))


def _order(account: AccountId, instrument: InstrumentId, dice: Dice) -> Message:
    is_market = dice.random() < 0.1
    quantity = dice.randrange(1, 30)
    has_iceberg = not is_market and quantity > 5 and dice.random() < 0.3
    return ReserveOrder(
        account_id=account,
        instrument_id=instrument,
        side=dice.choice((Side.BUY, Side.SELL)),
        quantity=quantity,
        order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
        price=None if is_market else _price(dice),
        time_in_force=TimeInForce.IOC if not has_iceberg and dice.random() < 0.15 else None,
        stp=dice.choice((*SelfTradePolicy,)),
        display_quantity=dice.randrange(1, 5) if has_iceberg else None,
    )


def _price(dice: Dice) -> Price:
    return Price(TICK * dice.randrange(990, 1_011))


def _instruments(game: RecordedGame) -> list[InstrumentId]:
    return [i.instrument_id for i in game.instruments]


def _rounds(create: CreateGame, days: int) -> tuple[RoundPlan, ...]:
    first = create.rules.rounds[0]
    return tuple(
        replace(
            first,
            trading_day=f"2026-12-{1 + day:02}",
            start_ns=Nanos(first.start_ns + day * DAY_NS),
            session_start_ns=Nanos(first.session_start_ns + day * DAY_NS),
            session_end_ns=Nanos(first.session_end_ns + day * DAY_NS),
        )
        for day in range(days)
    )
