"""What a day came to: counts over the released records, which the journal holds, and the state."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from itg.exchange.contract import OrderAccepted, PhaseChanged, QuoteAccepted, TradeExecuted
from itg.game.contract import CreateGame, Teams
from itg.kernel.ids import AccountId
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE
from itg.lab.alphas import AlphaScore
from itg.positions.contract import AccountBalance, Balances
from itg.retail.contract import CalibrationRow
from itg.runtime.envelope import Record


class TeamResult(Struct, frozen=True, kw_only=True):
    """One account's game; money in USD, fees positive paid, `net_quantities` by instrument.

    With all seats it had, in the role of its last one.
    """

    team: str
    role: str
    orders: int
    contracts: int
    fees: float
    pnl: float
    realized_pnl: float
    unrealized_pnl: float
    net_quantities: dict[str, int]


class TeamDay(Struct, frozen=True, kw_only=True):
    """One team's day alone, in the role it played; money in USD, fees positive paid."""

    team: str
    role: str
    orders: int
    contracts: int
    fees: float
    pnl: float


class TradingDay(Struct, frozen=True, kw_only=True):
    """One trading day; the sums are those at its end, 0 in a sound market."""

    trading_day: str
    phases: list[str]
    trades: int
    contracts: int
    halts: int
    listed: int
    settled: int
    delisted: int
    contracts_sum: int
    cash_sum: float
    teams: list[TeamDay]


class GameResult(Struct, frozen=True, kw_only=True):
    """A whole game of one day or several; both zero-sum checks are 0 in a sound market."""

    scenario: str
    scenario_hash: str
    phases: list[str]
    orders: int
    quotes: int
    trades: int
    contracts: int
    teams: list[TeamResult]
    house: list[TeamResult]
    contracts_sum: int
    cash_sum: float
    days: list[TradingDay]
    events: int
    event_digest: str
    journal_head: str  # empty where nothing is kept
    wall_s: float
    alpha: AlphaScore | None = None  # of the model that was asked for
    calibration: list[CalibrationRow] | None = None  # of the small investors, where asked for


class Played(Struct, frozen=True, kw_only=True):
    """A game that is over: what was counted, and who holds what."""

    create: CreateGame
    tally: "Tally"
    days: list[TradingDay]
    balances: Balances
    teams: Teams
    event_digest: str
    journal_head: str = ""
    wall_s: float

    def result(self) -> GameResult:
        """Return it as people and programs read it."""
        tally, balances = self.tally, self.balances
        played, house = team_results(balances, self.teams)
        return GameResult(
            scenario=self.create.rules.scenario,
            scenario_hash=self.create.scenario_hash,
            phases=tally.phases,
            orders=tally.orders,
            quotes=tally.quotes,
            trades=tally.trades,
            contracts=tally.contracts,
            teams=played,
            house=house,
            contracts_sum=balances.contracts_sum,
            cash_sum=balances.cash_sum / PRICE_SCALE,
            days=self.days,
            events=tally.events,
            event_digest=self.event_digest,
            journal_head=self.journal_head,
            wall_s=round(self.wall_s, 1),
        )


class Tally:
    """Counts over what inputs caused."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.counts: Counter[type[Message]] = Counter()
        self.contracts = 0
        self.events = 0
        self.traded: Counter[AccountId] = Counter()

    def add(self, records: Iterable[Record]) -> "Tally":
        for record in records:
            for output in record.outputs:
                self._count(output)
        return self

    @property
    def orders(self) -> int:
        return self.counts[OrderAccepted]

    @property
    def quotes(self) -> int:
        return self.counts[QuoteAccepted]

    @property
    def trades(self) -> int:
        return self.counts[TradeExecuted]

    def _count(self, output: Message) -> None:
        self.counts[type(output)] += 1
        self.events += 1
        match output:
            case TradeExecuted():
                self.contracts += output.quantity
                self.traded[output.maker_account_id] += output.quantity
                self.traded[output.taker_account_id] += output.quantity
            case PhaseChanged(instrument_id=None):
                if not self.phases or self.phases[-1] != output.phase.value:
                    self.phases.append(output.phase.value)
            case _:
                pass


def team_results(balances: Balances, teams: Teams) -> tuple[list[TeamResult], list[TeamResult]]:
    """Return the teams' rows in registration order, and one row for each of the house's roles."""
    names = {team.account_id: team.team_name for team in teams.teams}
    played = [_row(names[a.account_id], [a]) for a in balances.accounts if a.account_id in names]
    roles: dict[str, list[AccountBalance]] = {}
    for account in balances.accounts:
        if account.account_id not in names:
            roles.setdefault(account.role, []).append(account)
    house = [_row(_plural(role, accounts), accounts) for role, accounts in roles.items()]
    return played, house


def _plural(role: str, accounts: list[AccountBalance]) -> str:
    return role if len(accounts) == 1 else f"{role} ({len(accounts)} accounts)"


def _row(name: str, accounts: list[AccountBalance]) -> TeamResult:
    nets: Counter[str] = Counter()
    for account in accounts:
        nets.update(dict(account.net_quantities))
    # A new seat counts from zero: what the ones before it came to goes on here.
    realized = sum(a.realized_pnl + a.left_realized_pnl for a in accounts)
    unrealized = sum(a.unrealized_pnl for a in accounts)
    fees = sum(a.fees + a.left_fees for a in accounts)
    return TeamResult(
        team=name,
        role=accounts[0].role,
        orders=sum(a.orders for a in accounts),
        contracts=sum(a.contracts_traded + a.left_contracts_traded for a in accounts),
        fees=fees / PRICE_SCALE,
        pnl=(realized + unrealized - fees) / PRICE_SCALE,
        realized_pnl=realized / PRICE_SCALE,
        unrealized_pnl=unrealized / PRICE_SCALE,
        net_quantities={i: n for i, n in nets.items() if n},
    )
