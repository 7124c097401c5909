"""Hold the recovered game against what the fake teams were told: nothing lost, nothing doubled."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from itg.adapters.sqlite_journal import DATABASE
from itg.compose.verify import machine_of, opened_for_reading, verify_data
from itg.game.contract import GetTeams, Teams
from itg.kernel.ids import AccountId, ClientOrderId
from itg.positions.contract import Balances, FoundOrder, GetBalances, GetOrder
from itg.runtime.cascade import Machine
from itg.runtime.recovery import reread


class JournalFindings(Struct, frozen=True, kw_only=True):
    """What the stopped game's journal proves.

    `lost` and `doubled` count acknowledged orders; `difference` is why a replay from the first
    input, or a restart, does not come to what was recorded (empty: it does).
    """

    acknowledged: int
    lost: int
    doubled: int
    contracts_sum: int
    cash_sum: int
    inputs: int
    lives: int  # of the server: one more than it was started anew, by whomever
    difference: str
    journal_bytes: int
    snapshot_bytes: int


def findings_of(data: Path, ledgers: list[Path], names: list[str]) -> JournalFindings:
    """Replay the journal, restart from its snapshot, and ask it for every acknowledged order.

    `names` are the teams by seat, as in the ledgers' lines `seat client_order_id order_id`.
    """
    report = verify_data(data)
    journal = opened_for_reading(data)
    try:
        machine = machine_of(journal)
        reread(journal, machine)
        lives = len(journal.epochs())
    finally:
        journal.close()
    difference = report.difference or ""
    if not difference and machine.state_hash() != report.state_hash:
        difference = "a restart comes to another state than a replay"
    told = list(_told(ledgers))
    balances = machine.query(GetBalances())
    assert isinstance(balances, Balances)
    return JournalFindings(
        acknowledged=len(told),
        lost=_lost(machine, told, names),
        doubled=_doubled(told),
        contracts_sum=balances.contracts_sum,
        cash_sum=balances.cash_sum,
        inputs=report.inputs,
        lives=lives,
        difference=difference,
        journal_bytes=_bytes_of(data, f"{DATABASE}*"),
        snapshot_bytes=_bytes_of(data, "*.snapshot"),
    )


def _told(ledgers: list[Path]) -> Iterator[tuple[int, str, int]]:
    for ledger in ledgers:
        if ledger.exists():
            for line in ledger.read_text(encoding="ascii").splitlines():
                seat, client_order_id, order_id = line.split()
                yield int(seat), client_order_id, int(order_id)


def _doubled(told: list[tuple[int, str, int]]) -> int:
    first: dict[tuple[int, str], int] = {}
    return sum(first.setdefault((seat, name), order) != order for seat, name, order in told)


def _lost(machine: Machine, told: list[tuple[int, str, int]], names: list[str]) -> int:
    teams = machine.query(GetTeams())
    assert isinstance(teams, Teams)
    account_of = {team.team_name: team.account_id for team in teams.teams}
    return sum(
        not _is_known(machine, account_of.get(names[seat]), name, order_id)
        for seat, name, order_id in told
    )


def _is_known(machine: Machine, account: AccountId | None, name: str, order_id: int) -> bool:
    if account is None:
        return False
    query = GetOrder(account_id=account, client_order_id=ClientOrderId(name))
    found = machine.query(query)
    return (
        isinstance(found, FoundOrder)
        and found.order is not None
        and found.order.order_id == order_id
    )


def _bytes_of(data: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in data.glob(pattern))
