"""Runs bots against a server, against the clock or in lock step.

In lock step the server collects every bot's commands of a step before it takes the next: a step's
frames end with `sim.step`, the bot's hooks have run by then, its commands leave together and
`sim.ready` says that there are no more.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import NamedTuple

from msgspec import json

from itg.client.bot import Bot, Setup
from itg.client.commands import BotCommand
from itg.client.errors import (
    ClientError,
    ConnectionFailedError,
    OutcomeUnknownError,
    SessionClosedError,
    UnavailableError,
)
from itg.client.feed import BotFeed
from itg.client.frames import Frame
from itg.client.link import Link, LinkOptions
from itg.client.pacing import Pacer
from itg.client.rest import RETRY_S, Rest
from itg.client.untold import Untold
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.market import InstrumentBody
from itg.wire.v1.orders import RateLimitsBody
from itg.wire.v1.problems import Problem
from itg.wire.v1.socket import HelloData, ReadyParams, RoundData, StepData

decode_hello = json.Decoder(HelloData).decode
decode_round = json.Decoder(RoundData).decode
decode_step = json.Decoder(StepData).decode


class BotSeat(NamedTuple):
    """A bot and the key of the team it plays for."""

    bot: Bot
    api_key: str


class BotRun:
    """One bot on one link."""

    def __init__(self, bot: Bot, link: Link) -> None:
        self._bot = bot
        self._link = link
        self._feed = BotFeed(bot, self._rejected)
        self._pacer = Pacer()
        self._in_lock_step = False
        self._has_subscribed = False
        self._has_stopped = False
        self._untold = Untold()
        self._missing: set[str] = set()  # channels whose snapshot has not come
        self._held_step: StepData | None = None
        self._is_reading = False
        self._over: asyncio.Event = asyncio.Event()
        self._is_stale: asyncio.Event = asyncio.Event()  # the chain has to be read again

    async def open(self) -> None:
        """Connect and subscribe; the bot starts once every channel's snapshot is there."""
        self._link.on_system(self._take_system)
        hello = await self._link.open()
        self._in_lock_step = hello.lock_step
        self._bot.prepare(await self._read_setup(hello))
        channels = self._feed.channels()
        self._missing.update(channels)
        self._has_subscribed = True
        await self._link.subscribe(channels, self._take)

    async def play(self) -> None:
        """Play until the round ends or the link does; what ended the link is raised."""
        over = asyncio.create_task(self._over.wait(), name="itg round")
        lost = asyncio.create_task(self._link.wait_closed(), name="itg link watch")
        chain = asyncio.create_task(self._follow_chain(), name="itg chain")
        try:
            await asyncio.wait({over, lost, chain}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (lost, chain):
                if ended.done():
                    await ended
        except (asyncio.CancelledError, ClientError):
            self._stop()
            raise
        finally:
            over.cancel()
            lost.cancel()
            chain.cancel()
        self._stop()
        await self._link.drain()

    def _stop(self) -> None:
        if self._feed.has_started:
            self._has_stopped = True
            self._bot.on_stop()
            with suppress(SessionClosedError):
                self._send()

    async def _read_setup(self, hello: HelloData) -> Setup:
        async with self._rest() as rest:
            rules = await rest.rules()
            instruments = await rest.instruments()
            limits = await rest.rate_limits() if hello.account_id else RateLimitsBody(budgets=[])
        self._pacer = Pacer(limits.budgets, has_jitter=not hello.lock_step)
        return Setup(
            role=hello.role or "",
            connection_number=hello.connection_number,
            rules=rules,
            instruments={i.instrument_id: i for i in instruments},
        )

    async def _follow_chain(self) -> None:
        while True:
            await self._is_stale.wait()
            self._is_stale.clear()
            instruments = await self._read_instruments()
            before = self._feed.channels()
            self._feed.relist(instruments)
            await self._follow_books(before)
            self._is_reading = self._is_stale.is_set()
            held, self._held_step = self._held_step, None
            if held is not None:
                self._take_turn(held, self._bot.now_us)

    async def _read_instruments(self) -> list[InstrumentBody]:
        # A server that starts anew is away for a moment; when that is for good the link says it.
        while True:
            try:
                async with self._rest() as rest:
                    return await rest.instruments()
            except (ConnectionFailedError, UnavailableError):
                await asyncio.sleep(RETRY_S)

    async def _follow_books(self, before: Sequence[str]) -> None:
        # A bot that follows depth has a channel for each instrument.
        now = self._feed.channels()
        gone = [channel for channel in before if channel not in now]
        fresh = [channel for channel in now if channel not in before]
        if gone:
            with suppress(OutcomeUnknownError):  # a new connection knows nothing of them
                await self._link.unsubscribe(gone)
        if fresh:
            await self._link.subscribe(fresh, self._take)

    def _rest(self) -> Rest:
        return Rest(self._link.url, self._link.api_key)

    def _take(self, frame: Frame) -> None:
        if self._has_stopped:
            return
        self._feed.take(frame)
        self._look_at_chain()
        if self._missing:
            self._missing.discard(frame.channel)
            if not self._missing:
                self._start(frame)
        if not self._in_lock_step:
            self._end_moment(frame.game_us)

    def _look_at_chain(self) -> None:
        if self._feed.is_chain_stale:
            self._feed.is_chain_stale = False
            self._is_stale.set()
            self._is_reading = True

    def _start(self, frame: Frame) -> None:
        if not self._in_lock_step:
            self._feed.start(frame.game_us)
        elif self._held_step is not None:
            self._take_turn(self._held_step, frame.game_us)

    def _take_system(self, frame: Frame) -> None:
        match frame.type:
            case _ if self._has_stopped:
                pass
            case "hello":
                self._bot.reconnect(decode_hello(frame.data).connection_number)
            case "sim.step":
                self._take_turn(decode_step(frame.data), frame.game_us)
            case "heartbeat" if not self._in_lock_step:
                self._end_moment(frame.game_us)
            case "round.ended" if decode_round(frame.data).next_round_id is None:
                self._over.set()
            case _:
                pass

    def _take_turn(self, step: StepData, game_us: int) -> None:
        if step.is_last:
            self._over.set()
            return
        if self._missing or self._is_reading or not self._has_subscribed:
            self._held_step = step  # the market waits for us, and we for what it told to read
            return
        if not self._feed.has_started:
            self._feed.start(game_us)
        self._end_moment(game_us)
        self._link.post("sim.ready", ReadyParams(step=step.step), _disregard)

    def _end_moment(self, game_us: int) -> None:
        self._feed.finish(game_us)
        self._send()

    def _send(self) -> None:
        bot = self._bot
        if len(bot.lanes):
            for command in bot.lanes.release(self._pacer, bot.now_us):
                self._post(command)

    def _post(self, command: BotCommand) -> None:
        def answered(frame: Frame) -> None:
            is_untold = self._untold.is_answer_news(command)
            if frame.error is not None and is_untold and not self._has_stopped:
                self._feed.note_refusal(frame.error.code)
                self._look_at_chain()
                self._refused(command, frame.error)

        self._link.post(command.method, command.params, answered)
        self._untold.expect(command)

    def _refused(self, command: BotCommand, problem: Problem) -> None:
        self._bot.on_reject(
            RejectedPush(
                code=problem.code,
                detail=problem.detail,
                client_order_id=problem.client_order_id or command.key or None,
                limit=problem.limit,
                current=problem.current,
                requested=problem.requested,
                allowed=problem.allowed,
                retry_after_ms=problem.retry_after_ms,
            )
        )

    def _rejected(self, refused_as: str, rejected: RejectedPush) -> None:
        self._untold.note_told(refused_as, rejected)
        self._bot.on_reject(rejected)


async def run_bot(bot: Bot, url: str, api_key: str, *, options: LinkOptions | None = None) -> None:
    """Run one bot until the round ends; raise what ended it before."""
    async with _opened(BotSeat(bot, api_key), url, options) as run:
        await run.play()


async def run_many(
    seats: Sequence[BotSeat],
    url: str,
    *,
    options: LinkOptions | None = None,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Run bots in one process, each on a socket of its own.

    They connect in the order given; `on_ready` is called once all are subscribed. One bot's
    exception ends all, in an exception group.
    """
    async with AsyncExitStack() as stack:
        runs = [await stack.enter_async_context(_opened(seat, url, options)) for seat in seats]
        if on_ready is not None:
            on_ready()
        async with asyncio.TaskGroup() as group:
            for run in runs:
                group.create_task(run.play(), name="itg bot")


@asynccontextmanager
async def _opened(
    seat: BotSeat, url: str, options: LinkOptions | None
) -> AsyncGenerator[BotRun, None]:
    link = Link(url, seat.api_key, options=options)
    run = BotRun(seat.bot, link)
    try:
        await run.open()
        yield run
    finally:
        await link.close()


def _disregard(_: Frame) -> None:
    pass  # the next step is the answer
