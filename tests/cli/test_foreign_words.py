"""What others wrote is printed as they wrote it: no name of a team is an order to the terminal."""

import re
from pathlib import Path

import pytest
from rich.table import Table

import itg.cli
from itg.cli.consoles import screen, waiting, wide_console
from itg.cli.lab_reports import plain_table
from itg.cli.running import show_table, table_of
from itg.cli.showing import print_result
from itg.compose.result import GameResult, TeamDay, TeamResult, TradingDay

NAMES = ["[/b]", "[red]Evil[/red]", "[link=http://x]Blue", ":smile:", r"\[b]", "[@click=x]Y"]
CLI = Path(itg.cli.__file__).parent


def shown(table: Table, capsys: pytest.CaptureFixture[str]) -> str:
    wide_console().print(table)
    return capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_a_teams_name_stands_in_a_table_as_it_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = table_of("team", name)
    listed.add_row("t1", name)
    show_table(listed)
    assert capsys.readouterr().out.count(name) == 2
    scores = plain_table(name, "rank")
    scores.add_row(name, "1")
    assert shown(scores, capsys).count(name) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_line_of_foreign_words_is_printed_as_it_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for console in (screen(), wide_console()):
        console.print(f"case of {name}", soft_wrap=True)
        assert capsys.readouterr().out == f"case of {name}\n"
    with waiting(f"backing up {name} …"):
        pass


def test_a_games_result_names_its_teams_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    teams = [
        TeamResult(
            team=name,
            role="hedge_fund",
            orders=0,
            contracts=0,
            fees=0.0,
            pnl=0.0,
            realized_pnl=0.0,
            unrealized_pnl=0.0,
            net_quantities={},
        )
        for name in NAMES
    ]
    days = [a_day(teams, "hedge_fund"), a_day(teams, "market_maker")]
    print_result(a_result(teams, days), None)
    said = capsys.readouterr().out
    assert not [name for name in NAMES if said.count(name) != len(("Results", "Roles"))]


def test_every_command_prints_on_one_of_these_consoles() -> None:
    made = re.compile(r"\bConsole\(")
    others = [
        file.name for file in sorted(CLI.glob("*.py")) if made.search(file.read_text("utf-8"))
    ]
    assert others == ["consoles.py"]


def a_day(teams: list[TeamResult], role: str) -> TradingDay:
    played = [
        TeamDay(team=team.team, role=role, orders=0, contracts=0, fees=0.0, pnl=0.0)
        for team in teams
    ]
    return TradingDay(
        trading_day="2026-12-01",
        phases=[],
        trades=0,
        contracts=0,
        halts=0,
        listed=0,
        settled=0,
        delisted=0,
        contracts_sum=0,
        cash_sum=0.0,
        teams=played,
    )


def a_result(teams: list[TeamResult], days: list[TradingDay]) -> GameResult:
    return GameResult(
        scenario="demo",
        scenario_hash="",
        phases=[],
        orders=0,
        quotes=0,
        trades=0,
        contracts=0,
        teams=teams,
        house=[],
        contracts_sum=0,
        cash_sum=0.0,
        days=days,
        events=0,
        event_digest="",
        journal_head="",
        wall_s=0.0,
    )
