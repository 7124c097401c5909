"""The hands of those who play a day: the organizer's at the console, a team's at the terminal."""

import re

from playwright.sync_api import Locator, Page, expect

# Nobody trades but two teams and nothing moves much: they meet at a price for sure.
A_DAY = """
extends = "liquid"
without = ["retail"]
title = "A day"

[session]
kind = "organizer"
starts = 09:00:00
session_s = 28_800

[series]
expiries = 1

[market.regimes]
volatilities = [0.01, 0.02, 0.03]

[market.jumps]
mean_per_session = 0
"""


def panel(page: Page, name: str) -> Locator:
    return page.locator("section.panel").filter(
        has=page.locator("h2", has_text=re.compile(rf"^{name}\b"))
    )


def tab(page: Page, name: str) -> Locator:
    page.get_by_role("tab", name=name, exact=True).click()
    return panel(page, name)


class Console:
    """The organizer's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def section(self, name: str) -> None:
        """Go to a section, by the last part of its address."""
        self.page.locator(f"nav[aria-label=Sections] [href='#/{name}']").click()

    def panel(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name)

    def register(self, name: str, role: str) -> str:
        """Return the key that is shown for a team just registered."""
        form = self.panel("Add a team")
        form.get_by_label("Team name").fill(name)
        form.get_by_label("Role").select_option(role)
        form.get_by_role("button", name="Register").click()
        row = self.panel("New keys").get_by_role("row", name=name)
        return row.locator("code").inner_text()

    def open_the_market(self) -> None:
        self.section("round")
        self.panel("Round under way").get_by_role("button", name="Start round 1").click()
        move = self.panel("Move the phase by hand")
        for phase in ("pre_open", "continuous"):
            move.get_by_label("Phase").select_option(phase)
            move.get_by_role("button", name="Move to").click()
            expect(move.get_by_role("status")).to_contain_text(phase.replace("_", " "))

    def halt(self, instrument: str) -> None:
        self.section("round")
        halts = self.panel("Halt and resume")
        halts.get_by_label("What").select_option(f"{instrument} alone")
        halts.get_by_label("Reason").fill("a fat finger")
        halts.get_by_role("button", name="Halt", exact=True).click()
        expect(halts.get_by_role("button", name=f"Resume {instrument}")).to_be_visible()

    def resume(self, instrument: str) -> None:
        halts = self.panel("Halt and resume")
        halts.get_by_role("button", name=f"Resume {instrument}").click()
        expect(halts).to_contain_text(f"Resumed: {instrument}.")

    def publish(self) -> str:
        """Publish a headline that moves nothing, and return it."""
        self.section("news")
        self.panel("Headlines").get_by_role("radio").first.check()
        compose = self.panel("Compose")
        headline = compose.locator("blockquote").inner_text()
        compose.get_by_label("Regime").select_option("stays")
        compose.get_by_label("Jump in %").fill("0")
        compose.get_by_role("button", name="Publish now").click()
        expect(self.panel("Published").get_by_role("row", name=headline)).to_be_visible()
        return headline

    def bust(self, trade_id: int) -> None:
        self.section("corrections")
        row = self.panel("Trades").get_by_role("button", name=str(trade_id), exact=True)
        row.click()
        form = self.panel("Bust or adjust")
        form.get_by_label("Reason").fill("a wrong price")
        form.get_by_role("button", name=f"Bust trade {trade_id}").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Type bust to go on").fill("bust")
        dialog.get_by_role("button", name=f"Bust trade {trade_id}").click()
        expect(form.get_by_text(f"Trade {trade_id} counts no more.")).to_be_visible()

    def pause(self) -> None:
        self.section("round")
        self.panel("Round under way").get_by_role("button", name="Pause round 1").click()
        expect(self.panel("Round under way").locator(".status")).to_have_text("paused")

    def end(self) -> None:
        self.section("round")
        self.panel("Round under way").get_by_role("button", name="End round 1").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Type round 1 to go on").fill("round 1")
        dialog.get_by_role("button", name="End round 1").click()
        expect(self.panel("All rounds")).to_contain_text("ended")


class Terminal:
    """A team's page."""

    def __init__(self, page: Page, key: str) -> None:
        self.page = page
        self.key = key

    @property
    def working(self) -> Locator:
        return panel(self.page, "Orders").locator("tbody tr:has(input[type=radio])")

    @property
    def fills(self) -> Locator:
        return tab(self.page, "Fills").locator("tr.fill")

    @property
    def undone(self) -> Locator:
        """Return the fills that are marked as undone."""
        return tab(self.page, "Fills").locator("tr.fill.undone")

    @property
    def notices(self) -> Locator:
        return tab(self.page, "Fills").locator("tr.notice")

    def hears(self, text: str) -> None:
        """See what a screen reader is told."""
        expect(self.page.get_by_role("status").filter(has_text=text)).to_have_count(1)

    def target(self, instrument: str) -> None:
        """Find an instrument by its name, by keyboard."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(instrument)
        found = self.page.get_by_role("listbox", name="Found").get_by_role("option")
        expect(found).to_have_count(1)
        self.page.keyboard.press("Enter")
        expect(panel(self.page, "Depth").locator("caption")).to_contain_text(instrument)
        expect(self.levels.nth(1)).to_be_visible()

    @property
    def levels(self) -> Locator:
        """The rungs of the selected book that have a price."""
        return panel(self.page, "Depth").locator("tr.level")

    @property
    def news(self) -> Locator:
        """The list of headlines."""
        return tab(self.page, "News and signals")

    @property
    def phase(self) -> Locator:
        """The phase of the selected instrument."""
        return self.page.get_by_role("region", name="Selected instrument").locator(".phase")

    @property
    def price(self) -> str:
        """What stands in the ticket."""
        return self.page.get_by_label("Price", exact=True).input_value()

    def up_to_the_middle(self) -> str:
        """Step the ticket's price from the best bid to half way to the best ask; return it."""
        ask = float(self.levels.locator("th.sell").last.inner_text())
        ticks = round((ask - float(self.price)) / 0.02)
        for _ in range(ticks // 10):
            self.page.keyboard.press("Shift+ArrowUp")
        for _ in range(ticks % 10):
            self.page.keyboard.press("ArrowUp")
        return f"{float(self.price):.2f}"

    def lays(self, quantities: range) -> None:
        """Bid these quantities by keyboard, each ten ticks below the one before."""
        orders = self.working.count()
        for quantity in quantities:
            self.page.keyboard.press("b")
            for _ in range(quantity):
                self.page.keyboard.press("Shift+ArrowDown")
            self.page.keyboard.press(str(quantity))
            self.page.keyboard.press("Enter")
            orders += 1
            expect(self.working).to_have_count(orders)

    def holds(self, written: str) -> None:
        """See the quantity of the only position that there is."""
        table = tab(self.page, "Positions").get_by_role("table", name="Positions")
        expect(table.locator("tbody tr")).to_have_count(1)
        expect(table.locator("tbody td").first).to_have_text(written)


def book_of(page: Page) -> list[list[str]]:
    """Return what is shown of every level, best ask last before the middle, and of the middle."""
    return [
        [text.strip() for text in level.locator("th, td").all_inner_texts()]
        for level in panel(page, "Depth").locator("tr.level, tr.between").all()
    ]


def tops_of(page: Page) -> list[list[str]]:
    """Return the prices and quantities of every strike of the chain: calls, strike, puts."""
    shown: list[list[str]] = (
        panel(page, "Option chain")
        .locator("tbody")
        .evaluate(
            """body => [...body.rows].map(row => [...row.cells]
            .filter((cell, at) => cell.tagName === 'TH' || (at >= 7 && at <= 15))
            .map(cell => cell.textContent.trim()))"""
        )
    )
    return shown


def headings(page: Page) -> Locator:
    """Return a page's first heading."""
    return page.get_by_role("heading", level=1)
