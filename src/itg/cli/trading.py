"""`itg bot`: runs a person's bot file, or the demo's crew."""

import asyncio
import sys
from pathlib import Path
from traceback import print_exception
from types import TracebackType

from msgspec import Struct, json

from itg.bots import crew_bot
from itg.cli import exits
from itg.client.bot import Bot
from itg.client.errors import BotFileError, ClientError, ConnectionFailedError, RefusedError
from itg.client.load import load_bot
from itg.client.rest import Rest
from itg.client.run import BotSeat, run_bot, run_many
from itg.compose.demo import CrewOrders


class TeamChoice(Struct, frozen=True, kw_only=True):
    """Whose bot it is: a key, or the name of a team to register."""

    key: str | None
    team: str | None
    role: str
    join_code: str | None


def run_file(file: Path, url: str, choice: TeamChoice) -> int:
    """Run the bot of a file until the round ends; return the exit code."""
    if (choice.key is None) is (choice.team is None):
        needed = "give the team's key in ITG_API_KEY, or --team NAME to register one"
        return _failed(needed, exits.WRONG_USE)
    try:
        bot_class = load_bot(file)
        asyncio.run(_register_and_run(bot_class(), url, choice))
    except BotFileError as error:
        return _failed(str(error), exits.WRONG_USE)
    except ConnectionFailedError as error:
        return _failed(f"{error}; start a server with `itg serve`", exits.NO_SERVER)
    except ClientError as error:
        return _failed(str(error), exits.FAILED)
    except Exception as error:
        within = _within(file, error.__traceback__)
        if within is None:
            raise
        print_exception(error.with_traceback(within))
        return _failed(f"{file}: the bot ended with the error above", exits.FAILED)
    return exits.DONE


def _within(file: Path, trace: TracebackType | None) -> TracebackType | None:
    # A bot's author looks for a line of the bot; how it was called is not the author's.
    while trace is not None and Path(trace.tb_frame.f_code.co_filename) != file.resolve():
        trace = trace.tb_next
    return trace


def run_crew(orders: bytes) -> int:
    """Run the demo's bots, told on stdin, until the round ends; return the exit code."""
    crew = json.decode(orders, type=CrewOrders)
    seats = [BotSeat(crew_bot(bot.role, bot.seed), bot.api_key) for bot in crew.bots]
    failures: list[BaseException] = []
    try:
        asyncio.run(run_many(seats, crew.url))
    except* ClientError as errors:
        failures += errors.exceptions
    return _failed("; ".join(map(str, failures)), exits.FAILED) if failures else exits.DONE


async def _register_and_run(bot: Bot, url: str, choice: TeamChoice) -> None:
    key = choice.key
    if key is None:
        assert choice.team is not None
        async with Rest(url) as rest:
            try:
                team = await rest.register(choice.team, choice.role, choice.join_code)
            except RefusedError as error:
                raise ClientError(f"{error}{await _cure(rest, error.code)}") from error
        key = team.api_key
        print(f"registered {team.team_name} as {team.role}, team {team.team_id}")
        print(f"keep its key, it is shown this once: {key}", flush=True)
    await _assert_rounds_left(url, key)
    await run_bot(bot, url, key)
    await _tell_the_end(url, key)


async def _tell_the_end(url: str, key: str) -> None:
    async with Rest(url, key) as rest:
        held = await rest.positions()
    made = held.realized_pnl + held.unrealized_pnl - held.fees
    contracts = sum(abs(row.net_quantity) for row in held.positions)
    print(
        f"the round has ended: P&L {made:+,.2f} USD, of it fees {-held.fees:+,.2f}; "
        f"{contracts:,} contracts held",
        flush=True,
    )


async def _cure(rest: Rest, code: str) -> str:
    if code == "DUPLICATE_TEAM_NAME":
        return " To play on as that team put its key into ITG_API_KEY and leave --team out."
    if code in {"UNKNOWN_ROLE", "ROLE_NOT_OPEN"}:
        roles = [role.role for role in (await rest.rules()).roles if role.can_register]
        return f" --role takes {', '.join(roles)}."
    return " Give it with --join-code CODE." if code == "INVALID_JOIN_CODE" else ""


async def _assert_rounds_left(url: str, key: str) -> None:
    # A bot would wait for the next round, and here none comes any more.
    async with Rest(url, key) as rest:
        rounds = (await rest.rounds()).items
    if rounds and all(each.status == "ended" for each in rounds):
        raise ClientError(
            "every round of this game has ended; start another with `itg serve --data NEW`"
        )


def _failed(message: str, code: int) -> int:
    print(f"itg: {message}", file=sys.stderr)
    return code
