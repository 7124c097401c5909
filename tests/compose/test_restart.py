"""A server that is started again has lost nothing, whatever the phase it ended in."""

from pathlib import Path

import pytest
from msgspec import json
from tests.dice import Dice
from tests.gateway.house import House, digest

from itg import scenario
from itg.compose.services import services_of
from itg.exchange.contract import ExchangeStatus, GetExchangeStatus
from itg.game.contract import (
    CreateGame,
    GetGame,
    GetScores,
    GetTeams,
    RegisterTeam,
    Scores,
    StartRound,
)
from itg.kernel.ids import AccountId, InstrumentId, Role, Shard, UnderlyingId
from itg.kernel.messages import Query
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.market_data.contract import GetPriceHistory, PriceHistory
from itg.positions.contract import GetBalances, ReserveOrder
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.fingerprint import header_of
from itg.runtime.journal import MemoryJournal
from itg.runtime.pump import Pump
from itg.runtime.recovery import recover
from itg.translate.scores import scores_body

DAY = """
extends = "demo"
title = "A short day"
[session]
continuous_s = 90
"""
TEAMS = (("Some", "market_maker"), ("Others", "hedge_fund"))
KEYS = ("itg_some", "itg_others")
# Seconds since the open, and the phase the market is in.
PHASES = {
    -40: Phase.PRE_OPEN,
    -5: Phase.OPENING_AUCTION,
    75: Phase.CONTINUOUS,
    95: Phase.CLOSED,
}
READS: tuple[Query, ...] = (
    GetGame(),
    GetTeams(),
    GetScores(),
    GetPriceHistory(underlying_id=UnderlyingId("SPX"), interval_s=60),
    GetBalances(),
)


class Played:
    """A game with prices, news, a house, small investors and two teams, up to an instant."""

    def __init__(self, create: CreateGame, seconds: int) -> None:
        self.create = create
        self.machine = machine_of(create)
        self.journal = MemoryJournal()
        self.journal.open(header_of(self.machine, create.scenario_hash))
        (plan, *_) = create.rules.rounds
        clock = VirtualClock(plan.start_ns)
        pump = Pump(self.machine, self.journal, clock)
        pump.submit(create)
        for (name, role), key in zip(TEAMS, KEYS, strict=True):
            pump.submit(RegisterTeam(team_name=name, role=Role(role), key_hash=digest(key)))
        pump.submit(StartRound())
        pump.run_until_idle()
        dice = Dice(seconds)
        open_ns = Nanos(plan.start_ns + (60 + 10) * NS_PER_S)
        until = Nanos(open_ns + seconds * NS_PER_S)
        while clock.game_ns() + NS_PER_S < until:
            clock.advance_to(Nanos(clock.game_ns() + NS_PER_S))
            pump.submit(order(dice))
            pump.run_until_idle()


def machine_of(create: CreateGame) -> Machine:
    return Machine(services_of([shard for shard, _ in create.rules.shards]))


def order(dice: Dice) -> ReserveOrder:
    return ReserveOrder(
        account_id=AccountId(dice.choice(("t1", "t2"))),
        instrument_id=InstrumentId("SPX"),
        side=dice.choice((Side.BUY, Side.SELL)),
        quantity=1,
        price=Price(10_000 * 4_400 + 100 * dice.randrange(-20_000, 20_000)),
    )


@pytest.fixture(scope="module")
def create(tmp_path_factory: pytest.TempPathFactory) -> CreateGame:
    file: Path = tmp_path_factory.mktemp("day") / "short.toml"
    file.write_text(DAY, encoding="utf-8")
    return scenario.load(str(file))


@pytest.fixture(params=PHASES, ids=[phase.value for phase in PHASES.values()])
def played(request: pytest.FixtureRequest, create: CreateGame) -> Played:
    game = Played(create, request.param)
    status = game.machine.query(GetExchangeStatus(shard=Shard(0)))
    assert isinstance(status, ExchangeStatus)
    assert status.phase is PHASES[request.param]
    return game


def successor(played: Played) -> MemoryJournal:
    journal = MemoryJournal(played.journal.store)
    journal.open(header_of(played.machine, played.create.scenario_hash))
    return journal


def test_every_service_is_what_it_was_in_every_phase(played: Played) -> None:
    again = machine_of(played.create)
    recover(successor(played), again)
    for before, after in zip(played.machine.services, again.services, strict=True):
        assert after.snapshot() == before.snapshot(), before.name
    for read in READS:
        assert again.query(read) == played.machine.query(read)


async def test_round_teams_keys_scores_and_bars_are_read_as_before(create: CreateGame) -> None:
    played = Played(create, 75)
    scores, history = (played.machine.query(read) for read in READS[2:4])
    assert isinstance(scores, Scores)
    assert isinstance(history, PriceHistory)
    assert len(history.candles) > 1
    async with House("demo", journal=successor(played), amend=lambda _: create) as again:
        told = (await again.call("GET", "/game/rounds/1", key=KEYS[0])).json
        assert told["status"] == "running"
        for key, (name, role) in zip(KEYS, TEAMS, strict=True):
            own = (await again.call("GET", "/game/teams/me", key=key)).json
            assert (own["team_name"], own["role"]) == (name, role)
        bars = (await again.call("GET", "/prices/SPX/history?interval=1m", key=KEYS[0])).json[
            "items"
        ]
        names = ("open_price", "high_price", "low_price", "close_price")
        assert [tuple(round(bar[name] * 10_000) for name in names) for bar in bars] == [
            tuple(getattr(candle, name) for name in names) for candle in history.candles
        ]
        body = (await again.call("GET", "/game/scores", key=KEYS[0])).json
        assert body == json.decode(json.encode(scores_body(scores, lambda team: team == "t1")))
