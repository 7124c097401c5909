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
from itg.game.contract import Teams
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE
from itg.positions.contract import Balances


class DayBook:
    """The days so far."""

    def __init__(self) -> None:
        self.days: list[TradingDay] = []
        self._counts: Counter[type[Message]] = Counter()
        self._contracts = 0
        self._phases = 0
        self._teams: dict[str, TeamResult] = {}

    def close(self, trading_day: str, tally: Tally, balances: Balances, teams: Teams) -> None:
        """End a day; `tally` counts from the first day on."""
        counts = tally.counts - self._counts
        played, _ = team_results(balances, teams)
        self.days.append(
            TradingDay(
                trading_day=trading_day,
                phases=tally.phases[self._phases :],
                trades=counts[TradeExecuted],
                contracts=tally.contracts - self._contracts,
                halts=counts[TradingHalted],
                listed=counts[InstrumentListed],
                settled=counts[InstrumentSettled],
                delisted=counts[InstrumentDelisted],
                contracts_sum=balances.contracts_sum,
                cash_sum=balances.cash_sum / PRICE_SCALE,
                teams=[_day_of(team, self._teams.get(team.team)) for team in played],
            )
        )
        self._counts = Counter(tally.counts)
        self._contracts, self._phases = tally.contracts, len(tally.phases)
        self._teams = {team.team: team for team in played}


def _day_of(team: TeamResult, before: TeamResult | None) -> TeamDay:
    def since(now: float, then: float) -> float:
        return round(now - then, 4)

    return TeamDay(
        team=team.team,
        role=team.role,
        orders=team.orders - (before.orders if before else 0),
        contracts=team.contracts - (before.contracts if before else 0),
        fees=since(team.fees, before.fees if before else 0.0),
        pnl=since(team.pnl, before.pnl if before else 0.0),
    )
