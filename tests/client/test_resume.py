"""The promise of the private channel, over a socket that keeps breaking."""

import asyncio
from collections.abc import Iterator

import pytest
from msgspec import to_builtins
from tests.client.venue import KEY, Peer, Venue, running
from tests.waiting import until

from itg.client import Account, Bot, Link, LinkOptions, OutcomeUnknownError, Session
from itg.client.dice import Dice
from itg.client.frames import Frame
from itg.client.run import BotRun
from itg.wire.v1.orders import SideWord

FAST = LinkOptions(backoff_first_s=0.0005, backoff_max_s=0.002)


class Breaker:
    """Breaks the socket at random requests, in the middle of what they cause."""

    def __init__(self, venue: Venue, breaks: int, seed: int) -> None:
        self.left = breaks
        self.dice = Dice(seed)
        self.venue = venue
        venue.on_request = self.hear

    def hear(self, peer: Peer, method: str) -> None:
        if self.left and method.startswith("order.") and self.dice.below(3) == 0:
            self.left -= 1
            peer.break_off()


def assert_equal_to_server(account: Account, venue: Venue) -> None:
    assert to_builtins(list(account.orders.values())) == [
        {**order, "queue_ahead": None, "fills": []} for order in venue.orders.values()
    ]
    assert {name: p.net_quantity for name, p in account.positions.items()} == venue.nets
    assert account.cash == venue.cash


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_hundred_drops_leave_no_gap_no_duplicate_and_the_server_s_state(seed: int) -> None:
    account, seqs = Account(), list[int]()

    def take(frame: Frame) -> None:
        account.fold(frame)
        if frame.type != "snapshot":
            seqs.append(frame.seq)

    async with running(Venue(seed)) as venue, Session(venue.url, KEY, options=FAST) as session:
        await session.link.subscribe(["private"], take)
        breaker = Breaker(venue, 100, seed)
        actions = deeds(session, Dice(seed + 100))
        while breaker.left:
            try:
                await next(actions)
            except OutcomeUnknownError:
                continue  # the private channel tells
        await until(lambda: len(seqs) == len(venue.private))
        assert_equal_to_server(account, venue)
        assert seqs == list(range(1, len(venue.private) + 1))
        assert venue.connections == 101


def deeds(session: Session, dice: Dice) -> Iterator[asyncio.Future[object]]:
    while True:
        side: SideWord = "buy" if dice.below(2) else "sell"
        yield asyncio.ensure_future(session.place("SPX", side, 1 + dice.below(9), 4400.0))
        if dice.below(3) == 0:
            yield asyncio.ensure_future(session.cancel_all())


class Restless(Bot):
    """Places at every private event until told to rest."""

    rests = False

    def on_start(self) -> None:
        self.place("SPX", "buy", 5, 4400.0)

    def on_timer(self) -> None:
        if not self.rests:
            side: SideWord = "buy" if self.dice.below(2) else "sell"
            self.place("SPX", side, 1 + self.dice.below(9), 4400.0)
            for order_id in list(self.account.orders)[:-3]:
                self.cancel(order_id)


async def test_a_bot_s_account_survives_hundred_drops() -> None:
    bot = Restless(seed=5)
    async with running(Venue(7)) as venue:
        link = Link(venue.url, KEY, options=FAST)
        run = BotRun(bot, link)
        prepare_channels(venue)
        await run.open()
        breaker = Breaker(venue, 100, 9)
        playing = asyncio.create_task(run.play())
        async with asyncio.timeout(50):
            while breaker.left:
                venue.game_us += 1_000_000
                await venue.beat()
                await asyncio.sleep(0)
            bot.rests = True
            heard = link._streams.seq_of
            await until(lambda: bool(venue.peers) and heard("private") == len(venue.private))
            await link.request("ping", is_repeatable=True)
            await until(lambda: heard("private") == len(venue.private))
        assert_equal_to_server(bot.account, venue)
        await venue.system("round.ended", {"round_id": 1})
        await playing
        await link.close()


def prepare_channels(venue: Venue) -> None:
    venue.bodies["prices"] = {"prices": []}
    venue.bodies["phase"] = {"phases": []}
    venue.bodies["bbo.SPX"] = {"tops": []}


async def test_events_beyond_the_mailbox_come_as_a_snapshot() -> None:
    account, kinds = Account(), list[str]()

    def take(frame: Frame) -> None:
        account.fold(frame)
        kinds.append(frame.type)

    async with running(Venue(1)) as venue, Session(venue.url, KEY, options=FAST) as session:
        await session.link.subscribe(["private"], take)
        await session.place("SPX", "buy", 4, 4400.0)
        venue.peers[0].break_off()  # and before anybody is back:
        await venue.accept({"client_order_id": "other", "instrument_id": "SPX", "side": "buy",
                            "quantity": 2, "price": 1.0, "order_type": "limit"})  # fmt: skip
        venue.kept_from = len(venue.private)
        await until(lambda: "resume.too_old" in kinds and kinds[-1] == "snapshot")
        assert_equal_to_server(account, venue)
