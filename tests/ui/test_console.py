"""The organizer's page: a morning run from it, and who may not."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.system.server import Server
from tests.ui.conftest import UNDER_WAY, Game, Team, axe, sign_in

SECTIONS = (
    "round",
    "teams",
    "news",
    "corrections",
    "messages",
    "inspector",
    "surveillance",
    "audit",
    "health",
    "preflight",
    "scenario",
    "judged",
)
UNREAD = re.compile("^(Reading|Checking) ")
ABOVE = 1.01  # of the print: whoever buys there trades


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    """Start a server whose round is still to come."""
    folder = tmp_path_factory.mktemp("morning")
    scenario = folder / "under-way.toml"
    scenario.write_text(UNDER_WAY, encoding="utf-8")
    with Server(folder / "data", str(scenario)) as server:
        yield Game(server)


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def go(page: Page, section: str) -> None:
    page.evaluate("section => { location.hash = `#/${section}`; }", section)


def register(page: Page, name: str, role: str) -> str:
    """Register a team by hand and return the key that is shown."""
    form = panel(page, "Add a team")
    form.get_by_label("Team name").fill(name)
    form.get_by_label("Role").select_option(role)
    form.get_by_label("Reason").fill("roster of the day")
    form.get_by_role("button", name="Register").click()
    row = panel(page, "New keys").get_by_role("row", name=name)
    expect(row).to_be_visible()
    return row.locator("code").inner_text()


def phase_of(page: Page, underlying: str) -> Locator:
    return page.get_by_role("list", name=f"Phases of {underlying}").locator("[aria-current=step]")


def move_phase(page: Page, phase: str) -> None:
    form = panel(page, "Move the phase by hand")
    form.get_by_label("Phase").select_option(phase.replace(" ", "_"))
    form.get_by_label("Reason").fill("by hand")
    form.get_by_role("button", name=f"Move to {phase}").click()
    expect(phase_of(page, "SPX")).to_contain_text(phase)


def test_an_organizer_runs_a_morning_from_the_page_and_the_audit_shows_each_act(
    morning: Game, page: Page, tmp_path: Path
) -> None:
    sign_in(page, morning.url, morning.admin_key, "/admin#/teams")
    keys = {
        name: register(page, name, role)
        for name, role in (("First Light", "market_maker"), ("Second Wind", "hedge_fund"))
    }
    assert_shown_once(page, morning, keys, tmp_path)
    go(page, "round")
    start_and_open(page)
    halt_and_resume(page)
    go(page, "news")
    publish(page)
    seller, buyer = (me(morning, key) for key in keys.values())
    go(page, "corrections")
    trade_id = bust(page, trade(morning, seller, buyer))
    go(page, "audit")
    rows = panel(page, "acts").get_by_role("row")
    for act, why in (
        ("team register", "roster of the day"),
        ("round start", "nine o'clock"),
        ("phase move", "by hand"),
        ("market halt", "a fat finger"),
        ("market resume", "all is well"),
        ("news announce", "to wake them"),
    ):
        row = rows.filter(has_text=act).filter(has_text=why).first
        expect(row).to_contain_text("done")
    corrected = rows.filter(has_text="trade bust").filter(has_text="a clear error")
    expect(corrected.filter(has_text="TRADE_ALREADY_BUSTED")).to_contain_text(str(trade_id))
    expect(corrected.filter(has_text="done")).to_contain_text(str(trade_id))


def assert_shown_once(page: Page, game: Game, keys: dict[str, str], folder: Path) -> None:
    with page.expect_download() as downloading:
        panel(page, "New keys").get_by_role("button", name="Download CSV").click()
    file = folder / "keys.csv"
    downloading.value.save_as(file)
    with file.open(encoding="utf-8", newline="") as opened:
        assert list(csv.reader(opened)) == [["team_name", "api_key"], *map(list, keys.items())]
    for name, key in keys.items():
        assert game.do("GET", "/game/teams/me", key=key)["team_name"] == name
    page.reload()
    expect(panel(page, "Teams").get_by_role("row", name="Second Wind")).to_be_visible()
    expect(panel(page, "New keys")).to_have_count(0)
    assert not [key for key in keys.values() if key in page.content()]


def start_and_open(page: Page) -> None:
    under_way = panel(page, "Round under way")
    under_way.get_by_label("Reason").fill("nine o'clock")
    under_way.get_by_role("button", name="Start round 1").click()
    expect(under_way.get_by_role("button", name="Pause round 1")).to_be_visible()
    move_phase(page, "pre open")
    move_phase(page, "continuous")


def halt_and_resume(page: Page) -> None:
    halts = panel(page, "Halt and resume")
    halts.get_by_label("What").select_option("SPY and its series")
    halts.get_by_label("Reason").fill("a fat finger")
    halts.get_by_role("button", name="Halt", exact=True).click()
    expect(phase_of(page, "SPY")).to_contain_text("halted")
    expect(phase_of(page, "SPX")).to_contain_text("continuous")
    halts.get_by_label("Reason").last.fill("all is well")
    halts.get_by_role("button", name="Resume SPY").click()
    expect(halts.get_by_text("Resumed: SPY and its series.")).to_be_visible()
    expect(phase_of(page, "SPY")).not_to_contain_text("halted")


def publish(page: Page) -> None:
    first = panel(page, "Headlines").get_by_role("radio").first
    first.check()
    compose = panel(page, "Compose")
    headline = compose.locator("blockquote").inner_text()
    expect(compose.get_by_text("Shifts the volatility regime")).to_be_visible()
    # It moves nothing: the rest of the morning does not hang on a draw.
    compose.get_by_label("Regime").select_option("stays")
    compose.get_by_label("Jump in %").fill("0")
    expect(compose.get_by_text("0 % likely")).to_be_visible()
    compose.get_by_label("Reason").fill("to wake them")
    compose.get_by_role("button", name="Publish now").click()
    expect(panel(page, "Published").get_by_role("row", name=headline)).to_be_visible()


def me(game: Game, key: str) -> Team:
    return Team(str(game.do("GET", "/game/teams/me", key=key)["team_id"]), key)


def trade(game: Game, seller: Team, buyer: Team) -> Team:
    """Have one team offer above the market and the other pay it; return who traded for sure."""
    printed = game.do("GET", "/prices/SPX")["price"]
    assert isinstance(printed, float)
    for team, side in ((seller, "sell"), (buyer, "buy")):
        price = round(ABOVE * printed)
        game.place(team, instrument_id="SPX", side=side, quantity=1, price=price)
    for team in (buyer, seller):
        if game.do("GET", "/exchange/fills", key=team.key)["items"]:
            return team
    raise AssertionError("an offer that is paid trades")


def bust(page: Page, team: Team) -> int:
    """Bust a team's newest trade, see it refused a second time; return its number."""
    panel(page, "Trades").get_by_label("Team").select_option(team.team_id)
    choose = panel(page, "Trades").locator("tbody th button").first
    trade_id = int(choose.inner_text())
    choose.click()
    correction = panel(page, "Bust or adjust")
    tried = correction.locator("[data-table=preview]")
    expect(tried.get_by_role("row").filter(has_text="→ 0")).not_to_have_count(0)
    expect(correction.get_by_text("Scores of round 1, under way")).to_be_visible()
    act = correction.get_by_role("button", name=f"Bust trade {trade_id}")
    act.click()  # without a reason nothing is asked
    expect(page.get_by_role("dialog")).to_have_count(0)
    for outcome in (f"Trade {trade_id} counts no more.", "TRADE_ALREADY_BUSTED"):
        correction.get_by_label("Reason").fill("a clear error")
        act.click()
        dialog = page.get_by_role("dialog")
        confirm = dialog.get_by_role("button", name=f"Bust trade {trade_id}")
        expect(confirm).to_be_disabled()
        dialog.get_by_label("Type bust to go on").fill("bust")
        confirm.click()
        expect(correction.get_by_text(outcome)).to_be_visible()
    return trade_id


def test_a_teams_key_sees_that_the_page_is_the_organizers_and_its_acts_are_refused(
    morning: Game, page: Page
) -> None:
    team = morning.team("Curious")
    sign_in(page, morning.url, team.key, "/admin")
    expect(page.get_by_role("heading", name="This page is the organizer's")).to_be_visible()
    expect(page.get_by_role("navigation", name="Sections")).to_have_count(0)
    expect(page.get_by_role("button", name="Halt")).to_have_count(0)
    for method, path, body in (
        ("POST", "/admin/halts", {"action": "halt"}),
        ("POST", "/admin/rounds/1/end", None),
        ("GET", "/admin/preflight", None),
        ("GET", "/admin/scenario", None),
        ("GET", f"/admin/teams/{team.team_id}/orders", None),
    ):
        status, answer = morning.server.call(method, path, body, team.key)
        assert (status, answer["code"]) == (403, "SCOPE_MISSING"), path


def test_a_script_in_a_team_name_is_shown_as_text(morning: Game, page: Page) -> None:
    name = "<img src=x onerror=document.title='taken'>"
    team = morning.team(name)
    sign_in(page, morning.url, morning.admin_key, f"/admin#/teams/{team.team_id}")
    expect(panel(page, "Teams").get_by_role("link", name=name)).to_be_visible()
    expect(panel(page, f"Chosen: {name}")).to_be_visible()
    go(page, f"inspector/{team.team_id}")
    expect(page.get_by_label("Team")).to_have_value(team.team_id)
    assert page.locator("main img").count() == 0
    assert page.title() == "Console – Intern Trading Game"


def test_a_roster_is_judged_line_by_line_before_it_is_sent(morning: Game, page: Page) -> None:
    sign_in(page, morning.url, morning.admin_key, "/admin#/teams")
    form = panel(page, "Import a roster")
    text = form.get_by_label("or paste it")
    text.fill("team_name,role\nGood Line,hedge_fund\nBad Line,magician\n")
    bad = form.get_by_role("row", name="Bad Line")
    expect(bad).to_contain_text("magician is no role")
    expect(form.get_by_role("button", name="Register 2 teams")).to_be_disabled()
    text.fill("team_name,role\nGood Line,hedge_fund\nFair Line,market_maker\n")
    form.get_by_role("button", name="Register 2 teams").click()
    expect(form.get_by_role("row", name="Fair Line")).to_contain_text("registered as")
    expect(panel(page, "New keys").get_by_role("row", name="Good Line")).to_be_visible()
    text.fill("team_name,role\nGood Line,hedge_fund\nNew Line,hedge_fund\n")
    form.get_by_role("button", name="Register 2 teams").click()
    expect(form.get_by_text("INVALID_ROSTER")).to_be_visible()
    expect(form.get_by_role("row", name="Good Line").locator("td.refused")).to_be_visible()


def test_a_scenario_is_checked_and_tried_beside_the_game(morning: Game, page: Page) -> None:
    sign_in(page, morning.url, morning.admin_key, "/admin#/scenario")
    form = panel(page, "Check and try one, make a game of it")
    form.get_by_role("combobox", name="Scenario").select_option("a text, pasted below")
    text = form.get_by_label("The file's text")
    text.fill('extends = "liquid"\n[market]\nstep_ms = "fast"\n')
    form.get_by_role("button", name="Check and try").click()
    fault = form.locator("[data-table=faults]").get_by_role("row", name="market.step_ms")
    expect(fault.get_by_role("cell").first).to_have_text("3")
    expect(form.get_by_text("▲ No game can be made of the text")).to_be_visible()
    form.get_by_role("combobox", name="Scenario").select_option("calm")
    form.get_by_label("Minutes to play").fill("1")
    form.get_by_role("button", name="Check and try").click()
    expect(form.get_by_text("✓ calm is sound.")).to_be_visible()
    played = form.locator("[data-table=played]")
    expect(played.get_by_role("row", name="market maker")).to_be_visible()
    expect(form.locator("[data-table=days] tbody tr")).not_to_have_count(0)
    form.get_by_label("Directory, beside this game's").fill("day-2")
    form.get_by_label("Seed, yours alone").fill("48151623")
    form.get_by_role("button", name="Make it ready").click()
    expect(form.get_by_text("✓ day-2 is ready: 2 rounds, ")).to_be_visible()
    expect(form.get_by_text("itg serve --scenario calm --data ")).to_be_visible()
    assert axe(page) + axe_in_the_dark(page) == []
    form.get_by_label("Minutes to play").fill("60")
    form.get_by_role("button", name="Check and try").click()
    form.get_by_role("button", name="Stop").click()
    expect(form.get_by_text("Stopped: calm")).to_be_visible()


def test_axe_finds_no_fault_in_any_section_in_both_themes(morning: Game, page: Page) -> None:
    team, other = morning.team("Seen by axe"), morning.team("Kept still")
    desk = f"/admin/teams/{other.team_id}"
    morning.do("POST", f"{desk}/suspend", {"reason": "to be seen"})
    morning.do("POST", "/admin/messages", {"text": "Good morning", "team_id": team.team_id})
    page.emulate_media(color_scheme="light")
    sign_in(page, morning.url, morning.admin_key, f"/admin#/teams/{team.team_id}")
    expect(panel(page, "Chosen")).to_be_visible()
    sections: dict[str, list[str]] = {}
    for section in SECTIONS:
        of = {"scenario": "calm", "surveillance": ""}.get(section, team.team_id)
        go(page, f"{section}/{of}")
        expect(page.locator(f"nav [href='#/{section}'][aria-current=page]")).to_be_visible()
        expect(page.locator("main").get_by_text(UNREAD)).to_have_count(0)
        sections[section] = axe(page) + axe_in_the_dark(page)
    assert not {section: found for section, found in sections.items() if found}


def axe_in_the_dark(page: Page) -> list[str]:
    page.emulate_media(color_scheme="dark")
    found = axe(page)
    page.emulate_media(color_scheme="light")
    return [f"dark: {each}" for each in found]
