"""A server killed while pages are open, and links used twice: nothing is lost nor let in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.system.server import Server
from tests.ui.conftest import Game, Team, sign_in
from tests.ui.desks import A_DAY, tab
from tests.ui.wire import Wire


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    """Start a server in continuous trading, with nobody in the market but its teams."""
    folder = tmp_path_factory.mktemp("lost")
    scenario = folder / "a-day.toml"
    scenario.write_text(A_DAY.replace("[series]", "[registration]\nopen = true\n[series]"), "utf-8")
    with Server(folder / "data", str(scenario)) as server:
        server.open_market()
        yield Game(server)


class Meeting:
    """A call at the money, and a price of it at which two teams meet and nobody else."""

    def __init__(self, game: Game) -> None:
        self._game = game
        rows = game.do("GET", "/market/chains/SPX")["items"]
        assert isinstance(rows, list)
        calls = [row for row in rows if row["right"] == "call"]
        row = min(calls, key=lambda each: abs(each["delta"] - 0.5))
        self._at = {"instrument_id": row["instrument_id"], "price": f"{row['mark_price']:.2f}"}

    def bids(self, team: Team, quantity: int) -> None:
        self._game.place(team, **self._at, side="buy", quantity=quantity)

    def sells(self, team: Team, quantity: int) -> None:
        terms = {"side": "sell", "quantity": quantity, "time_in_force": "ioc"}
        placed = self._game.place(team, **self._at, **terms)
        assert placed["filled_quantity"] == quantity, placed


def quantities(fills: Locator) -> list[str]:
    return [row.locator("td").nth(3).inner_text() for row in fills.all()]


def test_a_page_through_the_death_of_its_server_shows_every_own_fill_once(
    game: Game, page: Page
) -> None:
    buyer, seller, meeting = (
        game.team("Patient"),
        game.team("Eager", "arbitrage_desk"),
        Meeting(game),
    )
    wire = Wire(page)
    sign_in(page, game.url, buyer.key)
    fills = tab(page, "Fills").locator("tr.fill")
    for quantity in (1, 2, 3):
        meeting.bids(buyer, quantity)
    meeting.sells(seller, 1)
    expect(fills).to_have_count(1)

    game.server.kill()
    expect(page.locator(".state[data-state=lost]")).to_be_visible()
    wire.cut()
    game.server.start()
    meeting.sells(seller, 2)
    assert quantities(fills) == ["1"]
    wire.restore()
    expect(page.locator(".state[data-state=live]")).to_be_visible()
    expect(fills).to_have_count(2)
    meeting.sells(seller, 3)
    expect(fills).to_have_count(3)
    assert quantities(fills) == ["3", "2", "1"]
    told = game.do("GET", "/exchange/fills", key=buyer.key)["items"]
    assert isinstance(told, list)
    shown = [row.get_attribute("data-fill") for row in fills.all()]
    assert shown == [str(fill["fill_id"]) for fill in reversed(told)]

    page.reload()
    tab(page, "Fills")
    expect(fills).to_have_count(3)


def test_a_link_opens_the_page_once_and_a_stolen_one_nothing(game: Game, page: Page) -> None:
    team = game.team("Linked")
    ticket = game.do("POST", "/game/login-tickets", {}, team.key)["ticket"]
    page.goto(f"{game.url}/trade#ticket={ticket}")
    expect(page.locator(".state[data-state=live]")).to_be_visible()
    expect(page.get_by_text("Linked")).to_be_visible()
    assert str(ticket) not in page.url
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{game.url}/board#ticket={ticket}")
    expect(page.get_by_role("alert")).to_contain_text("This link was refused")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert str(ticket) not in page.url
