"""How often a page hears: at once after a quiet time, else ten times a second."""

import asyncio
import selectors
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from tests.gateway.house import House
from tests.gateway.ui_market import Market

from itg.gateway.directory import Directory
from itg.gateway.flushing import Flusher


@pytest.fixture(scope="module")
def directory() -> Directory:
    async def learned() -> Directory:
        async with House("demo") as house:
            return house.gateway.directory

    return asyncio.run(learned())


class JumpingSelector(selectors.DefaultSelector):
    """Waits for nothing: the time that a loop wants to wait has passed."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now_s += max(timeout or 0.0, 0.0)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to its next alarm."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now_s


@pytest.fixture
def jumping() -> Iterator[JumpingLoop]:
    loop = JumpingLoop()
    yield loop
    loop.close()


def frames_timed(
    loop: JumpingLoop, directory: Directory, at_s: Sequence[float], flush_s: float
) -> dict[str, list[float]]:
    """Publish at these instants; return when the bot and the page got frames."""
    heard: dict[str, list[float]] = {"bot": [], "page": []}

    async def play() -> None:
        market = Market(directory)
        fanout = market.feed.fanout
        flusher = Flusher(fanout, flush_s, 0.1)
        over = loop.create_future()

        def release(number: int) -> None:
            market.act("book", 0, number)
            flusher.see_release()

        whole = fanout.flush

        def flush(*, paced: bool = False) -> None:
            whole(paced=paced)
            for name, reader in (("bot", market.bot), ("page", market.page)):
                if reader.take():
                    heard[name].append(loop.time())

        fanout.flush = flush  # type: ignore[method-assign]  # to look at what each flush gave
        for number, instant in enumerate(at_s):
            # Odd numbers build, so that every publication changes something.
            loop.call_at(1 + instant, release, 2 * number + 1)
        loop.call_at(1 + max(at_s) + 1, over.set_result, None)
        await over

    loop.run_until_complete(play())
    return heard


@pytest.mark.parametrize("flush_s", [0.0, 0.05])
def test_a_busy_page_gets_ten_frames_a_second_and_the_last_word(
    jumping: JumpingLoop, directory: Directory, flush_s: float
) -> None:
    heard = frames_timed(jumping, directory, [0.003 * n for n in range(700)], flush_s)
    page = heard["page"]
    gaps = [later - earlier for earlier, later in pairwise(page)]
    assert min(gaps) >= 0.1 - 1e-9
    assert max(gaps) <= 0.15
    assert page[0] == pytest.approx(1.0)
    assert page[-1] >= 1 + 0.003 * 699
    assert len(heard["bot"]) > 1.5 * len(page)


def test_after_a_quiet_time_a_page_hears_at_once(
    jumping: JumpingLoop, directory: Directory
) -> None:
    heard = frames_timed(jumping, directory, [0.0, 1.0, 2.0], 0.05)
    assert heard["page"] == heard["bot"] == pytest.approx([1.0, 2.0, 3.0])
