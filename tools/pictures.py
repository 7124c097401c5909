"""Draw the pictures of the pages in the docs anew, from two days of the demo: `make pictures`.

Takes about six minutes: the days are played at the demo's own speed, and photographed on the way.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

TO = Path("docs/explanation/the-page")
ITG = (sys.executable, "-m", "itg")
TEAM = "Maker One"
SIZE: ViewportSize = {"width": 1440, "height": 900}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
# Minutes of the first day after which there is something to see, and when the second one trades.
DAY_S, OVER_S = 110.0, 250.0


@contextmanager
def demo(data: Path) -> Iterator[str]:
    """Play two days; yield the address of the pages."""
    command = (*ITG, "demo", "--days", "2", "--no-open", "--data", str(data))
    said = data.with_suffix(".out")
    with said.open("w") as out, subprocess.Popen(command, stdout=out) as process:
        try:
            while (found := re.search(r"http://[\d.]+:\d+", said.read_text())) is None:
                assert process.poll() is None, "the demo ended"
                time.sleep(0.2)
            yield found.group()
        finally:
            process.terminate()


class Pictured(NamedTuple):
    """A page, seen by a team or (without one) the organizer, and what is done on it first."""

    name: str
    team: str
    path: str
    arrange: Callable[[Page], None]


def signed_in(browser: Browser, at: tuple[str, Path], what: Pictured, theme: Theme) -> Page:
    """Open a page in a theme."""
    url, data = at
    asked = [*ITG, "login-link", *([what.team] if what.team else []), "--url", url]
    asked += ["--data", str(data)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    link = re.search(r"http://\S+", said)
    assert link is not None, said
    page = browser.new_context(viewport=SIZE, color_scheme=theme).new_page()
    page.goto(link.group())
    expect(page.locator(".state[data-state=live]")).to_be_visible(timeout=30_000)
    page.goto(url + what.path)
    expect(page.locator(".state:is([data-state=live], [data-state=recorded])")).to_be_visible(
        timeout=60_000
    )
    page.wait_for_timeout(3_000)  # charts have drawn, and something has happened
    return page


def corrections(page: Page) -> None:
    """Choose a trade of a team, and have its bust tried."""
    page.get_by_label("Team").first.select_option(index=1)
    page.locator("th button[aria-pressed]").first.click()
    expect(page.locator("[data-table=preview]")).to_be_visible(timeout=30_000)


def pnl(page: Page) -> None:
    """Show where the P&L comes from."""
    page.get_by_role("link", name="P&L", exact=True).click()
    page.wait_for_timeout(1_000)


def middle(page: Page) -> None:
    """Go to a moment in the day."""
    page.get_by_label("Sequence").fill("200000")
    page.get_by_role("button", name="Go", exact=True).click()
    page.wait_for_timeout(3_000)


def nothing(_: Page) -> None:
    """Leave a page as it is."""


FIRST = (
    Pictured("trade", TEAM, "/trade", nothing),
    Pictured("board", "", "/board", nothing),
    Pictured("console", "", "/admin", nothing),
    Pictured("console-corrections", "", "/admin#corrections", corrections),
)
AFTER = (
    Pictured("report", TEAM, "/report/1", nothing),
    Pictured("report-pnl", TEAM, "/report/1", pnl),
    Pictured("replay", TEAM, "/replay/1", middle),
)


def draw(to: Path) -> None:
    """Play the days, and write every picture in both themes."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "demo"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with demo(data) as url:
            began = time.monotonic()
            for after_s, pages in ((DAY_S, FIRST), (OVER_S, AFTER)):
                time.sleep(max(0.0, began + after_s - time.monotonic()))
                for what, theme in product(pages, THEMES):
                    page = signed_in(browser, (url, data), what, theme)
                    what.arrange(page)
                    page.screenshot(path=to / f"{what.name}-{theme}.png")
                    page.context.close()
                    print(f"{what.name}-{theme}.png")
        browser.close()


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else TO)
