"""The demo has a page: a link to a seat, printed once, and a day that is played all the same."""

import re
from pathlib import Path

import aiohttp
import pytest

from itg.cli.links import has_screen
from itg.compose import demo
from itg.compose.demo import DemoView, run_demo
from itg.compose.solo import Solo, SoloSettings
from itg.gateway.calls import ANYBODY
from itg.gateway.passes import Login
from itg.gateway.routes.logins import VIEWER, login_path

SHORT = """\
extends = "demo"
{more}
[clock]
speed = 20
[session]
pre_open_s = 20
freeze_s = 2
continuous_s = 60
[retail]
pre_open_s = 20
"""


def short_day(folder: Path, more: str = "") -> SoloSettings:
    file = folder / "short.toml"
    file.write_text(SHORT.format(more=more), encoding="utf-8")
    return SoloSettings(scenario=str(file), data=folder / "data", unsafe=True)


@pytest.mark.system
@pytest.mark.timeout(240)
async def test_a_demo_gives_whoever_watches_a_link_once_and_plays_its_day(tmp_path: Path) -> None:
    links: list[str] = []

    def show(view: DemoView) -> None:
        assert len(links) == 1, "before the market opens"
        assert len(view.connected) == 6

    result = await run_demo(short_day(tmp_path), show, links.append)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/trade#ticket=[\w-]{43}", links[0])
    assert result.phases[-1] == "closed"
    assert (result.contracts_sum, result.cash_sum) == (0, 0)
    assert [team.team for team in result.teams][-1] == demo.WATCHING


async def test_the_link_opens_the_page_and_takes_a_seat_that_trades(tmp_path: Path) -> None:
    solo = Solo(short_day(tmp_path))
    await solo.start(begin=False)
    try:
        await demo._enrolled(solo)
        seat = await demo._seat(solo)
        link = f"{solo.url}{login_path(solo.gateway, Login(issuer=ANYBODY, seat=seat))}"
        page, _, ticket = link.partition("#ticket=")
        async with aiohttp.ClientSession() as http:
            async with http.get(page) as answer:
                assert "default-src 'none'" in answer.headers["content-security-policy"]
            url = f"{solo.url}/game/logins"
            async with http.post(url, json={"ticket": ticket}) as answer:
                assert answer.status == 201
                told = await answer.json()
            async with http.post(url, json={"ticket": ticket}) as answer:
                assert answer.status == 401
    finally:
        await solo.stop()
    assert (told["team_name"], told["scopes"]) == (demo.WATCHING, ["read", "trade"])
    assert told["role"] == "hedge_fund", "the first role that need not quote"


async def test_where_all_seats_are_taken_whoever_watches_reads_alone(tmp_path: Path) -> None:
    solo = Solo(short_day(tmp_path, "[registration]\nmax_teams = 6"))
    await solo.start(begin=False)
    try:
        await demo._enrolled(solo)
        assert await demo._seat(solo) is VIEWER
    finally:
        await solo.stop()


def test_no_page_is_opened_without_a_terminal() -> None:
    display = {"DISPLAY": ":0"}
    assert not has_screen(display, "linux"), "tests have no terminal"
