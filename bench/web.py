"""What the terminal costs the browser under a thousand updates a second: S16's figures.

    python -m bench.web [minutes]        five unless said; needs the built page and a Chromium

The feed is `bench.played`, a process of its own without a game: both underlyings of a wide chain
and the selected book, 1,060 updates a second in ten merged frames. A frame's time is the distance
of two animation frames; the heap is read right after a forced collection.
"""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bench.figures import Figure, Goal, quantile
from bench.played import FRAME_S, KEY
from bench.played_market import Pace
from playwright.sync_api import CDPSession, Page, Response, sync_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
MINUTE_MS = 60_000
MB = 1e6
# Kept in one block that is there from the start: the ruler must not grow what it measures.
WATCH = """
() => {
  const seen = { gaps: new Float64Array(60 * 60 * 20), count: 0, last: 0 };
  window.seen = seen;
  const look = (now) => {
    if (seen.last > 0 && seen.count < seen.gaps.length) seen.gaps[seen.count++] = now - seen.last;
    seen.last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""
GAPS = "() => Array.from(window.seen.gaps.subarray(0, window.seen.count))"


def measure_web(minutes: float = 5.0) -> list[Figure]:
    """Return the figures of one page that is open for so many minutes."""
    with _played() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(f"sessionStorage.setItem('itg.key', '{KEY}')")
        load = _FirstLoad(page, port)
        page.goto(f"http://127.0.0.1:{port}/trade")
        page.locator(".state[data-state=live]").wait_for()
        page.locator("tr.atm").wait_for()
        figures = [load.figure(), load.outside(), *_under_way(page, minutes)]
        browser.close()
    return figures


class _FirstLoad:
    """What the page asks for until it is live."""

    def __init__(self, page: Page, port: int) -> None:
        self._own = f"http://127.0.0.1:{port}/"
        self._answers: list[Response] = []
        page.on("response", self._keep)

    def figure(self) -> Figure:
        own = [each for each in self._answers if each.url.startswith(self._own)]
        total = sum(len(gzip.compress(each.body())) for each in own)
        return Figure(
            name="first load of the terminal, gzip", value=total / 1e3, unit="kB",
            is_less_better=True, goal=Goal(name="S16", at_most=150), note=f"{len(own)} requests",
        )  # fmt: skip

    def _keep(self, answer: Response) -> None:
        self._answers.append(answer)

    def outside(self) -> Figure:
        outside = [each for each in self._answers if not each.url.startswith(self._own)]
        return Figure(
            name="requests that leave the host", value=len(outside), unit="",
            is_less_better=True, goal=Goal(name="S16", at_most=0),
        )  # fmt: skip


def _under_way(page: Page, minutes: float) -> Iterator[Figure]:
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.wait_for_timeout(MINUTE_MS)
    first_mb = _heap_mb(tools)
    page.evaluate(WATCH)
    busy_s = _busy_s(tools)
    page.wait_for_timeout((minutes - 1) * MINUTE_MS)
    busy = (_busy_s(tools) - busy_s) / ((minutes - 1) * 60)
    gaps = sorted(page.evaluate(GAPS))
    grown_mb = _heap_mb(tools) - first_mb
    updates = Pace().updates / FRAME_S
    yield Figure(
        name=f"frame at {updates:,.0f} updates/s, p95", value=quantile(gaps, 0.95), unit="ms",
        is_less_better=True, goal=Goal(name="S16", at_most=17.0),
        note=f"{len(gaps)} frames, p50 {quantile(gaps, 0.5):.2f}, p99 {quantile(gaps, 0.99):.1f}, "
        f"longest {gaps[-1]:.0f} ms",
    )  # fmt: skip
    yield Figure(
        name=f"heap, minute 1 to {minutes:g}", value=grown_mb, unit="MB", is_less_better=True,
        goal=Goal(name="S16", at_most=1.0), note=f"{first_mb:.1f} MB at minute 1",
    )  # fmt: skip
    yield Figure(
        name="main thread, CPU", value=100 * busy, unit="%", is_less_better=True, is_context=True,
    )  # fmt: skip


def _heap_mb(tools: CDPSession) -> float:
    tools.send("HeapProfiler.collectGarbage")
    used: float = tools.send("Runtime.getHeapUsage")["usedSize"]
    return used / MB


def _busy_s(tools: CDPSession) -> float:
    rows = tools.send("Performance.getMetrics")["metrics"]
    return float(next(row["value"] for row in rows if row["name"] == "TaskDuration"))


@contextmanager
def _played() -> Iterator[int]:
    words = (sys.executable, "-m", "bench.played")
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    for figure in measure_web(minutes):
        note = f"  ({figure.note})" if figure.note else ""
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} {figure.verdict}{note}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
