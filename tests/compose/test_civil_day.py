"""A day on the civil schedule, by itself: orders live through it, and boundaries happen once."""

from itertools import pairwise
from pathlib import Path

import pytest

from itg import scenario
from itg.compose.services import services_of
from itg.exchange.contract import AuctionUncrossed, PhaseChanged, TradeExecuted
from itg.game.contract import CreateGame, RegisterTeam, StartRound
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Role
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.positions.contract import GetOrders, Orders, ReserveOrder
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.fingerprint import header_of
from itg.runtime.journal import MemoryJournal, MemoryStore, read
from itg.runtime.pump import Pump
from itg.runtime.recovery import recover
from itg.runtime.service import StartTimer

DAY = """
extends = "bare"
title = "A civil day"
{more}
[session]
kind = "civil"
days = 1
pre_open = 08:00:00
opening_auction = 09:29:30
continuous = 09:30:00
closed = 15:00:00
"""
# Boundaries have timers of their own: none is late for it.
RARELY = "[matching]\ncheck_s = 30"
BUYER, SELLER = AccountId("t1"), AccountId("t2")


def create_of(folder: Path, more: str = "") -> CreateGame:
    file = folder / "day.toml"
    file.write_text(DAY.format(more=more), encoding="utf-8")
    return scenario.load(str(file))


class Life:
    """One life of a server, from whatever its journal holds."""

    def __init__(self, create: CreateGame, store: MemoryStore, at: str = "08:00") -> None:
        self.open_ns = create.rules.rounds[0].start_ns  # of pre-open, 08:00
        self.machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
        self.journal = MemoryJournal(store)
        self.journal.open(header_of(self.machine, create.scenario_hash))
        recover(self.journal, self.machine)
        self.clock = VirtualClock(self.at(at))
        self.pump = Pump(self.machine, self.journal, self.clock)
        if self.machine.next_seq == 1:
            self.tell(create)
            for name in ("Buyer", "Seller"):
                self.tell(RegisterTeam(team_name=name, role=Role("hedge_fund"), key_hash=name))
            self.tell(StartRound())
        self.pump.run_until_idle()

    def at(self, time: str) -> Nanos:
        hours, minutes, seconds = (*map(int, time.split(":")), 0)[:3]
        return Nanos(self.open_ns + ((hours - 8) * 3600 + minutes * 60 + seconds) * NS_PER_S)

    def until(self, time: str) -> None:
        self.clock.advance_to(self.at(time))
        self.pump.run_until_idle()

    def tell(self, message: Message) -> None:
        self.pump.submit(message)
        self.pump.run_until_idle()

    def order(self, account: AccountId, side: Side, price: str, quantity: int = 1) -> None:
        self.tell(
            ReserveOrder(
                account_id=account,
                instrument_id=InstrumentId("SPX"),
                side=side,
                quantity=quantity,
                price=Price(round(float(price) * 10_000)),
            )
        )

    def working(self, account: AccountId) -> list[OrderId]:
        reply = self.machine.query(GetOrders(account_id=account))
        assert isinstance(reply, Orders)
        return [order.order_id for order in reply.orders]

    def recorded(self, *kinds: type[Message]) -> list[tuple[Nanos, Message]]:
        return [
            (record.game_ns, output)
            for record in read(self.journal, self.machine.codec)
            for output in record.outputs
            if isinstance(output, kinds)
        ]


def test_an_order_of_the_morning_works_until_the_close(tmp_path: Path) -> None:
    life = Life(create_of(tmp_path, RARELY), MemoryStore())
    life.until("09:31")
    life.order(BUYER, Side.BUY, "4300.00")
    (order_id,) = life.working(BUYER)
    life.until("14:59:59")
    assert life.working(BUYER) == [order_id]
    life.order(SELLER, Side.SELL, "4300.00")
    assert life.working(BUYER) == []
    life.order(BUYER, Side.BUY, "4300.00")
    life.until("15:00")
    assert life.working(BUYER) == []


@pytest.mark.parametrize("at", ["09:29:40", "09:31", "16:00"])
def test_a_server_that_was_down_at_the_open_uncrosses_once(tmp_path: Path, at: str) -> None:
    create, store = create_of(tmp_path, RARELY), MemoryStore()
    life = Life(create, store)
    life.until("09:20")
    life.order(BUYER, Side.BUY, "4401.00", 3)
    life.order(SELLER, Side.SELL, "4400.00", 2)
    assert life.recorded(TradeExecuted) == []
    for _ in range(3):  # it is started again and again
        life = Life(create, store, at)
        life.until("16:00")
    ((_, uncrossed),) = [
        (at_ns, told)
        for at_ns, told in life.recorded(AuctionUncrossed)
        if isinstance(told, AuctionUncrossed) and told.quantity
    ]
    assert isinstance(uncrossed, AuctionUncrossed)
    assert uncrossed.instrument_id == "SPX"
    ((_, trade),) = life.recorded(TradeExecuted)
    assert isinstance(trade, TradeExecuted)
    assert trade.quantity == 2
    changes = [told for _, told in life.recorded(PhaseChanged) if isinstance(told, PhaseChanged)]
    phases = [change.phase for change in changes if change.instrument_id is None]
    assert phases == [
        *(Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSED),
    ]


@pytest.mark.parametrize("check_s", [None, 2.5])
def test_a_key_of_the_scenario_says_how_often_the_schedule_is_looked_at(
    tmp_path: Path, check_s: float | None
) -> None:
    more = "" if check_s is None else f"[matching]\ncheck_s = {check_s}"
    life = Life(create_of(tmp_path, more), MemoryStore())
    life.until("08:01")
    asked: list[int] = [
        told.at_ns
        for _, told in life.recorded(StartTimer)
        if isinstance(told, StartTimer) and told.owner.startswith("exchange") and told.key == "tick"
    ]
    gaps = {after - before for before, after in pairwise(asked[1:])}
    assert gaps == {round((check_s or 0.1) * 1_000) * NS_PER_MS}
