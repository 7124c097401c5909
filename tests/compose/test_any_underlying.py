"""No core knows the name of an underlying: any scenario's starts and trades."""

from pathlib import Path

from itg import scenario
from itg.compose.services import services_of
from itg.exchange.contract import TradeExecuted
from itg.game.contract import MovePhase, RegisterTeam, StartRound
from itg.kernel.ids import AccountId, InstrumentId, Role
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.words import Phase, Side
from itg.positions.contract import ReserveOrder
from itg.runtime.cascade import Machine

SCENARIO = """
extends = "bare"
title = "Elsewhere"

[[underlyings]]
id = "XYZ"
start_price = 50.00
strike_step = 1.00
"""


def test_a_scenario_with_another_underlying_trades(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.toml"
    file.write_text(SCENARIO)
    create = scenario.load(str(file))
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))

    def send(message: Message) -> tuple[Message, ...]:
        return machine.apply(create.rules.rounds[0].start_ns, message)

    send(create)
    for name in ("buyers", "sellers"):
        send(RegisterTeam(team_name=name, role=Role("hedge_fund"), key_hash=name))
    send(StartRound())
    for phase in (Phase.PRE_OPEN, Phase.CONTINUOUS):
        send(MovePhase(phase=phase))
    for account, side in (("t1", Side.BUY), ("t2", Side.SELL)):
        outputs = send(
            ReserveOrder(
                account_id=AccountId(account),
                instrument_id=InstrumentId("XYZ"),
                side=side,
                quantity=2,
                price=Price(500_000),
            )
        )
    (trade,) = [output for output in outputs if isinstance(output, TradeExecuted)]
    assert (trade.instrument_id, trade.quantity) == ("XYZ", 2)


def test_no_core_names_an_underlying() -> None:
    cores = Path(scenario.__file__).parents[1].glob("*/core/**/*.py")
    named = [path for path in cores if "SPX" in path.read_text() or "SPY" in path.read_text()]
    assert not named


def test_the_exchange_s_contract_knows_no_team_role_or_risk_limit() -> None:
    package = Path(scenario.__file__).parents[1] / "exchange" / "contract"
    fields = [
        line.strip()
        for path in package.glob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith("    ") and ": " in line and not line.strip().startswith(("#", '"'))
    ]
    assert not [f for f in fields if f.split(":")[0] in {"team_id", "role", "limit", "risk_limit"}]
