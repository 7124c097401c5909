"""What is rehearsed: who plays at which rate, and what goes wrong when."""

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from msgspec import Struct

from itg.client.dice import Dice
from itg.kernel.errors import ConfigurationError
from itg.scenario.files import read
from itg.scenario.model import Scenario
from itg.scenario.rules import OrderRate

PRE_OPEN_S = 5
FREEZE_S = 1
QUIET_S = 5.0  # everybody connected, nobody trading: what the world alone costs
MARGIN_S = 600  # of continuous trading that nobody will need
RATE_UNBOUNDED = 10  # of a role that has no rate
QUOTES_PER_S = 2
QUOTED_SERIES = 10
PACE = 0.98  # of a role's rate: the clocks of two processes differ a little
CUTS_PER_TEAM = 2


class RehearsalSettings(Struct, frozen=True, kw_only=True):
    """What to rehearse; `data` must be new or empty."""

    data: Path
    teams: int = 40
    seconds: float = 300.0
    seed: int = 1
    scenario: str = "classic"
    workers: int = 2


class Seat(Struct, frozen=True, kw_only=True):
    """One fake team: its full rate, and when its connection is cut (s since the load began)."""

    index: int
    team_name: str
    role: str
    orders_per_s: float
    has_quotes: bool
    is_one_sided: bool
    cuts_s: tuple[float, ...]
    api_key: str = ""


class WorkerOrders(Struct, frozen=True, kw_only=True):
    """What one process of fake teams does; times on the machine's steady clock, in seconds."""

    url: str
    seats: list[Seat]
    life: int  # of the process: its client order ids begin with it
    ledger: str  # the file of what was acknowledged
    report: str  # the file of what was seen, whole once the process has ended with 0
    seed: int
    begin_s: float
    end_s: float
    underlyings: list[str]


class Faults(Struct, frozen=True, kw_only=True):
    """When a process of fake teams and the server are killed; seconds since the load began."""

    kill_worker_s: float
    kill_server_s: float


def faults_of(settings: RehearsalSettings) -> Faults:
    """Return when what is killed: the clients first, so that the server dies in a full market."""
    return Faults(kill_worker_s=0.2 * settings.seconds, kill_server_s=0.5 * settings.seconds)


def scenario_text(settings: RehearsalSettings) -> str:
    """Return the rehearsed scenario: that of the day, opening at once, at the speed of the wall."""
    continuous_s = int(settings.seconds) + MARGIN_S
    base = settings.scenario
    if base.endswith(".toml"):
        base = str(Path(base).absolute())
    return f"""# The scenario of the day, cut to a rehearsal.
extends = "{base}"
title = "Rehearsal"
teams = []

[clock]
speed = 1.0
lock_step = false
start_on_create = false

[registration]
open = false
max_teams = {settings.teams}

[session]
kind = "timed"
days = 1
pre_open_s = {PRE_OPEN_S}
freeze_s = {FREEZE_S}
continuous = 09:30:00
continuous_s = {continuous_s}
"""


def seats_of(settings: RehearsalSettings, file: Path) -> list[Seat]:
    """Return the fake teams, the scenario's open roles in turn, each at its role's full rate."""
    scenario = read(str(file))[1]
    roles = [role for role in scenario.roles if role.registrable]
    if not roles:
        raise ConfigurationError(f"{settings.scenario} has no role that a team can take")
    seats: list[Seat] = []
    for index, role in enumerate(islice(cycle(roles), settings.teams)):
        rates = [rule.orders_per_s for rule in role.constraints if isinstance(rule, OrderRate)]
        dice = Dice(settings.seed * 1_000_003 + index)
        span = settings.seconds
        cuts = sorted(dice.uniform(0.05 * span, 0.9 * span) for _ in range(CUTS_PER_TEAM))
        seats.append(
            Seat(
                index=index,
                team_name=f"Rehearsal {index + 1:03}",
                role=role.role,
                orders_per_s=PACE * (rates[0] if rates else RATE_UNBOUNDED),
                has_quotes=role.quotes_allowed,
                is_one_sided=not role.quotes_allowed,
                cuts_s=tuple(cuts),
            )
        )
    return seats


def shared_out(seats: Sequence[Seat], workers: int) -> list[list[Seat]]:
    """Return the seats of each process, every role in each."""
    return [[*seats[place::workers]] for place in range(min(workers, len(seats)))]


def underlyings_of(scenario: Scenario) -> list[str]:
    """Return the underlyings' names."""
    return [underlying.id for underlying in scenario.underlyings]
