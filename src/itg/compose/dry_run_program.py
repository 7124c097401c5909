"""A dry run of a scenario as a process: faults, then the plan, then a short session's figures.

Its answer is one `DryRunTold` a line, each with what is new.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from time import perf_counter

from msgspec import Struct, json

from itg import scenario
from itg.compose.companion import asked_of_companion, begin_companion
from itg.compose.lab import seats_of
from itg.compose.models import setup_of
from itg.compose.pasted import faults_at, reaching_out
from itg.compose.result import Tally
from itg.compose.scenario_check import planned_news, shortened
from itg.compose.services import services_of
from itg.exchange.contract import ListInstrument, TradingHalted
from itg.game.contract import CreateGame, GetTeams, RoundPlan, Teams
from itg.kernel.times import NS_PER_S, Nanos, to_micros
from itg.lab import LabRun
from itg.news.contract import ConfigureNews, NewsPublished
from itg.positions.contract import AccountBalance, Balances, ConfigurePositions, GetBalances
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.scenario.files import seed_of
from itg.scenario.places import line_of, place_in
from itg.translate.game import role_body
from itg.translate.numbers import usd
from itg.wire.v1.rehearsing import (
    DryFiguresBody,
    DryPlanBody,
    PlannedDayBody,
    PlannedNewsBody,
    PlannedPhaseBody,
    PlannedSeatBody,
    PlannedUnderlyingBody,
    RoleFiguresBody,
    ScenarioFaultBody,
)

PASTED = "pasted.toml"
_TELL_S = 0.2
OnTold = Callable[["DryRunTold"], None]


class DryRunAsked(Struct, frozen=True, kw_only=True):
    """A shipped scenario's name, or a text; minutes of trading to play."""

    scenario: str = ""
    text: str = ""
    minutes: int = 0


class DryRunTold(Struct, frozen=True, kw_only=True):
    """What is new of a dry run."""

    share: float | None = None
    faults: list[ScenarioFaultBody] = []
    plan: DryPlanBody | None = None
    figures: DryFiguresBody | None = None


def dry_run(asked: DryRunAsked, tell: OnTold) -> None:
    """Tell what is wrong; where nothing is, the plan, and then what a session came to."""
    with tempfile.TemporaryDirectory(prefix="itg-dry-run-") as folder:
        name = asked.scenario
        if asked.text:
            file = Path(folder) / PASTED
            file.write_text(asked.text, encoding="utf-8")
            name = str(file)
        faults = [*reaching_out(asked.text)] or faults_at(name)
        if faults:
            tell(DryRunTold(faults=[_fault_body(asked.text, fault) for fault in faults]))
            return
        create = scenario.load(name, lock_step=True)
        tell(DryRunTold(plan=_plan(create, seed_of(name))))
        if asked.minutes and create.rules.has_market and create.rules.rounds[0].boundaries:
            tell(DryRunTold(figures=_played(create, asked.minutes, tell)))


def _fault_body(text: str, fault: str) -> ScenarioFaultBody:
    fault = fault.removeprefix(f"{PASTED}: ")
    return ScenarioFaultBody(place=place_in(fault), line=line_of(text, fault), detail=fault)


# -- the plan -----------------------------------------------------------------


def _plan(create: CreateGame, seed: int) -> DryPlanBody:
    rules, setup = create.rules, setup_of(create)
    roles = [role for c in setup if isinstance(c, ConfigurePositions) for role in c.roles]
    tables = [c for c in setup if isinstance(c, ConfigureNews)]
    listed = [c for c in setup if isinstance(c, ListInstrument)]
    return DryPlanBody(
        scenario=rules.scenario,
        scenario_hash=create.scenario_hash,
        seed=seed,
        speed=rules.speed,
        max_teams=rules.max_teams,
        days=[_day_body(number, plan) for number, plan in enumerate(rules.rounds, start=1)],
        underlyings=[_listed_body(name, listed) for _, name in rules.shards],
        roles=[role_body(r, can_register=r.role in rules.registrable_roles) for r in roles],
        headlines=sum(len(table.headlines) for table in tables),
        news=[
            PlannedNewsBody(at_us=to_micros(at_ns), headline=told.headline)
            for at_ns, told in planned_news(create)
        ],
        seats=[PlannedSeatBody(team_name=s.team_name, role=s.role) for s in seats_of(create, ())],
    )


def _day_body(number: int, plan: RoundPlan) -> PlannedDayBody:
    return PlannedDayBody(
        round_id=number,
        trading_day=plan.trading_day,
        is_scored=plan.is_scored,
        vol_factor=plan.vol_factor,
        start_us=to_micros(plan.start_ns),
        session_start_us=to_micros(plan.session_start_ns),
        session_end_us=to_micros(plan.session_end_ns),
        phases=[
            PlannedPhaseBody(phase=row.phase.value, at_us=to_micros(row.at_ns))
            for row in plan.boundaries
        ],
    )


def _listed_body(underlying_id: str, listed: Sequence[ListInstrument]) -> PlannedUnderlyingBody:
    ours = (each.instrument for each in listed)
    terms = [each.option for each in ours if each.underlying_id == underlying_id and each.option]
    strikes = [usd(each.strike) for each in terms]
    return PlannedUnderlyingBody(
        underlying_id=underlying_id,
        options=len(terms),
        expiries=sorted({each.expiry_date for each in terms}),
        strike_min=min(strikes, default=None),
        strike_max=max(strikes, default=None),
    )


# -- a session ----------------------------------------------------------------


def _played(create: CreateGame, minutes: int, tell: OnTold) -> DryFiguresBody:
    began = perf_counter()
    game = shortened(create, minutes)
    machine = Machine(services_of([shard for shard, _ in game.rules.shards]))
    watch = _Watch(game.rules.rounds[0], tell)
    with redirect_stdout(StringIO()):  # what bots print is for a person who watches one game
        LabRun(machine, game, seats_of(game, ()), watch.hear).run()
    tally, balances, teams = watch.tally, machine.query(GetBalances()), machine.query(GetTeams())
    assert isinstance(balances, Balances)
    assert isinstance(teams, Teams)
    own = {team.account_id for team in teams.teams}
    groups: dict[tuple[bool, str], list[AccountBalance]] = {}
    for account in balances.accounts:
        groups.setdefault((account.account_id not in own, account.role), []).append(account)
    plan = game.rules.rounds[0]
    return DryFiguresBody(
        minutes=(plan.boundaries[-1].at_ns - plan.session_start_ns) // (60 * NS_PER_S),
        trades=tally.trades,
        contracts=tally.contracts,
        orders=tally.orders,
        quotes=tally.quotes,
        halts=tally.counts[TradingHalted],
        headlines=tally.counts[NewsPublished],
        roles=[_role_figures(*key, accounts) for key, accounts in groups.items()],
        wall_s=round(perf_counter() - began, 1),
    )


def _role_figures(
    is_house: bool,  # noqa: FBT001 - half of a key
    role: str,
    accounts: Sequence[AccountBalance],
) -> RoleFiguresBody:
    fees = sum(a.fees + a.left_fees for a in accounts)
    gains = sum(a.realized_pnl + a.left_realized_pnl + a.unrealized_pnl for a in accounts)
    return RoleFiguresBody(
        role=role,
        is_house=is_house,
        accounts=len(accounts),
        orders=sum(a.orders for a in accounts),
        contracts=sum(a.contracts_traded + a.left_contracts_traded for a in accounts),
        fees=usd(fees),
        pnl=usd(gains - fees),
    )


class _Watch:
    def __init__(self, plan: RoundPlan, tell: OnTold) -> None:
        self.tally = Tally()
        self._start_ns = plan.start_ns
        self._length_ns = max(1, plan.boundaries[-1].at_ns - plan.start_ns)
        self._tell = tell
        self._told_at = 0.0

    def hear(self, record: Record) -> None:
        self.tally.add((record,))
        now = perf_counter()
        if now - self._told_at >= _TELL_S:
            self._told_at = now
            self._tell(DryRunTold(share=self._share(record.game_ns)))

    def _share(self, now_ns: Nanos) -> float:
        return round(min(1.0, max(0, now_ns - self._start_ns) / self._length_ns), 3)


def main() -> None:
    """Run as the market's companion; both sides speak JSON."""
    tell = begin_companion()
    asked = json.decode(asked_of_companion(), type=DryRunAsked)
    dry_run(asked, lambda told: tell(json.encode(told)))


if __name__ == "__main__":
    main()
