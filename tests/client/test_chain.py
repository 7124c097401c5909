"""A chain that changes under a bot: read at the open, at what is unknown, and on a refusal."""

import asyncio

from aiohttp import web
from tests.client.test_bot import PHASE, TOP, Listener, with_snapshots
from tests.client.venue import INSTRUMENTS, KEY, Venue, problem, running
from tests.waiting import until

from itg.client import run_bot

NEXT_WEEK = {**INSTRUMENTS[1], "instrument_id": "SPX-20261224-C-4400"}


class Follower(Listener):
    """Writes down the chain it is told of."""

    def on_chain(self) -> None:
        self.heard.append(("chain", list(self.instruments)))


class BrokenVenue(Venue):
    """Breaks off so many reads of the chain without an answer."""

    reads_broken = 0

    async def instruments(self, request: web.Request) -> web.Response:
        if self.reads_broken > 0 and request.transport is not None:
            self.reads_broken -= 1
            request.transport.close()
        return await super().instruments(request)


def chains(bot: Listener) -> list[object]:
    return [told for kind, told in bot.heard if kind == "chain"]


async def open_again(venue: Venue) -> None:
    await venue.publish("phase", "phase", {**PHASE, "phase": "pre_open"})


async def test_a_bot_reads_the_chain_at_the_open_and_plays_on_after_a_round() -> None:
    bot = Follower()
    async with running(with_snapshots(Venue())) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        venue.listed[1] = NEXT_WEEK
        await venue.system("round.ended", {"round_id": 1, "next_round_id": 2})
        await open_again(venue)
        await until(lambda: bool(chains(bot)))
        assert not playing.done()
        await venue.system("round.ended", {"round_id": 2})
        await playing
    assert chains(bot) == [["SPX", "SPX-20261224-C-4400"]]
    assert list(bot.books) == ["SPX", "SPX-20261224-C-4400"]


async def test_a_chain_is_read_again_while_a_server_that_starts_anew_is_away() -> None:
    bot = Follower()
    venue = BrokenVenue()
    async with running(with_snapshots(venue)):
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        venue.listed[1] = NEXT_WEEK
        venue.reads_broken = 2
        await open_again(venue)
        await until(lambda: bool(chains(bot)) or playing.done())
        await venue.system("round.ended", {"round_id": 1})
        await playing
    assert chains(bot) == [["SPX", "SPX-20261224-C-4400"]]


async def test_a_chain_that_is_as_before_is_not_told() -> None:
    bot = Follower()
    async with running(with_snapshots(Venue())) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        await open_again(venue)
        await venue.publish("bbo.SPX", "tops", {"tops": [{**TOP, "bid": 4400.5}]})
        await until(lambda: bot.heard[-1] == ("book", 4400.75))
        await venue.system("round.ended", {"round_id": 1})
        await playing
    assert chains(bot) == []


async def test_the_top_of_an_unknown_instrument_is_kept_until_the_chain_is_read() -> None:
    bot = Follower()
    async with running(with_snapshots(Venue())) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        venue.listed.append(NEXT_WEEK)
        top = {**TOP, "instrument_id": NEXT_WEEK["instrument_id"], "bid": 7.0, "ask": 8.0}
        await venue.publish("bbo.SPX", "tops", {"tops": [top]})
        await until(lambda: bool(chains(bot)))
        assert bot.books["SPX-20261224-C-4400"].mid == 7.5
        await venue.system("round.ended", {"round_id": 1})
        await playing


async def test_a_refusal_that_tells_of_a_delisting_has_the_chain_read() -> None:
    bot = Follower()
    async with running(with_snapshots(Venue())) as venue:
        venue.refusals["quote.set"] = problem("INSTRUMENT_NOT_FOUND", 404)
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        del venue.listed[1]
        bot.quote("SPX-20261217-C-4400", bid=(1.0, 10))
        await venue.beat()
        await until(lambda: bool(chains(bot)))
        await venue.system("round.ended", {"round_id": 1})
        await playing
    assert chains(bot) == [["SPX"]]


async def test_in_lock_step_a_turn_waits_for_the_chain() -> None:
    bot = Follower()
    async with running(with_snapshots(Venue(lock_step=True))) as venue:
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(venue.subscriptions))
        await venue.system("sim.step", {"step": 0})
        await until(lambda: ("sim.ready", {"step": 0}) in venue.received)
        venue.listed[1] = NEXT_WEEK
        await open_again(venue)
        await venue.system("sim.step", {"step": 1})
        await until(lambda: ("sim.ready", {"step": 1}) in venue.received)
        assert chains(bot) == [["SPX", "SPX-20261224-C-4400"]]
        await venue.system("sim.step", {"step": 2, "is_last": True})
        await playing


async def test_a_bot_that_follows_depth_subscribes_to_the_books_that_are_new() -> None:
    class Deep(Follower):
        follows_depth = True

    bot = Deep()
    async with running(with_snapshots(Venue())) as venue:
        level = {"book_seq": 1, "bids": [], "asks": [], "phase": "continuous"}
        for name in ("SPX", "SPX-20261217-C-4400", "SPX-20261224-C-4400"):
            venue.bodies[f"book.{name}"] = {"instrument_id": name, **level}
        playing = asyncio.create_task(run_bot(bot, venue.url, KEY))
        await until(lambda: bool(bot.heard))
        venue.listed[1] = NEXT_WEEK
        await open_again(venue)
        await until(lambda: len(venue.subscriptions) == 2)
        await venue.system("round.ended", {"round_id": 1})
        await playing
    assert venue.subscriptions[1]["channels"] == ["book.SPX-20261224-C-4400"]
    gone = [params for method, params in venue.received if method == "unsubscribe"]
    assert gone == [{"channels": ["book.SPX-20261217-C-4400"]}]
