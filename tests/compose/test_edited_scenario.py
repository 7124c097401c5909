"""A scenario's file configures every service, and a game is its scenario's for ever."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.scenario.compiled import of, the
from tests.system.desk import called

from itg import scenario
from itg.cli import exits
from itg.compose.services import services_of
from itg.compose.solo import Solo, SoloSettings
from itg.compose.verify import verify_data
from itg.exchange.contract import ListInstrument
from itg.game.contract import CreateGame, MovePhase, RegisterTeam, StartRound
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, InstrumentId, Role
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.words import Phase, Side
from itg.positions.contract import AccountOrderRejected, ConfigurePositions, ReserveOrder
from itg.retail.contract import ConfigureRetail
from itg.runtime.cascade import Machine

LIMITED = """
extends = "bare"
title = "Limited"
[[roles]]
role = "hedge_fund"
registrable = true
maker_fee = -0.01
taker_fee = 0.02
constraints = [{{ kind = "{kind}", max_quantity = {limit} }}]
"""


def written(folder: Path, limit: int, kind: str = "position_limit") -> str:
    file = folder / "limited.toml"
    file.write_text(LIMITED.format(limit=limit, kind=kind), encoding="utf-8")
    return str(file)


def machine_of(create: CreateGame) -> Machine:
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    machine.apply(create.rules.rounds[0].start_ns, create)
    return machine


def refusal(machine: Machine, create: CreateGame, *messages: Message) -> tuple[str, object]:
    """Return code and limit of the one order that is refused."""
    outputs = [o for m in messages for o in machine.apply(create.rules.rounds[0].start_ns, m)]
    (rejected,) = [o for o in outputs if isinstance(o, AccountOrderRejected)]
    return rejected.refusal.code, rejected.refusal.limit


@pytest.mark.parametrize("limit", [50, 60])
def test_an_edited_limit_is_the_one_that_refuses(tmp_path: Path, limit: int) -> None:
    written(tmp_path, 10)
    create = scenario.load(written(tmp_path, limit))
    order = ReserveOrder(
        account_id=AccountId("t1"),
        instrument_id=option_of(create),
        side=Side.BUY,
        quantity=limit,
        price=Price(10_000),
    )
    begun = (
        RegisterTeam(team_name="Some", role=Role("hedge_fund"), key_hash="some"),
        StartRound(),
        MovePhase(phase=Phase.PRE_OPEN),
        order,
        replace(order, quantity=1),
    )
    machine = machine_of(create)
    assert refusal(machine, create, *begun) == ("POSITION_LIMIT_EXCEEDED", limit)


def option_of(create: CreateGame) -> InstrumentId:
    listed = (command.instrument for command in of(ListInstrument, create))
    return next(i.instrument_id for i in listed if i.option)


def test_an_unknown_rule_starts_no_server(tmp_path: Path) -> None:
    file = written(tmp_path, 50, "positon_limit")
    with pytest.raises(ConfigurationError, match="positon_limit"):
        Solo(SoloSettings(scenario=file, data=tmp_path / "data"))


def test_a_game_refuses_another_scenario_and_replays_without_its_file(tmp_path: Path) -> None:
    file, data = written(tmp_path, 50), tmp_path / "data"
    asyncio.run(begun_and_ended(file, data))
    written(tmp_path, 60)
    with pytest.raises(ConfigurationError, match="scenario"):
        Solo(SoloSettings(scenario=file, data=data))
    Path(file).unlink()
    assert verify_data(data).is_equal
    assert called("verify", str(data)).code == exits.DONE


async def begun_and_ended(file: str, data: Path) -> None:
    first = Solo(SoloSettings(scenario=file, data=data))
    await first.start()
    await first.stop()


def test_a_game_configures_every_service_itself() -> None:
    create = scenario.load("demo")
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    outputs = machine.apply(create.rules.rounds[0].start_ns, create)
    configured = {type(o).__name__ for o in outputs if type(o).__name__.startswith("Configure")}
    assert configured == {
        *("ConfigureExchange", "ConfigureLadder", "ConfigurePositions", "ConfigureMarketData"),
        *("ConfigureNews", "ConfigureSignals", "ConfigureRetail"),
    }
    by_game = {
        kind.__name__ for kind in next(s for s in machine.services if s.name == "game").emits
    }
    assert configured <= by_game


def test_a_small_investors_order_is_refused_by_the_limits_of_its_role() -> None:
    create = scenario.load("demo")
    retail = the(ConfigureRetail, create)
    assert retail.flow is not None
    positions = the(ConfigurePositions, create)
    assert "retail" in {role.role for role in positions.roles}
    order = ReserveOrder(
        account_id=retail.flow.account_ids[0],
        instrument_id=option_of(create),
        side=Side.BUY,
        quantity=51,
        price=Price(10_000),
    )
    machine = machine_of(create)
    assert refusal(machine, create, StartRound(), order) == ("POSITION_LIMIT_EXCEEDED", 50)
