"""A real server with a market under way, and a browser before it; nothing leaves this machine."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from tests.system.server import Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WAIT_MS = 30_000
# `classic` with its house, small investors and roles, the phases by the organizer's hand.
UNDER_WAY = """
extends = "classic"
without = ["scoring.pars"]
title = "Under way"

[registration]
open = true
max_teams = 200

[session]
kind = "organizer"
starts = 09:00:00
session_s = 28_800

[retail]
orders_per_minute = 12
"""


class Team(NamedTuple):
    """A registered team, its id and its key."""

    team_id: str
    key: str


class Game:
    """A server whose market trades: a house and small investors, and the teams of a test."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url
        self.admin_key = server.admin_key

    def team(self, name: str, role: str = "hedge_fund") -> Team:
        """Register a team under a name that no other test has."""
        return Team(*self.server.register(name, role))

    def do(self, method: str, path: str, body: object = None, key: str = "") -> dict[str, object]:
        """Ask what has to succeed, as the organizer without a key; return the answer."""
        status, answer = self.server.call(method, path, body, key or self.admin_key)
        assert status in {200, 201}, (method, path, status, answer)
        return answer

    def place(self, team: Team, **order: object) -> dict[str, object]:
        """Place a team's order over REST."""
        return self.do("POST", "/exchange/orders", order, team.key)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.system)
            item.add_marker(pytest.mark.timeout(180))
            item.add_marker(pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH"))


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    """Start a server for the tests of one module, in continuous trading and quoted by the house."""
    folder = tmp_path_factory.mktemp("game")
    scenario = folder / "under-way.toml"
    scenario.write_text(UNDER_WAY, encoding="utf-8")
    with Server(folder / "data", str(scenario)) as server:
        server.open_market()
        yield Game(server)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one Chromium for the tests of a module.

    Not for longer: while it runs, so does the event loop of what drives it, and no test of a
    coroutine can have its own.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Open a browser profile of its own, with which no request may leave this machine."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    outside: list[str] = []

    def refuse(route: Route) -> None:
        outside.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith("http://127.0.0.1:"), refuse)
    yield context
    context.close()
    assert outside == []


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Open a page; an uncaught error in it, or a breach of its content policy, fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield page
    page.close()
    assert faults == []


def sign_in(page: Page, url: str, key: str, path: str = "/trade") -> None:
    """Open a page, give the key by hand, and return once it hears the game, or a recorded one."""
    page.goto(url + path)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".state:is([data-state=live], [data-state=recorded])")).to_be_visible()


def axe(page: Page) -> list[str]:
    """Return what axe-core objects to on the page, a line a violation with its first places."""
    package = find_spec("axe_core_python")
    assert package is not None
    assert package.origin is not None
    script = Path(package.origin).with_name("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script + "; undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes'][:3]]}"
        for each in found["violations"]
    ]
