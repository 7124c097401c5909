"""The terminal's market: the chain and its walk, the book, own orders in both, news, an auction."""

import re
from itertools import count

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.ui.conftest import Game, Team, axe, sign_in

FAR_BELOW = 0.9
NUMBERS = count(1)
SIZES = ((1920, 1080), (1440, 900), (1280, 720), (900, 800))


@pytest.fixture
def team(game: Game) -> Team:
    """Register a fund of its own for each test."""
    return game.team(f"Watcher {next(NUMBERS)}")


class Chain:
    """The next expiry of an underlying as the interface lists it."""

    def __init__(self, game: Game, underlying: str = "SPX") -> None:
        body = game.do("GET", f"/market/chains/{underlying}")
        rows, price = body["items"], body["price"]
        assert isinstance(rows, list)
        assert isinstance(price, float)
        soonest = min(row["expires_us"] for row in rows)
        self.rows = [row for row in rows if row["expires_us"] == soonest]
        self.strikes: list[float] = sorted({row["strike"] for row in self.rows})
        self.money = min(self.strikes, key=lambda strike: abs(strike - price))
        self.others = [row for row in rows if row["expires_us"] != soonest]

    def id_of(self, strike: float, right: str) -> str:
        """Return the series of a strike."""
        found = [r for r in self.rows if (r["strike"], r["right"]) == (strike, right)]
        return str(found[0]["instrument_id"])

    def mark_of(self, instrument_id: str) -> float:
        """Return a series' fair value."""
        found = [row for row in self.rows if row["instrument_id"] == instrument_id]
        return float(found[0]["mark_price"])


@pytest.fixture
def chain(game: Game) -> Chain:
    """Read what the page has to show."""
    return Chain(game)


def open_terminal(page: Page, game: Game, team: Team, instrument_id: str = "SPX") -> None:
    """Sign in, and return once the chain is there and the instrument selected."""
    sign_in(page, game.url, team.key, f"/trade?instrument={instrument_id}")
    expect(page.locator("[data-walk] tr.atm")).to_have_count(1)
    expect(ladder(page).locator("caption")).to_contain_text(f"Book of {instrument_id};")


def rows_of(page: Page) -> Locator:
    """Return the chain's rows, one a strike."""
    return page.locator("[data-walk] tbody tr")


def heading(page: Page) -> Locator:
    """Return what names the selected instrument."""
    return page.get_by_role("region", name="Selected instrument").get_by_role("button")


def ladder(page: Page) -> Locator:
    """Return the depth of the selected instrument."""
    return page.get_by_role("table", name=re.compile("^Book of"))


def search(page: Page, words: str) -> None:
    """Select the first instrument with these words in its name."""
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Instrument").fill(words)
    page.keyboard.press("Enter")


def place_far_bid(game: Game, team: Team, chain: Chain, quantity: int) -> tuple[str, float, int]:
    """Bid for the call at the money where nobody sells."""
    instrument_id = chain.id_of(chain.money, "call")
    price = round(chain.mark_of(instrument_id) * FAR_BELOW, 2)
    placed = game.place(
        team, instrument_id=instrument_id, side="buy", quantity=quantity, price=f"{price:.2f}"
    )
    order_id = placed["order_id"]
    assert isinstance(order_id, int)
    return instrument_id, price, order_id


def test_the_chain_is_that_of_the_interface(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    open_terminal(page, game, team)

    expect(rows_of(page)).to_have_count(len(chain.strikes))
    shown = page.locator("[data-walk] th.strike[scope=row]").all_inner_texts()
    assert [float(re.sub(r"[^\d.]", "", each)) for each in shown] == chain.strikes
    marked = page.locator("[data-walk] tr.atm")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("at the money")
    expect(marked).to_be_in_viewport()
    for heads in ("Bid", "Ask", "IV %", "Delta", "Gamma", "Vega", "My bid", "My ask", "Pos"):
        expect(
            page.get_by_role("columnheader", name=re.compile(f"^(call|put) {heads}$"))
        ).to_have_count(2)
    delta = rows_of(page).first.locator("td").nth(5)
    expect(delta).to_have_text(re.compile(r"^[01]\.\d\d$"))


def test_the_arrows_walk_the_chain_and_every_panel_follows(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    open_terminal(page, game, team)
    expect(rows_of(page)).to_have_count(len(chain.strikes))
    search(page, f"spx {chain.strikes[0]:g} call")
    expect(heading(page)).to_contain_text(f"{chain.strikes[0]:g} call")

    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-walk] button:focus")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    second = chain.id_of(chain.strikes[1], "call")
    expect(ladder(page).locator("caption")).to_contain_text(second)
    expect(heading(page)).to_contain_text(f"{chain.strikes[1]:g} call")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    put = chain.id_of(chain.strikes[1], "put")
    expect(ladder(page).locator("caption")).to_contain_text(put)
    expect(page.locator("[data-walk] button:focus")).to_have_attribute(
        "aria-label", re.compile(rf"^{chain.strikes[1]:g} put ask")
    )
    # Enter takes the price of what is walked on: an ask is bought.
    expect(page.locator("[data-walk] button:focus")).to_have_text(re.compile(r"\d\.\d\d"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Price", exact=True)).to_have_value(re.compile(r"\d"))
    expect(page.get_by_role("button", name=re.compile("^Buy 1 at"))).to_be_visible()


def test_own_orders_stand_in_the_chain_and_in_the_book_until_they_are_gone(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    instrument_id, price, order_id = place_far_bid(game, team, chain, 7)
    open_terminal(page, game, team, instrument_id)

    level = (
        ladder(page)
        .get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name=f"{price:.2f}", exact=True))
    )
    expect(level.locator("td.own").first).to_have_text("7")
    mine = page.locator("[data-walk] tr.atm td.own").first
    expect(mine).to_contain_text(f"{price:.2f}")
    expect(mine).to_have_attribute("title", re.compile("not the market's best"))

    game.do("DELETE", f"/exchange/orders/{order_id}", key=team.key)
    expect(mine).to_have_text("")
    expect(page.locator("tr.level td.own", has_text="7")).to_have_count(0)


def test_a_level_puts_its_price_into_the_ticket_by_mouse_and_by_key(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    instrument_id, price, _ = place_far_bid(game, team, chain, 3)
    open_terminal(page, game, team, instrument_id)
    field = page.get_by_label("Price", exact=True)

    ladder(page).get_by_role("button", name=re.compile(f"^Sell at {price:.2f}")).click()
    expect(field).to_have_value(f"{price:g}")
    expect(page.get_by_role("button", name=re.compile("^Sell 1 at|^Send anyway"))).to_be_visible()

    buy = ladder(page).get_by_role("button", name=re.compile(f"^Buy at {price:.2f}"))
    page.get_by_label("Price", exact=True).fill("1")
    buy.focus()
    page.keyboard.press("Enter")
    expect(field).to_have_value(f"{price:g}")
    expect(page.get_by_role("button", name=re.compile("^Buy 1 at"))).to_be_visible()


def test_selecting_anywhere_retargets_every_panel(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    open_terminal(page, game, team)
    other = str(chain.others[-1]["instrument_id"])
    search(page, other)

    expect(ladder(page).locator("caption")).to_contain_text(other)
    expiry = page.get_by_role("group", name="Expiry").get_by_role("button", pressed=True)
    expect(expiry).to_have_count(1)
    expect(page.locator("[data-walk] td.selected")).not_to_have_count(0)

    page.get_by_role("group", name="Underlying").get_by_role("button", name="SPY").click()
    expect(heading(page)).to_contain_text("SPY")
    expect(page.locator("[data-walk] caption")).to_contain_text("SPY")
    expect(page.get_by_role("img", name=re.compile("^Price of SPY"))).to_be_visible()

    page.get_by_role("tab", name="Trades").click()
    tape = page.get_by_role("table", name=re.compile("^Trades, newest first"))
    traded = tape.get_by_role("button").first
    named = traded.inner_text()
    traded.click()
    expect(heading(page)).to_contain_text(named)


def test_news_and_signals_come_with_their_age(page: Page, game: Game, team: Team) -> None:
    open_terminal(page, game, team)
    table = game.do("GET", "/events/table")["items"]
    assert isinstance(table, list)
    said, warned = (row["headline_id"] for row in table[:2])
    game.do("POST", "/events/trigger", {"headline_id": said, "jump": 0.0001})
    # A signal is told a minute ahead at the latest.
    game.do("POST", "/events/trigger", {"headline_id": warned, "effective_in_s": 65})

    signal = page.get_by_role("list", name="Signals to your role").get_by_role("listitem")
    expect(signal.first).to_contain_text("Volatility will")
    news = page.get_by_role("list", name="News", exact=True).get_by_role("listitem").first
    expect(news).to_contain_text(table[0]["headline"])
    expect(news.locator("time")).to_have_text(re.compile(r"^\d+ s$"))
    expect(
        page.get_by_role("status").filter(has_text=f"News: {table[0]['headline']}")
    ).to_have_count(1)


def test_the_terminal_fits_its_window_and_has_no_barrier(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    place_far_bid(game, team, chain, 2)
    open_terminal(page, game, team)
    expect(rows_of(page)).to_have_count(len(chain.strikes))

    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, (width, height, wide)
        expect(page.locator("tr.atm")).to_be_in_viewport()
    page.set_viewport_size({"width": 1440, "height": 900})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert axe(page) == []


def test_an_auction_shows_its_indicative_price(
    page: Page, game: Game, team: Team, chain: Chain
) -> None:
    instrument_id = chain.id_of(chain.money, "call")
    open_terminal(page, game, team, instrument_id)
    expect(ladder(page).locator("caption")).to_contain_text(instrument_id)
    region = page.get_by_role("region", name="Selected instrument")

    game.do("POST", "/admin/phases", {"phase": "closed"})
    expect(region).to_contain_text("closed")
    game.do("POST", "/admin/phases", {"phase": "pre_open"})
    expect(region).to_contain_text("pre open")
    price = f"{chain.mark_of(instrument_id):.2f}"
    sides = {"buy": team, "sell": game.team(f"Watcher {next(NUMBERS)}")}
    for side, of in sides.items():
        game.place(of, instrument_id=instrument_id, side=side, quantity=4, price=price)
    expect(ladder(page)).to_contain_text(re.compile(r"indicative \d+\.\d\d × \d"))

    game.do("POST", "/admin/phases", {"phase": "continuous"})
    expect(region).to_contain_text("continuous")
    expect(ladder(page)).not_to_contain_text("indicative")
