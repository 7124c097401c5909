"""The reference bots in a short session meet what their roles are obliged to."""

from pathlib import Path

from itg import scenario
from itg.bots import reference_bot
from itg.compose.services import services_of
from itg.kernel.ids import Role
from itg.lab import LabRun, Seat
from itg.positions.contract import AccountLimitBreached, Coverage, GetCoverage
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record

SHORT = """
extends = "classic"
[session]
kind = "timed"
days = 1
pre_open_s = 30
freeze_s = 5
continuous = 09:30:00
continuous_s = 150
[retail]
orders_per_minute = 12
pre_open_s = 30
"""


def test_the_reference_maker_covers_more_than_four_fifths(tmp_path: Path) -> None:
    file = tmp_path / "short.toml"
    file.write_text(SHORT, encoding="utf-8")
    create = scenario.load(str(file), seed=5, lock_step=True)
    roles = ("market_maker", "arbitrage_desk")
    seats = [
        Seat(team_name=f"team {name}", role=Role(name), bot=reference_bot(name, 1))
        for name in roles
    ]
    records: list[Record] = []
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    run = LabRun(machine, create, seats, records.append)
    run.run()
    met = machine.query(GetCoverage(account_id=run.players[0].account_id))
    assert isinstance(met, Coverage)
    assert met.obliged > 60 * 100  # sixty series, but for the grace of the first half minute
    assert met.covered > 0.8 * met.obliged
    assert not met.is_rebate_halved
    told = [output for record in records for output in record.outputs]
    breaches = [event for event in told if isinstance(event, AccountLimitBreached)]
    assert "quote_coverage" not in {breach.kind for breach in breaches}
