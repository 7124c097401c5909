"""The lab: every service on one machine, bots called in lock step, nothing written.

bots → LabRun → Machine(services) → the bots' ears
"""

import gc
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from os import cpu_count
from time import perf_counter
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from itg import scenario
from itg.bots import ROLE_OF, crew_bot, reference_bot
from itg.client.bot import Bot
from itg.client.load import load_bot
from itg.compose.alpha_models import alpha_models, with_alpha
from itg.compose.day_book import DayBook, standings_of
from itg.compose.models import refuse_unknown_models
from itg.compose.result import GameResult, Played, Tally
from itg.compose.services import services_of
from itg.compose.workers import worker_pool
from itg.game.contract import CreateGame, RoleRotation, RoundEnded
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Role
from itg.lab import LabRun, Seat
from itg.lab.alphas import AlphaWatch, score_of
from itg.retail.contract import Calibration, CalibrationRow, GetCalibration
from itg.runtime.cascade import Machine
from itg.runtime.digest import EventDigest
from itg.runtime.envelope import Record

DEFAULT_SEATS = ("market_maker:2", "hedge_fund:2", "arbitrage_desk:2")
OnRecord = Callable[[Record], None]


class MakeBot(Protocol):
    """Makes a bot of one kind; equal seeds make equal bots."""

    def __call__(self, *, seed: int) -> Bot: ...


class LabSettings(Struct, frozen=True, kw_only=True):
    """What to play; None and no seats leave a value to the scenario.

    A seat is a role with its reference bot (`market_maker`, `market_maker:2`), another reference
    bot (`hedge_fund_blind`), or a bot file with the role it plays (`my_bot.py:hedge_fund`).
    """

    scenario: str
    seed: int | None = None
    days: int | None = None
    seats: tuple[str, ...] = ()
    is_digested: bool = True
    alpha: str | None = None  # a model to score: NAME[:ROLE] or FILE.py:CLASS[:ROLE]
    is_calibrated: bool = False  # hold the small investors' flow against its configuration


def play(settings: LabSettings, *watchers: OnRecord) -> GameResult:
    """Play a game to its end and return its result; `watchers` hear every record."""
    began = perf_counter()
    create = scenario.load(
        settings.scenario, seed=settings.seed, days=settings.days, lock_step=True
    )
    asked = None if settings.alpha is None else with_alpha(create, settings.alpha)
    create, plugins = (asked.create, asked.plugins) if asked else (create, alpha_models)
    refuse_unknown_models(create, plugins)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards], plugins))
    tally, digest, book = Tally(), EventDigest(machine.codec), DayBook()

    def see(record: Record) -> None:
        tally.add((record,))
        if settings.is_digested:
            digest.add(record)
        for output in record.outputs:
            if isinstance(output, RoundEnded):
                book.close(output, tally, machine)

    seats = seats_of(create, settings.seats)
    alpha = None if asked is None else AlphaWatch(asked.forecast)
    hearing = (see, *watchers) if alpha is None else (see, alpha.hear, *watchers)
    was_collecting = gc.isenabled()
    gc.disable()  # nothing here makes cycles worth looking for
    try:
        LabRun(machine, create, seats, *hearing).run()
    finally:
        if was_collecting:
            gc.enable()
    balances, teams = standings_of(machine)
    result = Played(
        create=create,
        tally=tally,
        days=book.days,
        balances=balances,
        teams=teams,
        event_digest=digest.hexdigest() if settings.is_digested else "",
        wall_s=perf_counter() - began,
    ).result()
    return replace(
        result,
        alpha=score_of(asked.forecast, alpha.tally) if asked and alpha else None,
        calibration=_calibration(machine) if settings.is_calibrated else None,
    )


def play_seeds(
    settings: Sequence[LabSettings], on_result: Callable[[GameResult], None]
) -> list[GameResult]:
    """Play games on all cores; `on_result` hears each in order as it is ready."""
    results: list[GameResult] = []
    workers = min(cpu_count() or 1, len(settings))
    with worker_pool(workers) as pool:
        for result in pool.map(_play_quietly, settings):
            results.append(result)
            on_result(result)
    return results


def _play_quietly(settings: LabSettings) -> GameResult:
    # What bots print is for a person who watches one game.
    with redirect_stdout(StringIO()):
        return play(settings)


def seats_of(create: CreateGame, wanted: Sequence[str]) -> list[Seat]:
    """Return who plays: the seats asked for, else the scenario's teams, else two of each role.

    Where roles go round a seat's own bot plays whenever the team has that bot's role, and in every
    other role the team has that role's reference bot; all of a seat's bots have one temper. Teams
    are numbered then, for a name of a role would soon be wrong.
    """
    rules = create.rules
    goes_round = rules.rotation is not RoleRotation.NONE
    if not wanted and rules.teams:
        seats = [
            Seat(
                team_name=team.team_name,
                role=team.role,
                bot=crew_bot(team.role, number),
                bots=partial(crew_bot, seed=number),
            )
            for number, team in enumerate(rules.teams, start=1)
        ]
    else:
        roles = [str(role) for role in rules.registrable_roles]
        seats = []
        for seat in wanted or [s for s in DEFAULT_SEATS if s.partition(":")[0] in roles]:
            seats += _seats(seat, roles, len(seats))
        if goes_round:
            seats = [replace(s, team_name=f"team {n}") for n, s in enumerate(seats, start=1)]
    if goes_round:
        _refuse_unplayed(seats, rules.registrable_roles)
    return seats


def _refuse_unplayed(seats: Sequence[Seat], roles: Sequence[Role]) -> None:
    # Before the first round, not in the middle of a season.
    for seat in seats:
        for role in roles:
            if role != seat.role and seat.bots is not None:
                seat.bots(role)


def _seats(seat: str, roles: Sequence[str], taken: int) -> list[Seat]:
    name, _, what = seat.rpartition(":")
    if name.endswith(".py"):
        return [_seat(what, roles, taken, load_bot(name))]
    bot, _, count = seat.partition(":")
    role = ROLE_OF.get(bot, bot)
    if not (count or "1").isdigit():
        raise ConfigurationError(
            f"bots: {seat!r} is neither BOT, BOT:COUNT nor FILE.py:ROLE; e.g. market_maker:2"
        )
    make = partial(_reference, bot)
    return [_seat(role, roles, number, make) for number in range(taken, taken + int(count or 1))]


def _reference(name: str, *, seed: int) -> Bot:
    return reference_bot(name, seed)


def _seat(role: str, roles: Sequence[str], taken: int, make: MakeBot) -> Seat:
    if role not in roles:
        raise ConfigurationError(f"bots: no team plays {role!r} here; roles: {', '.join(roles)}")
    number = taken + 1

    def bots(played: Role) -> Bot:
        return make(seed=number) if played == role else crew_bot(played, number)

    name = f"{role.replace('_', ' ')} {number}"
    return Seat(team_name=name, role=Role(role), bot=make(seed=number), bots=bots)


def _calibration(machine: Machine) -> list[CalibrationRow]:
    answer = machine.query(GetCalibration())
    assert isinstance(answer, Calibration)
    return list(answer.rows)
