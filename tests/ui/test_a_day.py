"""One day of a game on all five pages at once: what each shows is what the interface tells.

An organizer opens and steers the day on the console, one team trades by keyboard and one by mouse,
a board hangs on the wall; then the report and the replay of the round that is over are read.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.system.server import Server
from tests.ui.conftest import WAIT_MS, Game, sign_in
from tests.ui.desks import A_DAY, Console, Terminal, book_of, headings, tops_of
from tests.ui.figures import amount, rows, table, usd
from tests.ui.rounds import Answer

from itg.adapters.sqlite_journal import DATABASE

KEYS, MOUSE = "By <b>Keys</b>", "By Mouse"
NAMES = {"t1": KEYS, "t2": MOUSE}
PARTS = ("spread_capture", "delta", "gamma", "vega", "theta", "fees", "residual")
Opened = Callable[[str, str], Page]


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Game]:
    """Start a server whose round is still to come."""
    folder = tmp_path_factory.mktemp("a-day")
    scenario = folder / "a-day.toml"
    scenario.write_text(A_DAY, encoding="utf-8")
    with Server(folder / "data", str(scenario)) as server:
        yield Game(server)


@pytest.fixture
def opened(browser: Browser, game: Game) -> Iterator[Opened]:
    """Open pages, each in a browser of its own; no page may have thrown an error."""
    expect.set_options(timeout=WAIT_MS)
    faults: list[str] = []
    contexts = []

    def open_one(key: str, path: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{path}: {error}"))
        sign_in(page, game.url, key, path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


class Moment:
    """The market as a team's page shows it while the game stands, and its number in the journal."""

    def __init__(self, game: Game, team: Terminal, instrument: str) -> None:
        self.seq = head_of(game.server.data)
        told = game.do("GET", f"/exchange/orderbook/{instrument}?depth=1000", key=team.key)
        bids, asks = told["bids"], told["asks"]
        assert isinstance(bids, list)
        assert isinstance(asks, list)
        wanted = [f"{level['price']:.2f}" for level in (*reversed(asks), *bids)]
        expect(team.levels.locator("th")).to_have_text(wanted)
        self.instrument, self.prices = instrument, wanted
        self.book = book_of(team.page)
        self.tops = tops_of(team.page)


def head_of(data: Path) -> int:
    """Return the number of the newest input in a running game's journal."""
    place = f"file:{data / DATABASE}?mode=ro"
    with closing(sqlite3.connect(place, uri=True)) as journal:
        return int(journal.execute("SELECT max(last_seq) FROM batch").fetchone()[0])


def test_a_day_on_all_pages(game: Game, opened: Opened) -> None:
    console = Console(opened(game.admin_key, "/admin#/teams"))
    keys = {
        name: console.register(name, role)
        for name, role in ((KEYS, "hedge_fund"), (MOUSE, "arbitrage_desk"))
    }
    board = opened(game.admin_key, "/board")
    expect(headings(board)).to_have_text("Before the first round")
    console.open_the_market()
    keyboard, mouse = (Terminal(opened(key, "/trade"), key) for key in keys.values())
    expect(headings(board)).to_have_text("Round 1")
    call, strike = at_the_money(game)

    price = trade_by_keyboard(keyboard, call)
    trade_by_mouse(mouse, call, strike, price)
    keyboard.hears("Bought 2")
    expect(keyboard.fills).to_have_count(1)
    trade_id = only_trade(game, keyboard, mouse)

    halted(console, keyboard, mouse, call, price)
    headline = console.publish()
    for team in (keyboard, mouse):
        expect(team.news).to_contain_text(headline)
    expect(board.get_by_label("News")).to_contain_text(headline)
    busted(console, keyboard, mouse, trade_id)

    expect(board.locator("main footer")).to_contain_text("measured")
    expect(board.locator("tbody tr")).to_have_count(2)
    keyboard.lays(range(1, 4))
    console.pause()
    moment = Moment(game, keyboard, call)
    console.end()
    check_board(board, game)
    check_report(opened(keyboard.key, "/report/1"), game, keyboard.key)
    check_replay(opened(keyboard.key, "/replay/1"), moment)


def at_the_money(game: Game) -> tuple[str, float]:
    body = game.do("GET", "/market/chains/SPX")
    items = body["items"]
    assert isinstance(items, list)
    calls = [row for row in items if row["right"] == "call"]
    row = min(calls, key=lambda each: abs(each["delta"] - 0.5))
    return row["instrument_id"], row["strike"]


def trade_by_keyboard(team: Terminal, call: str) -> str:
    """Send, replace and cancel an order, then leave one inside the spread; return its price."""
    team.target(call)
    press = team.page.keyboard.press
    for key in ("b", "5", "ArrowDown", "ArrowDown", "Enter"):
        press(key)
    expect(team.working).to_have_count(1)
    expect(team.working).to_contain_text("5 / 5")
    press("e")
    changed = f"{float(team.price) - 1:.2f}"
    team.page.keyboard.type(changed)
    press("Enter")
    expect(team.working).to_contain_text(changed)
    press("c")
    expect(team.working).to_have_count(0)

    press("b")
    price = team.up_to_the_middle()
    press("5")
    press("Enter")
    expect(team.working).to_contain_text("5 / 5")
    expect(team.working).to_contain_text(price)
    return price


def trade_by_mouse(team: Terminal, call: str, strike: float, price: str) -> None:
    """Choose the call in the chain, and sell two at the level that somebody bids."""
    page = team.page
    page.get_by_role("button", name=re.compile(rf"^{strike:g} call ask")).click()
    expect(page.get_by_role("group", name=f"Order for {call}")).to_be_visible()
    page.get_by_role("button", name=re.compile(rf"^Sell at {re.escape(price)}")).click()
    page.get_by_role("button", name="Quantity up").click()
    page.get_by_role("button", name=f"Sell 2 at {price}").click()
    expect(page.locator("[data-outcome=placed]")).to_contain_text("2 filled")


def only_trade(game: Game, *teams: Terminal) -> int:
    """Return the trade that both made, which each page shows once."""
    found = set()
    for team in teams:
        expect(team.fills).to_have_count(1)
        items = game.do("GET", "/exchange/fills", key=team.key)["items"]
        assert isinstance(items, list)
        (fill,) = items
        expect(team.fills).to_have_attribute("data-fill", str(fill["fill_id"]))
        found.add(fill["trade_id"])
    (trade_id,) = found
    return int(trade_id)


def halted(console: Console, keyboard: Terminal, mouse: Terminal, call: str, price: str) -> None:
    """Halt the one call: orders are held, what must trade at once is refused; then it reopens."""
    console.halt(call)
    for team in (keyboard, mouse):
        expect(team.phase).to_have_text("halted")
    keyboard.hears(f"{call} is halted")
    page = mouse.page
    page.get_by_label("Time in force").select_option("ioc")
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator("[data-outcome=refused]")).to_contain_text("wrong phase")
    page.get_by_label("Time in force").select_option("day")
    page.get_by_role("button", name=f"Sell 2 at {price}").click()
    expect(page.locator("[data-outcome=placed]")).to_contain_text("2 working")
    expect(mouse.working).to_have_count(1)
    console.resume(call)
    for team in (keyboard, mouse):
        expect(team.phase).to_have_text("continuous")
        expect(team.fills).to_have_count(2)
    expect(mouse.working).to_have_count(0)
    keyboard.holds("▲4")
    mouse.holds("▼−4")


def busted(console: Console, keyboard: Terminal, mouse: Terminal, trade_id: int) -> None:
    console.bust(trade_id)
    for team in (keyboard, mouse):
        expect(team.notices.filter(has_text="Trade undone")).to_have_count(1)
        team.hears("Trade undone")
        expect(team.undone).to_have_count(1)
    keyboard.holds("▲2")
    mouse.holds("▼−2")
    mouse.page.reload()
    expect(mouse.fills).to_have_count(2)
    expect(mouse.undone).to_have_count(1)


def check_board(board: Page, game: Game) -> None:
    """Hold the board of the round that is over against the ranks and scores that are told."""
    expect(headings(board)).to_have_text("Round 1, final")
    wanted = [
        [str(item["rank"]), NAMES[item["team_id"]], usd(item["score"], 2)] for item in scores(game)
    ]
    expect(board.locator("td.score").first).to_have_text(re.compile(r"\d"))
    cells = rows(board.locator("main table"))
    assert [[rank, name, amount(score)] for rank, _, name, _, score, *_ in cells] == wanted
    assert board.locator("th b").count() == 0


def scores(game: Game, key: str = "") -> list[Answer]:
    """Return the scores as the interface tells them, best first."""
    items = game.do("GET", "/game/scores?round_id=1", key=key)["items"]
    assert isinstance(items, list)
    return sorted(items, key=lambda item: item["rank"])


def check_report(page: Page, game: Game, key: str) -> None:
    """Hold the report's sums against each other, and its figures against what REST answers."""
    parts = {
        name: amount(page.locator(f"[data-part={name}] .number").inner_text())
        for name in (*PARTS, "pnl")
    }
    assert sum(parts[name] for name in PARTS) == parts["pnl"] != 0
    expect(headings(page)).to_have_text(f"{KEYS}: round 1")
    assert amount(page.locator("[data-figure=pnl]").inner_text()) == parts["pnl"]
    told = game.do("GET", "/positions/me/pnl", key=key)["instruments"]
    assert isinstance(told, list)
    assert parts == {name: sum(usd(one["parts"][name]) for one in told) for name in parts}

    (own,) = [item for item in scores(game, key) if item["team_id"] == "t1"]
    terms = own["terms"]
    shown = {cells[1]: cells for cells in rows(table(page, "terms"))}
    assert set(shown) == {term["name"] for term in terms["components"]}
    for term in terms["components"]:
        _, _, weight, measured, *anchors, points, _ = shown[term["name"]]
        assert amount(weight) == usd(term["weight"])
        assert (measured == "–") == (term["measured"] is None)
        assert measured == "–" or float(amount(measured)) == term["measured"]
        assert float(amount(points)) == term["points"]
        assert [float(amount(text)) for text in anchors[:3]] == [
            term["zero"],
            term["half"],
            term["full"],
        ]
    leading = {cells[0]: amount(cells[1]) for cells in rows(table(page, "to-score"))}
    assert float(leading["J, measured"]) == terms["measured"]
    assert float(leading["S, score"]) == own["score"]


def check_replay(page: Page, moment: Moment) -> None:
    """Go to the number at which the game stood, and find there what the team saw live."""
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()
    page.get_by_label("Sequence").fill(str(moment.seq))
    page.get_by_role("button", name="Go").click()
    team = Terminal(page, "")
    team.target(moment.instrument)
    expect(team.levels.locator("th")).to_have_text(moment.prices)
    assert book_of(page) == moment.book
    assert tops_of(page) == moment.tops
    team.holds("▲2")
