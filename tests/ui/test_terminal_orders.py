"""An order's whole life on the terminal: by keys, by mouse, refused, locked, over a lost connection.

Orders that have to stay in the book stand far below fair value; those that have to trade there meet
a sale of another team that takes all the bids down to their price.
"""

import re
from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.ui.conftest import Game, Team, axe, sign_in
from tests.ui.wire import Wire

FAR_BELOW = 0.93
NUMBERS = count(1)


@pytest.fixture
def team(game: Game) -> Team:
    """Register a fund of its own for each test."""
    return game.team(f"Fund {next(NUMBERS)}")


class Series:
    """A call at the money, its fair value, and a maker who offers both sides of it."""

    def __init__(self, game: Game) -> None:
        self.maker = game.team(f"Maker {next(NUMBERS)}", "market_maker")
        rows = game.do("GET", "/market/chains/SPX")["items"]
        assert isinstance(rows, list)
        calls = [row for row in rows if row["right"] == "call" and row["mark_price"] is not None]
        row = min(calls, key=lambda each: abs(each["delta"] - 0.5))
        self.instrument_id: str = row["instrument_id"]
        self.mark: float = row["mark_price"]
        self.low = f"{self.mark * FAR_BELOW:.2f}"

    def offer(self, game: Game) -> None:
        """Have both sides of the book offered, whatever others have taken."""
        game.do("DELETE", "/exchange/orders", key=self.maker.key)
        for side, factor in (("buy", 0.95), ("sell", 1.05)):
            price = f"{self.mark * factor:.2f}"
            placed = {"instrument_id": self.instrument_id, "side": side, "price": price}
            game.place(self.maker, quantity=8, **placed)

    def buy(self, game: Game, team: Team, quantity: int, **terms: object) -> int:
        """Place a bid that stays in the book."""
        placed = game.place(
            team,
            instrument_id=self.instrument_id,
            side="buy",
            quantity=quantity,
            price=self.low,
            **terms,
        )
        order_id = placed["order_id"]
        assert isinstance(order_id, int)
        return order_id

    def sweep(self, game: Game) -> None:
        """Let another team sell to everybody who bids as much as `buy` does."""
        game.place(
            game.team(f"Seller {next(NUMBERS)}"),
            instrument_id=self.instrument_id,
            side="sell",
            quantity=140,
            price=self.low,
            time_in_force="ioc",
        )
        self.offer(game)


@pytest.fixture
def series(game: Game) -> Iterator[Series]:
    """Find what to trade, and a maker for as long as the test lasts."""
    found = Series(game)
    found.offer(game)
    yield found
    game.do("DELETE", "/exchange/orders", key=found.maker.key)


def panel(page: Page, name: str) -> Locator:
    """Return a panel by its title; those in tabs are found too."""
    return page.locator("section.panel").filter(
        has=page.locator("h2", has_text=re.compile(rf"^{name}\b"))
    )


def show(page: Page, tab: str) -> None:
    """Bring a tab to the front."""
    page.get_by_role("tab", name=tab, exact=True).click()


def open_at(page: Page, game: Game, team: Team, series: Series) -> None:
    """Open the terminal at a series, once it is quoted there."""
    sign_in(page, game.url, team.key)
    side = page.get_by_role("group", name="Side")
    expect(side.get_by_role("button", name="Buy")).to_be_enabled()
    page.keyboard.press("/")
    page.keyboard.type(series.instrument_id)
    found = page.get_by_role("listbox", name="Found").get_by_role("option")
    expect(found).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name=f"Order for {series.instrument_id}")).to_be_visible()
    for name in ("Buy", "Sell"):
        expect(side.get_by_role("button", name=name)).to_contain_text(re.compile(r"\d\.\d\d"))


def working(page: Page) -> Locator:
    """Return the rows of working orders."""
    return panel(page, "Orders").locator("tbody tr:has(input[type=radio])")


def fills(page: Page) -> Locator:
    """Return the rows of own fills."""
    return panel(page, "Fills").locator("tr.fill")


def test_a_whole_order_by_keyboard(page: Page, game: Game, team: Team, series: Series) -> None:
    open_at(page, game, team, series)
    press = page.keyboard.press

    for key in ("b", "2", "5", "Backspace", "3", "ArrowUp"):
        press(key)
    expect(page.get_by_label("Quantity", exact=True)).to_have_value("23")
    bid = float(page.get_by_label("Price", exact=True).input_value())
    for _ in range(40):
        press("Shift+ArrowDown")
    for _ in range(3):
        press("ArrowDown")
    expect(page.get_by_label("Price", exact=True)).to_have_value(f"{bid - 4.03:.2f}".rstrip("0"))
    expect(page.get_by_role("region", name="What it would do")).to_contain_text("Rests")
    press("Enter")
    expect(working(page)).to_have_count(1)
    expect(working(page)).to_contain_text("23 / 23")
    expect(working(page)).to_contain_text(f"{bid - 4.03:.2f}")

    press("e")
    page.keyboard.type(f"{bid - 5:.2f}")
    press("Enter")
    expect(working(page)).to_contain_text(f"{bid - 5:.2f}")
    press("w")
    expect(panel(page, "Orders").locator("[data-code=price_behind_opposite]")).to_be_visible()
    press("c")
    expect(working(page)).to_have_count(0)

    press("b")
    press("4")
    press("t")
    expect(page.get_by_label("Type")).to_have_value("market")
    press("Enter")
    expect(page.get_by_role("status").filter(has_text="Bought 4")).to_have_count(1)
    show(page, "Positions")
    expect(panel(page, "Positions").locator("tbody").first).to_contain_text("4")


def test_keys_rest_while_somebody_types_and_a_sheet_lists_them(
    page: Page, game: Game, team: Team, series: Series
) -> None:
    open_at(page, game, team, series)
    page.keyboard.press("b")
    page.get_by_text("More", exact=True).click()
    tag = page.get_by_label(re.compile("^Tag"))
    tag.fill("")
    tag.press_sequentially("sck3?")
    expect(tag).to_have_value("sck3?")
    expect(page.get_by_label("Quantity", exact=True)).to_have_value("1")
    buy = page.get_by_role("group", name="Side").get_by_role("button", name="Buy")
    expect(buy).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("Cancel all orders")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_whole_order_by_mouse(page: Page, game: Game, team: Team, series: Series) -> None:
    open_at(page, game, team, series)
    side = page.get_by_role("group", name="Side")
    side.get_by_role("button", name="Buy").click()
    page.get_by_label("Price", exact=True).fill(series.low)
    page.get_by_role("button", name="Quantity up").click()
    page.get_by_role("button", name="Price down").click()
    page.get_by_role("button", name="Price up").click()
    page.get_by_role("button", name=f"Buy 2 at {series.low}").click()
    expect(working(page)).to_contain_text(f"2 / 2{series.low}", use_inner_text=False)

    page.get_by_role("button", name=re.compile("^Change order")).click()
    page.get_by_label(re.compile("^New quantity")).fill("6")
    page.get_by_role("button", name="Replace").click()
    expect(working(page)).to_contain_text("6 / 6")

    series.sweep(game)
    expect(working(page)).to_have_count(0)
    show(page, "Fills")
    expect(fills(page)).to_have_count(1)

    show(page, "Positions")
    page.get_by_role("button", name=re.compile("^Close out")).click()
    expect(side.get_by_role("button", name="Sell")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Quantity", exact=True)).to_have_value("6")
    page.get_by_label("Type").select_option("market")
    page.get_by_role("button", name="Sell 6 market").click()
    expect(panel(page, "Positions")).to_contain_text("Nothing held")

    series.buy(game, team, 1)
    series.buy(game, team, 1)
    show(page, "Orders")
    expect(working(page)).to_have_count(2)
    page.get_by_role("button", name=re.compile("^Cancel order")).first.click()
    expect(working(page)).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Cancel all")).click()
    expect(working(page)).to_have_count(0)


def test_a_refusal_is_shown_with_its_reason(
    page: Page, game: Game, team: Team, series: Series
) -> None:
    open_at(page, game, team, series)
    for key in ("b", "4", "0", "0"):
        page.keyboard.press(key)
    expect(page.get_by_label("Quantity", exact=True)).to_have_value("400")
    reason = "position_limit is 150"
    foreseen = page.get_by_role("region", name="What it would do")
    expect(foreseen).to_contain_text(reason)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Not sent")).to_have_count(1)
    page.keyboard.press("Shift+Enter")
    expect(page.locator("[data-outcome=refused]")).to_contain_text(reason)
    show(page, "Fills")
    expect(panel(page, "Fills").locator("tr.notice")).to_contain_text(reason)
    assert game.do("GET", "/exchange/orders?status=working", key=team.key)["items"] == []


def test_the_kill_switch_asks_once_cancels_all_and_locks_the_ticket(
    page: Page, game: Game, team: Team, series: Series
) -> None:
    open_at(page, game, team, series)
    series.buy(game, team, 2)
    expect(working(page)).to_have_count(1)
    page.keyboard.press("k")
    expect(page.get_by_role("dialog", name="Kill switch")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(working(page)).to_have_count(0)
    expect(page.get_by_text("The kill switch is on")).to_be_visible()
    page.keyboard.press("k")
    page.get_by_role("button", name="Release it").click()
    expect(page.get_by_text("The kill switch is on")).to_have_count(0)


def test_the_ticket_is_locked_while_nothing_is_heard(
    page: Page, game: Game, team: Team, series: Series
) -> None:
    wire = Wire(page)
    open_at(page, game, team, series)
    page.get_by_label("Price", exact=True).fill(series.low)
    send = page.get_by_role("button", name="Buy 1 at")
    expect(send).to_be_enabled()
    wire.silence()
    expect(page.get_by_text("STALE: nothing heard for 2 s. Nothing is sent")).to_be_visible()
    expect(send).to_be_disabled()
    page.keyboard.press("Enter")
    wire.restore()
    expect(send).to_be_enabled()
    assert game.do("GET", "/exchange/orders?status=all", key=team.key)["items"] == []


def test_a_fill_during_a_lost_connection_is_on_screen_exactly_once(
    page: Page, game: Game, team: Team, series: Series
) -> None:
    wire = Wire(page)
    open_at(page, game, team, series)
    show(page, "Fills")
    before, during = series.buy(game, team, 1), None
    series.sweep(game)
    expect(fills(page)).to_have_count(1)

    wire.cut()
    expect(page.locator(".state[data-state=lost]")).to_be_visible()
    during = series.buy(game, team, 2)
    series.sweep(game)
    assert game.do("GET", f"/exchange/orders/{during}", key=team.key)["status"] == "filled"
    expect(fills(page)).to_have_count(1)
    wire.restore()
    expect(page.locator(".state[data-state=live]")).to_be_visible()
    expect(fills(page)).to_have_count(2)

    # Once more, so that whatever could come twice has come.
    after = series.buy(game, team, 3)
    series.sweep(game)
    expect(fills(page)).to_have_count(3)
    quantities = [row.locator("td").nth(3).inner_text() for row in fills(page).all()]
    assert quantities == ["3", "2", "1"], (before, during, after)

    page.reload()
    show(page, "Fills")
    expect(fills(page)).to_have_count(3)


@pytest.mark.parametrize("arrives", [True, False])
def test_an_order_without_an_answer_is_looked_up_and_never_sent_twice(
    page: Page, game: Game, team: Team, series: Series, *, arrives: bool
) -> None:
    wire = Wire(page)
    open_at(page, game, team, series)
    page.get_by_label("Price", exact=True).fill(series.low)
    wire.cut_at("order.place", arrives=arrives)
    page.get_by_role("button", name="Buy 1 at").click()
    if arrives:
        expect(page.locator("[data-outcome=sending]")).to_be_visible()
        wire.cut()
    expect(page.locator("[data-outcome=unknown]")).to_contain_text("may or may not")
    wire.restore()
    expect(page.locator(".state[data-state=live]")).to_be_visible()
    if not arrives:
        expect(page.locator("[data-outcome=absent]")).to_be_visible()
        assert game.do("GET", "/exchange/orders?status=all", key=team.key)["items"] == []
        page.get_by_role("button", name="Buy 1 at").click()
    expect(page.locator("[data-outcome=placed]")).to_contain_text("1 working")
    expect(working(page)).to_have_count(1)
    orders = game.do("GET", "/exchange/orders?status=all", key=team.key)["items"]
    assert isinstance(orders, list)
    assert len(orders) == 1


def test_names_and_tags_with_scripts_are_text(page: Page, game: Game, series: Series) -> None:
    name, tag = "<img src=x onerror=document.title=1>", "<b>tag</b>"
    team = game.team(name)
    series.buy(game, team, 1, tag=tag)
    open_at(page, game, team, series)
    expect(page.get_by_text(name)).to_be_visible()
    expect(working(page)).to_contain_text(tag)
    expect(page).to_have_title(re.compile("^Trade"))
    assert page.locator("img, #app b").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, game: Game, series: Series, theme: str) -> None:
    team = game.team(f"Maker {next(NUMBERS)}", "market_maker")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two above
    open_at(page, game, team, series)
    series.buy(game, team, 2)
    series.sweep(game)
    series.buy(game, team, 5, tag="axe")
    page.keyboard.press("b")
    expect(working(page)).to_have_count(1)
    page.keyboard.press("w")
    page.get_by_text("More", exact=True).click()
    for tabs in (("Orders", "Limits"), ("Positions", "Score"), ("Fills", "Limits")):
        for tab in tabs:
            show(page, tab)
        assert axe(page) == []
    page.keyboard.press("k")
    expect(page.get_by_role("dialog", name="Kill switch")).to_be_visible()
    assert axe(page) == []
