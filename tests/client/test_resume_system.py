"""Drop and resume against the whole program: a trading bot behind a line that keeps breaking."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from msgspec import structs, to_builtins
from tests.waiting import until

from itg.client import Account, Bot, Dice, LinkOptions, run_bot
from itg.compose.solo import Solo, SoloSettings
from itg.game.contract import PauseRound
from itg.gateway.enrolling import enrol
from itg.kernel.ids import AccountId, Role
from itg.positions.contract import AccountState, GetAccountState
from itg.translate.account import private_snapshot
from itg.wire.v1.orders import Body, SideWord

DROPS = 100
FAST = LinkOptions(backoff_first_s=0.001, backoff_max_s=0.01)


class BreakingLine:
    """Forwards bytes to a server, until it is cut; then the next connection is forwarded."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cuts = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.port)
        pair = {writer, server_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, server_writer))
                group.create_task(self._copy(server_reader, writer))
        finally:
            self._writers -= pair
            for end in pair:
                end.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def breaking_line(port: int) -> AsyncIterator[tuple[str, BreakingLine]]:
    line = BreakingLine(port)
    server = await asyncio.start_server(line.forward, "127.0.0.1", 0)
    host, own_port = server.sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{own_port}", line
    finally:
        line.cut()
        server.close()


class RecordingAccount(Account):
    """Remembers the numbers of the pushes it folds, and cuts the line now and then."""

    def __init__(self, line: BreakingLine) -> None:
        super().__init__()
        self.seqs: list[int] = []
        self._line = line
        self._dice = Dice(11)

    def take(self, push: Body | None, seq: int) -> None:
        super().take(push, seq)
        self.seqs.append(seq)
        if self._line.cuts < DROPS and self._dice.below(6) == 0:
            self._line.cut()


class Restless(Bot):
    """Trades at the touch, rests beside it, replaces and cancels; rests when the line is whole."""

    timer_s = 0.5

    def __init__(self, line: BreakingLine, seed: int) -> None:
        super().__init__(seed=seed)
        self.recorded = RecordingAccount(line)
        self.account = self.recorded
        self.line = line

    def on_timer(self) -> None:
        book = self.books["SPX"]
        if self.line.cuts >= DROPS or book.bid is None or book.ask is None:
            return
        side: SideWord = "buy" if self.account.net("SPX") < 0 else "sell"
        touch = book.ask[0] if side == "buy" else book.bid[0]
        self.place("SPX", side, 1 + self.dice.below(4), touch, time_in_force="ioc")
        self.place("SPX", "buy", 1, round(book.bid[0] - 1 - self.dice.below(50) / 10, 2))
        for order_id in list(self.account.orders)[:-3]:
            self.cancel(order_id)


@pytest.mark.system
async def test_hundred_drops_leave_no_gap_no_duplicate_and_the_server_s_state(
    tmp_path: Path,
) -> None:
    settings = SoloSettings(scenario="demo", data=tmp_path, seed=3, speed=20.0, lock_step=False)
    solo = Solo(settings)
    await solo.start(begin=False)
    try:
        async with breaking_line(solo.listeners.port) as (url, line):
            key = await enrol(solo.gateway, "restless", Role("hedge_fund"))
            bot = Restless(line, seed=5)
            playing = asyncio.create_task(run_bot(bot, url, key, options=FAST))
            await until(lambda: bool(bot.recorded.seqs))
            solo.begin()
            await until(lambda: line.cuts >= DROPS, within_s=50)
            # The market stands still, so that nothing happens after the last look at the bot.
            solo.gateway.pump.submit(PauseRound(round_id=1))
            await solo.gateway.settled()
            await settled(solo, bot)
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
        state = server_state(solo)
    finally:
        await solo.stop()
    seqs = bot.recorded.seqs
    assert len(seqs) > DROPS
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert folded(bot.account) == state


async def settled(solo: Solo, bot: Restless) -> None:
    account_id = AccountId(bot.account.team_id)
    previous = -1
    while previous != (previous := solo.gateway.feed.private_seq(account_id)):
        for _ in range(200):
            await asyncio.sleep(0)
        await until(lambda: bot.recorded.seqs[-1] == solo.gateway.feed.private_seq(account_id))


def server_state(solo: Solo) -> dict[str, object]:
    team = next(iter(solo.gateway.directory.teams.values()))
    state = solo.machine.query(GetAccountState(account_id=team.account_id))
    assert isinstance(state, AccountState)
    account = Account()
    account.restart(private_snapshot(team.team_id, state))
    return folded(account)


def folded(account: Account) -> dict[str, object]:
    # Marks move without a private event: what is unrealized is the mark's, not the account's.
    positions = [structs.replace(p, unrealized_pnl=None) for p in account.positions.values()]
    return {
        "orders": to_builtins(account.orders),
        "quotes": to_builtins(account.quotes),
        "positions": sorted(map(repr, positions)),
        "cash": account.cash,
    }
