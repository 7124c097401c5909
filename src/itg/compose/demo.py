"""The demo: a game of its own, six bots in their own process, days from pre-open to results."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from msgspec import Struct, field, json

from itg.compose.day_book import DayBook, standings_of
from itg.compose.result import GameResult, Played, Tally
from itg.compose.solo import Solo, SoloSettings
from itg.game.contract import GetTeams, RoundEnded, Teams
from itg.gateway.auth import Credentials
from itg.gateway.calls import ANYBODY, Caller
from itg.gateway.enrolling import enrol
from itg.gateway.passes import Login
from itg.gateway.routes.logins import VIEWER, login_path
from itg.kernel.errors import ItgError
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos
from itg.market_data.contract import PricesStepped
from itg.positions.contract import Balances, ConnectionOpened, GetBalances
from itg.runtime.digest import EventDigest
from itg.runtime.envelope import Record

WATCHING = "You"  # the team of whoever watches
CREW_READY_S_MAX = 60.0
SHOW_EVERY_S = 0.25
CREW_ENDS_S_MAX = 10.0


class CrewBot(Struct, frozen=True, kw_only=True):
    """One bot of the demo: its role's reference strategy, its team's key and its seed."""

    role: str
    api_key: str
    seed: int


class CrewOrders(Struct, frozen=True, kw_only=True):
    """What the bots' process reads on stdin; keys never stand on a command line."""

    url: str
    bots: list[CrewBot]


class DemoView(Struct, kw_only=True):
    """What a person who watches the demo is shown, kept up to date as batches are released."""

    tally: Tally = field(default_factory=Tally)
    book: DayBook = field(default_factory=DayBook)
    days_planned: int = 1
    digest: EventDigest | None = None
    balances: Balances | None = None
    teams: Teams | None = None
    prices: PricesStepped | None = None
    game_ns: Nanos = Nanos(0)
    is_over: bool = False
    connected: list[AccountId] = field(default_factory=list)


class DemoError(ItgError):
    """The demo could not run to its end."""


Show = Callable[[DemoView], None]
Invite = Callable[[str], None]


async def run_demo(settings: SoloSettings, show: Show, invite: Invite | None = None) -> GameResult:
    """Run the demo's days and return their result; `show` is called about four times a second.

    `invite` is told once, before the market opens, the address of the page with a link's ticket.
    """
    started = perf_counter()
    view = DemoView()
    solo = Solo(settings, watchers=[lambda records: _see(solo, view, records)])
    view.days_planned = len(solo.rules.rounds)
    view.digest = EventDigest(solo.machine.codec)
    await solo.start(begin=False)
    try:
        orders = CrewOrders(url=solo.url, bots=await _enrolled(solo))
        seat = VIEWER if invite is None else await _seat(solo)
        async with _crew(orders) as process:
            await _connected(view, len(orders.bots), process)
            if invite is not None:
                path = login_path(solo.gateway, Login(issuer=ANYBODY, seat=seat))
                invite(f"{solo.url}{path}")
            solo.gateway.expect_bots(view.connected)
            solo.begin()
            await _watch(solo, view, process, show)
        await solo.gateway.settled()
    finally:
        await solo.stop()
    return _result(solo, view, perf_counter() - started)


async def _enrolled(solo: Solo) -> list[CrewBot]:
    # One after the other, in the scenario's order: the game's first facts are the same every time.
    return [
        CrewBot(
            role=team.role,
            api_key=await enrol(solo.gateway, team.team_name, team.role),
            seed=number,
        )
        for number, team in enumerate(solo.rules.teams, start=1)
    ]


async def _seat(solo: Solo) -> Caller:
    """Return a seat for whoever watches: a team's, or where all are taken one that reads alone."""
    directory, rules = solo.gateway.directory, solo.rules
    roles = [directory.roles[role] for role in rules.registrable_roles]
    # By hand nobody quotes two sides of many series.
    roles.sort(key=lambda role: role.quotes_allowed)
    if not roles or len(directory.teams) >= rules.max_teams:
        return VIEWER
    api_key = await enrol(solo.gateway, WATCHING, roles[0].role)
    return await solo.gateway.keys.caller(Credentials(api_key.encode(), ""))


@asynccontextmanager
async def _crew(orders: CrewOrders) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "itg", "bot", "crew", stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(json.encode(orders))
    process.stdin.close()
    try:
        yield process
    finally:
        try:
            await asyncio.wait_for(process.wait(), CREW_ENDS_S_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _connected(view: DemoView, bots: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(CREW_READY_S_MAX):
        while len(view.connected) < bots:
            _assert_alive(process)
            await asyncio.sleep(SHOW_EVERY_S / 5)


async def _watch(
    solo: Solo, view: DemoView, process: asyncio.subprocess.Process, show: Show
) -> None:
    while not view.is_over:
        _assert_alive(process)
        if solo.pump.failure is not None:
            raise solo.pump.failure
        _refresh(solo, view)
        show(view)
        await asyncio.sleep(SHOW_EVERY_S)
    _refresh(solo, view)
    show(view)


def _assert_alive(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        raise DemoError(f"the bots' process ended early, with code {process.returncode}")


def _refresh(solo: Solo, view: DemoView) -> None:
    def keep(replies: Sequence[object], _: int) -> None:
        balances, teams = replies
        assert isinstance(balances, Balances)
        assert isinstance(teams, Teams)
        view.balances, view.teams = balances, teams

    solo.pump.ask((GetBalances(), GetTeams()), keep)


def _see(solo: Solo, view: DemoView, records: Sequence[Record]) -> None:
    view.game_ns = records[-1].game_ns
    for record in records:
        view.tally.add((record,))
        if view.digest is not None:
            view.digest.add(record)
        for output in record.outputs:
            match output:
                case PricesStepped():
                    view.prices = output
                case ConnectionOpened():
                    view.connected.append(output.account_id)
                case RoundEnded():
                    # Nothing has moved since in lock step: the clock jumps after the release.
                    view.book.close(output, view.tally, solo.machine)
                    view.is_over = output.next_round_id is None
                case _:
                    pass


def _result(solo: Solo, view: DemoView, wall_s: float) -> GameResult:
    balances, teams = standings_of(solo.machine)
    assert view.digest is not None
    return Played(
        create=solo.create,
        tally=view.tally,
        days=view.book.days,
        balances=balances,
        teams=teams,
        event_digest=view.digest.hexdigest(),
        journal_head=solo.head_hash(),
        wall_s=wall_s,
    ).result()
