"""`itg serve`: a supervised game that restarts itself through recovery."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import uvloop

from itg.cli import exits
from itg.cli.at import At
from itg.cli.safety import seconds_in
from itg.compose.backup_child import BackupPlan
from itg.compose.game_settings import SoloSettings
from itg.compose.journals import game_in_postgres
from itg.compose.logs import log_to_stderr, say_failure
from itg.compose.relay_child import BusSettings
from itg.compose.solo import Solo
from itg.compose.standby import Standby
from itg.exchange.contract import PhaseChanged
from itg.game.contract import GetRounds, Rounds, RoundStatus
from itg.kernel.errors import ConfigurationError, ItgError
from itg.runtime.envelope import Record
from itg.runtime.supervise import collect_all, collect_young, supervise, tuned_process


def serve_forever(settings: SoloSettings) -> int:
    """Run the game until a signal drains it; return the exit code."""
    log_to_stderr("node")
    try:
        uvloop.run(_serve(settings))
    except ConfigurationError:
        raise
    except ItgError as error:
        say_failure(str(error))
        return exits.FAILED
    return exits.DONE


def bus_of(url: str) -> BusSettings | None:
    """Return where the facts go, or None; raises `ConfigurationError` where that cannot be."""
    if not url:
        return None
    settings = BusSettings(url=url, ca=os.environ.get("ITG_BUS_CA", ""))
    settings.check()
    return settings


def backups_of(to: Path | None, every: str, keep: int | None) -> BackupPlan | None:
    """Return how a served game is backed up, or None; raises `ConfigurationError`."""
    if to is None:
        return None
    if keep is not None and keep < 1:
        raise ConfigurationError(f"--backup-keep {keep} would keep nothing; give 1 or more")
    every_s = seconds_in("--backup-every", every)
    assert every_s is not None, "a text has a duration"
    return BackupPlan(to=to, every_s=every_s, keep=keep or 0)


async def _serve(settings: SoloSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await supervise("solo", lambda: _one_life(settings, stop))


async def _one_life(settings: SoloSettings, stop: asyncio.Event) -> None:
    taken = None
    if settings.standby:
        print(f"stand-by       of the game in {settings.data}", flush=True)
        taken = await Standby(settings).until_leading(stop)
        if taken is None:
            return
    solo = Solo(settings, watchers=[_collect_between_phases], taken=taken)
    try:
        await solo.start()
        _announce(solo, settings)
        with tuned_process():
            await _until_stopped(solo, stop)
    finally:
        await solo.stop()


async def _until_stopped(solo: Solo, stop: asyncio.Event) -> None:
    waits = [
        asyncio.ensure_future(stop.wait()),
        asyncio.ensure_future(solo.finished()),
        asyncio.ensure_future(solo.lead.lost()),
        asyncio.ensure_future(collect_young()),
    ]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in waits:
            task.cancel()


def _collect_between_phases(records: Sequence[Record]) -> None:
    for record in records:
        if any(isinstance(output, PhaseChanged) for output in record.outputs):
            collect_all()
            return


def _announce(solo: Solo, settings: SoloSettings) -> None:
    print(f"market         {solo.url}    documentation: {solo.url}/docs")
    if (at := solo.listeners.organizer_url) != solo.url:
        print(f"organizer      {at}    documentation: {at}/docs")
    print(f"page           {solo.url}/    sign in: {_link_command(at, settings)}")
    print(f"scenario       {solo.rules.scenario} at {solo.rules.speed:g} x real time")
    print(f"data           {settings.data}")
    if settings.postgres is not None:
        print(f"journal        {settings.postgres}, as {game_in_postgres(settings.data)}")
    print(f"organizer key  in {solo.directory.admin_key}")
    if not solo.rules.open_registration:
        print(f"join code      in {solo.directory.join_code}")
    if solo.relay is not None:
        told = solo.relay.numbers
        print(f"bus            {told.address}, subjects itg.v1.{told.game}.>")
    if settings.backups is not None:
        print(f"backups        to {settings.backups.to}, each replayed after it is made")
    print(f"bundle key     {solo.bundle_key}")
    came = solo.recovery
    if came.seq:
        print(f"continued      from seq {came.seq} ({came.inputs} inputs replayed)")
    if _is_over(solo):
        print("over           every round of this game has ended; a new --data starts another")
    print("stop with Ctrl-C", flush=True)


def _link_command(url: str, settings: SoloSettings) -> str:
    at = "" if url == At().url else f" --url {url}"
    return f"itg login-link --data {settings.data}{at}"


def _is_over(solo: Solo) -> bool:
    rounds = solo.machine.query(GetRounds())
    assert isinstance(rounds, Rounds)
    return all(r.status is RoundStatus.ENDED for r in rounds.rounds)
