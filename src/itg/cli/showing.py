"""What the read commands and the demo show: tables for a person, JSON for a program."""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import aiohttp
import uvloop
from msgspec import Struct, json
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from itg.cli import exits
from itg.cli.consoles import progress_console, screen, wide_console
from itg.cli.links import has_screen
from itg.cli.signing_in import open_page
from itg.compose.demo import DemoView, Invite, run_demo
from itg.compose.logs import log_to_stderr
from itg.compose.result import GameResult, TeamResult, TradingDay, team_results
from itg.compose.solo import SoloSettings
from itg.kernel.errors import ConfigurationError, ItgError
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import NS_PER_S

LINE_EVERY_VIEWS = 20  # about every five seconds, where the output is no terminal


class DemoShown(Struct, frozen=True, kw_only=True):
    """How a demo is shown: its result as JSON, its page opened where a screen is."""

    as_json: bool
    opens: bool


def show_demo(
    shown: DemoShown, *, lock_step: bool, days: int | None, seed: int | None, data: Path | None
) -> int:
    """Run the demo and print its result; 1 if the market did not sum to zero."""
    log_to_stderr("demo", quiet=True)
    with tempfile.TemporaryDirectory(prefix="itg-demo-") as scratch:
        # A journal that is thrown away at the end need not survive a power cut.
        settings = SoloSettings(
            scenario="demo",
            data=data or Path(scratch),
            seed=seed,
            lock_step=lock_step,
            days=days,
            unsafe=data is None,
        )
        try:
            if shown.as_json or lock_step:
                result = _headless(settings)
            else:
                result = _live(settings, opens=shown.opens)
        except ConfigurationError:
            raise
        except ItgError as error:
            print(f"itg: {error}", file=sys.stderr)
            return exits.FAILED
    if shown.as_json:
        print(json.format(json.encode(result)).decode())
    else:
        print_result(result, data)
    sums = [(result.contracts_sum, result.cash_sum)]
    sums += [(day.contracts_sum, day.cash_sum) for day in result.days]
    return _done(all(one == (0, 0) for one in sums))


def show_status(url: str, *, as_json: bool) -> int:
    """Print a server's health; 3 if nobody answers, 1 if it is not ready."""
    try:
        health = asyncio.run(_health(url))
    except (aiohttp.ClientError, TimeoutError):
        print(f"itg: no server answers at {url}; start one with `itg serve`", file=sys.stderr)
        return exits.NO_SERVER
    if as_json:
        print(json.format(json.encode(health)).decode())
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        told = {name: value for name, value in health.items() if value is not None}
        for name, value in told.items():
            table.add_row(_word(name).replace("_", " "), _readable(name, value))
        screen().print(table)
    return _done(health.get("status") == "ready")


def _done(is_sound: bool) -> int:  # noqa: FBT001 - the verdict itself
    return exits.DONE if is_sound else exits.FAILED


async def _health(url: str) -> dict[str, object]:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as http, http.get(f"{url}/health/ready") as r:
        return json.decode(await r.read(), type=dict[str, object])


def _word(name: str) -> str:
    return name.removesuffix("_us")


def _readable(name: str, value: object) -> str:
    if name.endswith("_us") and isinstance(value, int):
        return datetime.fromtimestamp(value / 1_000_000, UTC).isoformat(" ", "seconds")
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(
            f"{_word(name)} {_readable(name, item)}"
            for name, item in value.items()
            if item is not None
        )
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _live(settings: SoloSettings, *, opens: bool) -> GameResult:
    console = screen()

    def invite(link: str) -> None:
        console.print(f"the page       {link}", soft_wrap=True, highlight=False)
        console.print("               your seat; the link is good once, for ten minutes\n")
        if opens and has_screen():
            open_page(link)

    if not console.is_terminal:
        return _plainly(settings, invite)
    with Live(console=console, refresh_per_second=4, transient=False) as live:
        return uvloop.run(run_demo(settings, lambda view: live.update(_screen(view)), invite))


def _plainly(settings: SoloSettings, invite: Invite) -> GameResult:
    lines = cycle([True] + [False] * (LINE_EVERY_VIEWS - 1))

    def tell(view: DemoView) -> None:
        if next(lines) or view.is_over:
            print(_headline(view), flush=True)

    return uvloop.run(run_demo(settings, tell, invite))


def _headless(settings: SoloSettings) -> GameResult:
    console = progress_console()
    told: list[TradingDay] = []

    def tell_days(view: DemoView) -> None:
        for day in view.book.days[len(told) :] if view.days_planned > 1 else ():
            told.append(day)
            console.print(
                f"day {len(told)} of {view.days_planned}: {_day_words(day)}", soft_wrap=True
            )

    if not console.is_terminal:
        return uvloop.run(run_demo(settings, tell_days))
    with console.status("starting …") as status:

        def show(view: DemoView) -> None:
            tell_days(view)
            status.update(_headline(view))

        return uvloop.run(run_demo(settings, show))


def _day_words(day: TradingDay) -> str:
    return (
        f"{day.trading_day}  {day.trades:,} trades  {day.contracts:,} contracts  "
        f"{day.halts} halts  {day.listed} listed  {day.settled} settled"
    )


def _headline(view: DemoView) -> str:
    tally = view.tally
    phase = tally.phases[-1].replace("_", " ") if tally.phases else "before the open"
    at = datetime.fromtimestamp(view.game_ns / NS_PER_S, UTC).strftime("%H:%M:%S")
    day = min(len(view.book.days) + 1, view.days_planned)
    days = f"day {day} of {view.days_planned}  " if view.days_planned > 1 else ""
    return (
        f"{days}{at} UTC  {phase}  {tally.orders:,} orders  {tally.quotes:,} quotes  "
        f"{tally.trades:,} trades  {tally.contracts:,} contracts"
    )


def _screen(view: DemoView) -> Group:
    head = Text(_headline(view), style="bold")
    prices = Text("   ".join(_price_words(view)))
    if view.balances is None or view.teams is None:
        return Group(head, prices)
    played, house = team_results(view.balances, view.teams)
    return Group(head, prices, _table([*played, *house]))


def _price_words(view: DemoView) -> list[str]:
    if view.prices is None:
        return ["no prices yet"]
    return [f"{p.underlying_id} {p.index_price / PRICE_SCALE:,.2f}" for p in view.prices.prices]


def _table(rows: list[TeamResult]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("team")
    table.add_column("role")
    for title in ("orders", "contracts", "long", "short", "fees", "P&L"):
        table.add_column(title, justify="right")
    for row in rows:
        nets = row.net_quantities.values()
        table.add_row(
            row.team,
            row.role,
            f"{row.orders:,}",
            f"{row.contracts:,}",
            f"{sum(n for n in nets if n > 0):,}",
            f"{-sum(n for n in nets if n < 0):,}",
            f"{row.fees:,.2f}",
            f"{row.pnl:,.2f}",
        )
    return table


def _days_table(days: list[TradingDay]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("day")
    titles = ("trades", "contracts", "halts", "listed", "settled", "delisted", "sum", "cash")
    for title in titles:
        table.add_column(title, justify="right")
    for day in days:
        counts = (day.trades, day.contracts, day.halts, day.listed, day.settled, day.delisted)
        table.add_row(
            day.trading_day,
            *(f"{count:,}" for count in counts),
            f"{day.contracts_sum:,}",
            f"{day.cash_sum:,.2f}",
        )
    return table


def _roles_by_team(days: list[TradingDay]) -> dict[str, list[str]]:
    roles: dict[str, list[str]] = {}
    for day in days:
        for team in day.teams:
            roles.setdefault(team.team, []).append(team.role)
    return roles


def _roles_table(days: list[TradingDay]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("team")
    for day in days:
        table.add_column(day.trading_day)
        table.add_column("P&L", justify="right")
    cells: dict[str, list[str]] = {}
    for day in days:
        for team in day.teams:
            cells.setdefault(team.team, []).extend((team.role, f"{team.pnl:,.2f}"))
    for name, row in cells.items():
        table.add_row(name, *row)
    return table


def print_result(result: GameResult, data: Path | None) -> None:
    """Print a game's result as tables; `data` is where its journal was kept."""
    console = wide_console()
    console.print(Text("\nResults", style="bold"))
    console.print(_table([*result.teams, *result.house]))
    if len(result.days) > 1:
        console.print(Text("\nDays", style="bold"))
        console.print(_days_table(result.days))
    if any(len(set(roles)) > 1 for roles in _roles_by_team(result.days).values()):
        console.print(Text("\nRoles", style="bold"))
        console.print(_roles_table(result.days))
    console.print(
        f"\n{result.orders:,} orders, {result.quotes:,} quotes, {result.trades:,} trades of "
        f"{result.contracts:,} contracts in {result.wall_s:.0f} s; "
        f"contracts sum to {result.contracts_sum}, cash and fees to {result.cash_sum:.2f}"
    )
    console.print(f"event digest  {result.event_digest}")
    if result.journal_head:
        console.print(f"journal head  {result.journal_head}")
    if data is not None:
        console.print(f"prove it with: itg verify {data}")
