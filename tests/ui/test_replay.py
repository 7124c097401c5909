"""The replay's page shows what stood at a number of the journal, to whom it may be shown."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.ui.conftest import axe
from tests.ui.rounds import Answer, Round, under_way

NAMES = ("Amber", "Blue Heron", "Coral")
MAKER, FUND, DESK = range(3)
ORDERS = "/exchange/orders"


class Seen:
    """A round that is over, and a book as the fund read it while it was under way."""

    def __init__(self, played: Round) -> None:
        self.played = played
        self.instrument = "SPX"
        key = played.keys[FUND]
        order = {"instrument_id": "SPX", "side": "buy", "quantity": 7, "price": 4321.0}
        self.order = played.place(FUND, client_order_id="seen-1", **order)
        book = played.do("GET", "/exchange/orderbook/SPX?depth=1000", key=key)
        assert any(level["price"] == 4321.0 for level in book["bids"])
        self.level = "4321.00"
        played.cancel(FUND, self.order["order_id"])
        played.act("end", "ended")

    def steps(self) -> list[Answer]:
        """Return the fund's own steps of all chunks."""
        path, key = "/game/rounds/1/replay", self.played.keys[FUND]
        told = self.played.do("GET", path, key=key)
        found: list[Answer] = []
        for number in range(len(told["chunks"])):
            found += self.played.do("GET", f"{path}/{number}", key=key)["own"]["steps"]
        return found

    def seq_of(self, kind: str) -> int:
        """Return the number of the step that told something of the order."""
        return next(
            int(step["seq"])
            for step in self.steps()
            for frame in step["frames"]
            if frame["type"] == kind
            and frame["data"].get("order", {}).get("order_id") == self.order["order_id"]
        )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """Play a round in which the maker and the fund trade and an order rests for a while."""
    with under_way(tmp_path_factory.mktemp("replay"), NAMES) as played:
        played.trade()
        yield Seen(played)


def opened(page: Page, seen: Seen, key: str, at: str = "") -> None:
    page.goto(f"{seen.played.server.url}/replay/1{at}")
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("region", name="Timeline")).to_be_visible()


def jump(page: Page, seq: int) -> None:
    page.get_by_label("Sequence").fill(str(seq))
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".now")).to_contain_text(f"#{seq}")


def test_at_a_number_stands_the_book_that_the_team_saw(page: Page, seen: Seen) -> None:
    opened(page, seen, seen.played.keys[FUND])
    orders = page.get_by_role("region", name=re.compile("Orders"))
    jump(page, seen.seq_of("order.accepted"))
    page.get_by_role("tab", name="Orders").click()
    expect(orders.get_by_text("SPX").first).to_be_visible()
    level = page.get_by_role("region", name="Depth").locator("tr.level", has_text=seen.level)
    expect(level.locator("td").first).to_have_text("7")
    why = page.get_by_role("region", name="Why: the step at hand")
    expect(why).to_contain_text("your command")
    expect(why).to_contain_text("order accepted")
    jump(page, seen.seq_of("order.canceled"))
    expect(why).to_contain_text("order canceled")
    expect(orders.get_by_text("SPX")).to_have_count(0)
    page.get_by_role("button", name="One step back").click()
    expect(orders.get_by_text("SPX").first).to_be_visible()


def test_it_plays_and_steps_by_keyboard(page: Page, seen: Seen) -> None:
    opened(page, seen, seen.played.keys[FUND])
    before = page.locator(".now").inner_text()
    page.locator("body").press(".")
    expect(page.locator(".now")).not_to_have_text(before)
    page.get_by_label("Speed").select_option("60")
    page.locator("body").press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.locator("body").press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_the_organizer_sees_with_any_team_s_eyes(page: Page, seen: Seen) -> None:
    seq = seen.seq_of("order.accepted")
    fund = seen.played.ids[FUND]
    opened(page, seen, seen.played.admin_key, f"?team_id={fund}#seq={seq}")
    expect(page.locator(".now")).to_contain_text(f"#{seq}")
    why = page.get_by_role("region", name="Why: the step at hand")
    expect(why).to_contain_text("order accepted")


def test_a_round_that_is_not_there_is_said_so(page: Page, seen: Seen) -> None:
    page.goto(f"{seen.played.server.url}/replay/77")
    page.get_by_label("Key").fill(seen.played.keys[DESK])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("no round 77")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(page: Page, seen: Seen, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened(page, seen, seen.played.keys[FUND])
    jump(page, seen.seq_of("order.accepted"))
    assert axe(page) == []
