"""Moods and hours in a whole world: through the service, its snapshots and its report."""

from pathlib import Path

import pytest
from msgspec import Raw, msgpack
from msgspec.structs import replace
from tests.game.worlds import World
from tests.retail.models import NOW, configured, instruments, second

from itg import scenario
from itg.exchange.contract import InstrumentListed
from itg.game.asking import Setup
from itg.game.contract import CreateGame
from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data.contract import Mark, MarksPublished, PricesStepped, SpotPrice
from itg.positions.contract import (
    AccountOrderRejected,
    Balances,
    GetBalances,
    ReserveOrder,
)
from itg.retail.contract import (
    Behaviors,
    Calibration,
    ConfigureRetail,
    GetCalibration,
    GetRetailReport,
    HourFactor,
    RetailReport,
    StartFlow,
)
from itg.retail.service import RetailService
from itg.runtime.service import StartTimer

MOODS = Behaviors(
    momentum=0.3,
    momentum_move=0.0002,
    momentum_window_s=30,
    panic=0.2,
    panic_move=0.0003,
    panic_s=20,
    fomo=0.25,
    fomo_distance=0.0001,
    profit_taking=0.15,
    profit_move=0.1,
)
HOURS = (HourFactor(start_s=100, factor=2.5), HourFactor(start_s=300, factor=0.5))


def moody(game: CreateGame) -> CreateGame:
    """Return a game whose investors have moods that small moves stir."""
    commands = [msgpack.decode(raw, type=Setup) for raw in game.setup]
    changed = [
        replace(command, flow=replace(command.flow, behaviors=MOODS, hours=HOURS))
        if isinstance(command, ConfigureRetail) and command.flow is not None
        else command
        for command in commands
    ]
    return replace(game, setup=tuple(Raw(msgpack.encode(command)) for command in changed))


def short(folder: Path, seconds: int, seed: int = 7) -> CreateGame:
    file = folder / "short.toml"
    file.write_text(f'extends = "demo"\n[session]\ncontinuous_s = {seconds}\n', encoding="utf-8")
    return moody(scenario.load(str(file), seed=seed))


@pytest.mark.gate
def test_a_moody_day_is_calibrated_conserved_and_refused_for_its_rate_alone(tmp_path: Path) -> None:
    world = World(short(tmp_path, 1_200))
    world.start()
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    told, calibration = world.ask(GetRetailReport()), world.ask(GetCalibration())
    assert isinstance(told, RetailReport)
    assert isinstance(calibration, Calibration)
    rows = {row.what: row for row in calibration.rows}
    assert {"momentum", "panic", "fomo", "profit taking", "orders a minute"} <= set(rows)
    assert [row for row in rows.values() if not row.is_within] == []
    orders = [m for _, m in world.events(ReserveOrder)]
    assert told.orders == len(orders) == told.opening_orders + told.closing_orders
    whys = (told.chance_closings, told.hold_closings, told.panic_closings, told.profit_closings)
    assert 0 <= sum(whys) + told.room_closings - told.closing_orders <= told.hold_closings
    balances = world.ask(GetBalances())
    assert isinstance(balances, Balances)
    assert (balances.contracts_sum, balances.cash_sum) == (0, 0)
    # No team is there: what investors do not trade with each other, they trade with the house.
    traded = sum(a.contracts_traded for a in balances.accounts)
    assert told.contracts_filled + told.house_contracts_filled == traded
    refused = [
        m.refusal.code
        for _, m in world.events(AccountOrderRejected)
        if isinstance(m, AccountOrderRejected)
    ]
    # An account may send one order a second; in a panic, or content with all it has, it wants more.
    assert refused.count("RATE_LIMIT_EXCEEDED") == len(refused)


def test_a_moody_day_goes_on_from_its_snapshot_as_if_nothing_had_been(tmp_path: Path) -> None:
    world = World(short(tmp_path, 60))
    world.start()
    world.run_to(world.seconds(30))
    service = next(s for s in world.machine.services if isinstance(s, RetailService))
    assert service.snapshot()
    resumed = RetailService()
    resumed.restore(service.snapshot())
    assert resumed.snapshot() == service.snapshot()
    assert resumed.query(GetCalibration()) == service.query(GetCalibration())


# -- the service alone --------------------------------------------------------

MARKS = MarksPublished(
    step=1,
    marks=tuple(
        Mark(i.instrument_id, Price(100_000), 200_000, 500_000, 0, 0, 0)
        for i in instruments()
        if i.option
    ),
)


def stepped(spx: int) -> PricesStepped:
    pair = (("SPX", spx), ("SPY", spx // 10))
    prices = tuple(SpotPrice(UnderlyingId(name), Price(p), Price(p)) for name, p in pair)
    return PricesStepped(step=1, prices=prices, second_vol_ppm=10)


def begun() -> tuple[RetailService, Nanos]:
    """Return a service in its window, and when its first investor comes."""
    service = RetailService()
    flow = replace(configured()[1], behaviors=Behaviors(panic=0.2))
    service.handle(NOW, ConfigureRetail(seed=7, flow=flow))
    for instrument in instruments():
        service.handle(NOW, InstrumentListed(shard=instrument.shard, instrument=instrument))
    window = StartFlow(flow_start_ns=NOW, flow_end_ns=Nanos(NOW + 3_600 * NS_PER_S))
    return service, timer(service.handle(NOW, window))


def timer(messages: object) -> Nanos:
    assert isinstance(messages, list)
    (at_ns,) = [m.at_ns for m in messages if isinstance(m, StartTimer)]
    return Nanos(at_ns)


def test_a_jump_draws_the_next_investor_nearer() -> None:
    service, first = begun()
    assert not service.handle(second(1), stepped(44_000_000))
    moved = timer(service.handle(second(1.25), stepped(44_300_000)))
    left = min(first - second(1.25), 2 * 120 * NS_PER_S)
    assert moved == pytest.approx(first - left // 2, abs=2)
    resumed = RetailService()
    resumed.restore(service.snapshot())
    # The jump is still within a second: a snapshot remembers what the panic is about.
    assert timer(resumed.handle(second(1.5), stepped(44_300_000))) == pytest.approx(moved, abs=2)
