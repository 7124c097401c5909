"""The demo has a page: a link to a seat, printed once, and a day that is played all the same."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from itg.cli.links import has_screen
from itg.compose import demo
from itg.compose.demo import DemoView, run_demo
from itg.compose.solo import Solo, SoloSettings
from itg.gateway.routes.logins import VIEWER

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
@pytest.mark.timeout(120)
async def test_a_demos_link_opens_the_page_and_takes_a_seat_in_the_running_market(
    tmp_path: Path,
) -> None:
    seen: list[dict[str, object]] = []
    visits: list[asyncio.Task[None]] = []

    async def visit(link: str) -> None:
        page, _, ticket = link.partition("#ticket=")
        async with aiohttp.ClientSession() as http:
            async with http.get(page) as answer:
                assert "default-src 'none'" in answer.headers["content-security-policy"]
            url = page.removesuffix("/trade")
            async with http.post(f"{url}/game/logins", json={"ticket": ticket}) as answer:
                seen.append(await answer.json())
            async with http.post(f"{url}/game/logins", json={"ticket": ticket}) as answer:
                assert answer.status == 401

    def invite(link: str) -> None:
        visits.append(asyncio.get_running_loop().create_task(visit(link)))

    def show(view: DemoView) -> None:
        assert len(view.connected) == 6

    result = await run_demo(short_day(tmp_path), show, invite)
    await asyncio.gather(*visits)
    assert len(visits) == 1
    assert (seen[0]["team_name"], seen[0]["scopes"]) == (demo.WATCHING, ["read", "trade"])
    assert seen[0]["role"] == "hedge_fund"
    assert result.phases[-1] == "closed"
    assert (result.contracts_sum, result.cash_sum) == (0, 0)
    assert [team.team for team in result.teams][-1] == demo.WATCHING


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
