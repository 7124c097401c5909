"""A scenario tried beside the game: every fault with its place, the plan, a session, an end."""

import asyncio

import pytest

from itg import scenario
from itg.compose.dry_run_program import DryRunAsked, DryRunTold, dry_run
from itg.compose.dry_runs import LocalDryRuns

SHORT = """extends = "liquid"
[series]
expiries = 1
"""
DEADLINE_S = 120


def told_of(text: str = "", name: str = "", minutes: int = 0) -> list[DryRunTold]:
    told: list[DryRunTold] = []
    dry_run(DryRunAsked(scenario=name, text=text, minutes=minutes), told.append)
    return told


def test_every_fault_of_a_text_is_told_with_its_place_and_line() -> None:
    (told,) = told_of('extends = "liquid"\n[market]\nstep_ms = "fast"\nsteps = 3\n')
    found = {(fault.place, fault.line) for fault in told.faults}
    assert found == {("market.step_ms", 3), ("market.steps", 4)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('extends = "/etc/passwd.toml"', "extends"),
        ('extends = "../other.toml"', "extends"),
        ('extends = "liquid"\n[market]\nrecording = "/etc/passwd"', "market.recording"),
    ],
)
def test_a_text_reads_no_file_of_the_server(text: str, place: str) -> None:
    (told,) = told_of(text)
    assert [fault.place for fault in told.faults] == [place]


def test_the_plan_says_what_a_game_of_it_would_be_and_a_session_what_happens_in_it() -> None:
    create = scenario.load("liquid", lock_step=True)
    first, *_, last = told_of(name="liquid", minutes=1)
    plan, figures = first.plan, last.figures
    assert plan is not None
    assert figures is not None
    assert plan.scenario_hash == create.scenario_hash
    assert [day.trading_day for day in plan.days] == [r.trading_day for r in create.rules.rounds]
    assert plan.days[0].phases[0].phase == "pre_open"
    assert [each.underlying_id for each in plan.underlyings] == [u for _, u in create.rules.shards]
    assert {role.role for role in plan.roles} >= {"house", "market_maker", "hedge_fund"}
    assert all(role.constraints for role in plan.roles if role.can_register)
    assert plan.headlines > 0
    assert (figures.minutes, figures.quotes > 0) == (1, True)
    assert sum(role.contracts for role in figures.roles) == 2 * figures.contracts
    money = sum(role.pnl + role.fees for role in figures.roles)
    assert money == pytest.approx(0, abs=0.01)  # what one wins another loses, fees apart


async def test_another_dry_run_ends_the_one_before_and_its_end_is_told() -> None:
    runs = LocalDryRuns()
    first = runs.begin("liquid", None, 60)
    second = runs.begin(None, SHORT, 0)
    assert (first.status, second.run_id) == ("running", first.run_id + 1)
    async with asyncio.timeout(DEADLINE_S):
        await runs.ended()
    told = runs.now()
    assert (told.status, told.run_id, told.fault) == ("done", second.run_id, "")
    assert told.plan is not None
    assert told.figures is None


async def test_a_dry_run_that_is_stopped_stays_stopped() -> None:
    runs = LocalDryRuns()
    runs.begin("liquid", None, 60)
    assert runs.stop().status == "stopped"
    await runs.ended()
    assert runs.now().status == "stopped"
