"""What each trading day of a run came to: closed as its round ends, told as differences."""

from collections import Counter

from itg.compose.result import Tally, TeamDay, TeamResult, TradingDay, team_results
from itg.exchange.contract import (
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    TradeExecuted,
    TradingHalted,
)
from itg.game.contract import GetSchedule, GetTeams, RoundEnded, Schedule, Teams
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE
from itg.positions.contract import Balances, GetBalances
from itg.runtime.cascade import Machine


class DayBook:
    """The days so far."""

    def __init__(self) -> None:
        self.days: list[TradingDay] = []
        self._counts: Counter[type[Message]] = Counter()
        self._contracts = 0
        self._phases = 0
        self._teams: dict[str, TeamResult] = {}

    def close(self, ended: RoundEnded, tally: Tally, machine: Machine) -> None:
        """End a day; `tally` counts from the first day on.

        Teams may have taken the next round's seats already: that moves none of their totals.
        """
        counts = tally.counts - self._counts
        balances, teams = standings_of(machine)
        played, _ = team_results(balances, teams)
        roles = _roles_in(machine, ended.round_id)
        self.days.append(
            TradingDay(
                trading_day=ended.trading_day,
                phases=tally.phases[self._phases :],
                trades=counts[TradeExecuted],
                contracts=tally.contracts - self._contracts,
                halts=counts[TradingHalted],
                listed=counts[InstrumentListed],
                settled=counts[InstrumentSettled],
                delisted=counts[InstrumentDelisted],
                contracts_sum=balances.contracts_sum,
                cash_sum=balances.cash_sum / PRICE_SCALE,
                teams=[
                    _day_of(team, self._teams.get(team.team), roles[team.team]) for team in played
                ],
            )
        )
        self._counts = Counter(tally.counts)
        self._contracts, self._phases = tally.contracts, len(tally.phases)
        self._teams = {team.team: team for team in played}


def standings_of(machine: Machine) -> tuple[Balances, Teams]:
    """Return all accounts as they are now, and who they belong to."""
    balances, teams = machine.query(GetBalances()), machine.query(GetTeams())
    assert isinstance(balances, Balances)
    assert isinstance(teams, Teams)
    return balances, teams


def _roles_in(machine: Machine, round_id: int) -> dict[str, str]:
    schedule, teams = machine.query(GetSchedule()), machine.query(GetTeams())
    assert isinstance(schedule, Schedule)
    assert isinstance(teams, Teams)
    names = {team.team_id: team.team_name for team in teams.teams}
    seats = next(row.seats for row in schedule.rounds if row.round_id == round_id)
    return {names[seat.team_id]: seat.role for seat in seats}


def _day_of(team: TeamResult, before: TeamResult | None, role: str) -> TeamDay:
    def since(now: float, then: float) -> float:
        return round(now - then, 4)

    return TeamDay(
        team=team.team,
        role=role,
        orders=team.orders - (before.orders if before else 0),
        contracts=team.contracts - (before.contracts if before else 0),
        fees=since(team.fees, before.fees if before else 0.0),
        pnl=since(team.pnl, before.pnl if before else 0.0),
    )
