"""The board shows what everybody is told, to be read from afar; blind and late where asked."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.ui import rounds
from tests.ui.conftest import WAIT_MS, axe, sign_in
from tests.ui.rounds import Answer, Round

NAMES = (
    *("Amber", "Blue <b>Heron</b>", "Coral Reef Trading", "Dune & Sons", "Ember", "Fern"),
    *("Gold Standard", "Harbor Lights", "Iron Condor", "Juniper", "Kestrel", "Lantern"),
    *("Monsoon", "Night Owls"),
)
SCREEN_HEIGHT = 1_080
LETTER_PX_MIN = 28


@pytest.fixture(scope="module")
def under_way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    """Start a round with fourteen teams that goes on, and in which something was traded."""
    with rounds.under_way(tmp_path_factory.mktemp("board"), NAMES) as played:
        played.trade()
        played.until(lambda: bool(played.scores()["scored_us"]), "something was measured")
        yield played


@pytest.fixture
def paused(under_way: Round) -> Iterator[Answer]:
    """Let the game stand, and return its scores, which do not move meanwhile."""
    under_way.act("pause", "paused")
    yield under_way.scores()
    under_way.act("resume", "running")


@pytest.fixture
def projector(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open boards as a projector shows them; with motion unless it is not wanted."""
    contexts = []

    def opened(game: Round, query: str = "", *, key: str = "", is_still: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": 1920, "height": SCREEN_HEIGHT},
            reduced_motion="reduce" if is_still else "no-preference",
        )
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        sign_in(page, game.server.url, key or game.admin_key, f"/board{query}")
        expect(page.locator("main.board")).to_be_visible()
        return page

    expect.set_options(timeout=WAIT_MS)
    yield opened
    for context in contexts:
        context.close()


def clock(game_us: int) -> str:
    return datetime.fromtimestamp(game_us / 1_000_000, UTC).strftime("%H:%M:%S")


def column(page: Page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(f"tbody {selector}").all_inner_texts()]


def until_measured(page: Page, scores: Answer) -> None:
    """Return once the board shows these scores."""
    expect(page.locator("main footer")).to_contain_text(f"measured {clock(scores['scored_us'])}")


def test_every_team_stands_with_the_rank_and_the_score_that_the_server_tells(
    projector: Callable[..., Page], under_way: Round, paused: Answer
) -> None:
    page = projector(under_way)
    until_measured(page, paused)
    names = dict(zip(under_way.ids, NAMES, strict=True))
    told = sorted(paused["items"], key=lambda item: item["rank"])
    assert column(page, "th[scope=row]") == [names[item["team_id"]] for item in told]
    assert column(page, "td.rank") == [str(item["rank"]) for item in told]
    shown = [float(text.replace("−", "-")) for text in column(page, "td.score")]
    assert shown == pytest.approx([item["score"] for item in told], abs=0.005_001)
    assert page.locator("th b").count() == 0


def test_an_organizer_s_board_shows_no_more_than_a_team_s(
    projector: Callable[..., Page], under_way: Round, paused: Answer
) -> None:
    boards = [projector(under_way, key=key) for key in (under_way.admin_key, under_way.keys[3])]
    for page in boards:
        until_measured(page, paused)
    seen = [page.locator("tbody tr").all_inner_texts() for page in boards]
    seen[1] = [re.sub(r"\s*\(you\)\s*", "\t", text) for text in seen[1]]
    assert seen[0] == seen[1]


def check_legible(page: Page) -> None:
    """Every row's letters are large enough for five metres, and all rows stand on the screen."""
    sizes, bottoms = page.evaluate(
        """() => {
            const cells = [...document.querySelectorAll('tbody td, tbody th')];
            return [
                cells.map(cell => parseFloat(getComputedStyle(cell).fontSize)),
                cells.map(cell => cell.getBoundingClientRect().bottom),
            ];
        }"""
    )
    assert min(sizes) >= LETTER_PX_MIN
    assert max(bottoms) <= SCREEN_HEIGHT


def test_more_teams_than_a_page_holds_turn_by_themselves_until_held(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way, "?turn=2", is_still=False)
    footer = page.locator("main footer")
    for number, count in ((1, 12), (2, 2), (1, 12)):
        expect(footer).to_contain_text(f"page {number} of 2")
        expect(page.locator("tbody tr")).to_have_count(count)
        check_legible(page)
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="turn")).to_have_attribute("aria-pressed", "true")
    held = 1 if "page 1" in footer.inner_text() else 2
    page.keyboard.press("ArrowRight")
    expect(footer).to_contain_text(f"page {3 - held} of 2")
    page.keyboard.press("ArrowLeft")
    expect(footer).to_contain_text(f"page {held} of 2")


def test_with_reduced_motion_all_stand_in_two_columns_and_nothing_turns(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way)
    expect(page.locator("table")).to_have_count(2)
    expect(page.locator("tbody tr")).to_have_count(len(NAMES))
    expect(page.locator("main footer")).not_to_contain_text("page")
    check_legible(page)


def test_a_blind_board_hides_names_then_scores_by_address_and_by_key(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way, "?blind")
    expect(page.locator("tbody tr")).to_have_count(len(NAMES))
    letters = column(page, "th[scope=row]")
    assert sorted(letters) == [f"Team {chr(ord('A') + at)}" for at in range(len(NAMES))]
    for name in NAMES:
        assert page.get_by_text(name, exact=True).count() == 0
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(len(NAMES))
    assert sorted(column(page, "th[scope=row]")) == sorted(letters)
    page.keyboard.press("b")
    expect(page.locator("td.score")).to_have_count(0)
    expect(page.get_by_role("rowheader", name=NAMES[0])).to_be_visible()
    assert page.url.endswith("/board?blind=scores")
    page.keyboard.press("b")
    expect(page.locator("td.score")).to_have_count(len(NAMES))
    assert page.url.endswith("/board")


def test_a_delayed_board_shows_nothing_of_what_is_younger_nor_at_a_delay_that_is_none(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way, "?delay=300")
    expect(page.get_by_text("Shown 300 s late: the board begins in")).to_be_visible()
    for selector in ("table", "aside", ".clock", ".phase[data-phase]"):
        expect(page.locator(f"main {selector}")).to_have_count(0)
    page.goto(f"{under_way.server.url}/board?delay=5m")
    expect(page.get_by_role("alert")).to_contain_text("delay=5m: whole seconds from 0 to 3600")
    expect(page.locator("table")).to_have_count(0)


def test_a_delayed_board_goes_after_the_game(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way, "?delay=2")
    expect(page.locator("tbody tr")).to_have_count(len(NAMES))
    expect(page.locator("main footer")).to_contain_text("2 s late")
    page.wait_for_function(
        """() => {
            const seconds = text => text.split(':').reduce((all, part) => 60 * all + +part, 0);
            const now = document.querySelector('body header .time').textContent;
            const shown = document.querySelector('main .clock').firstChild.textContent;
            return seconds(now) - seconds(shown) >= 2;
        }"""
    )


def test_the_price_a_headline_and_a_halt_are_seen(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way)
    expect(page.get_by_role("img", name="SPX:")).to_be_visible()
    headline = {"headline_id": "gdp-beat", "is_shift": False, "jump": 0, "reason": "a drill"}
    told = under_way.do("POST", "/events/trigger", headline)
    expect(page.get_by_label("News")).to_contain_text(str(told["headline"]))
    under_way.do("POST", "/admin/halts", {"action": "halt", "halt_s": 600, "reason": "a drill"})
    expect(page.locator("main .phase")).to_contain_text("halted")
    under_way.do("POST", "/admin/halts", {"action": "resume", "reason": "a drill"})
    expect(page.locator("main .phase")).not_to_contain_text("halted")


def test_keys_are_listed_and_one_fills_the_screen(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="The board's keys")
    for key in ("f", "b", "d", "s", "p", "t", "?"):
        expect(sheet.locator("kbd", has_text=key).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator("main.board:fullscreen")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator(":fullscreen")).to_have_count(0)


def test_a_browser_that_refuses_the_whole_screen_is_told_of(
    projector: Callable[..., Page], under_way: Round
) -> None:
    page = projector(under_way)
    page.evaluate(
        "() => { Element.prototype.requestFullscreen = () => Promise.reject(new TypeError()); }"
    )
    page.keyboard.press("f")
    expect(page.get_by_role("alert")).to_contain_text("F11")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_board_has_no_accessibility_violation(
    projector: Callable[..., Page], under_way: Round, theme: str
) -> None:
    page = projector(under_way, "?turn=120", is_still=False)
    page.emulate_media(color_scheme="light" if theme == "light" else "dark")
    expect(page.locator("tbody tr")).to_have_count(12)
    assert axe(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe(page) == []
