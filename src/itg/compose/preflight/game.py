"""The game's own things: scenario, commitment, who holds the data, the address, the backup."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from itg.adapters.http_server import assert_free
from itg.compose.backup import backups_of
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import holds_game, is_on_nodes
from itg.compose.manifest import BackupError, assert_whole
from itg.compose.nodes_read import node_directory
from itg.compose.preflight.machine import Demand
from itg.compose.preflight.rows import Row, row, unknown
from itg.compose.topologies import CHIEF
from itg.compose.verify import head_of_data, opened_with_rounds
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.kernel.times import NS_PER_S, to_micros
from itg.runtime.clock import SystemClock
from itg.runtime.journal import read as records
from itg.scenario import available, load
from itg.scenario.commitment import Reveal, commitment_of, reveal_of
from itg.scenario.files import read
from itg.scenario.rules import OrderRate

BACKUP_AGE_H_MAX = 24.0
REVEAL = "reveal.json"
TEAMS_ASSUMED = 40
RATE_UNBOUNDED = 10
_US_PER_H = 3_600_000_000


class Subject(Struct, frozen=True, kw_only=True):
    """What the list is about; `scenario` None: what the data says it is."""

    data: Path
    backups: Path
    scenario: str | None = None
    url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    teams: int | None = None

    def reveal(self) -> Reveal | None:
        """Return what the data commits to, None where it does not yet."""
        file = self.data / REVEAL
        return reveal_of(file.read_text(encoding="utf-8"), str(file)) if file.exists() else None

    def scenario_name(self) -> str | None:
        """Return the scenario that was named, or the shipped one the data was made by."""
        reveal = None if self.scenario else self.reveal()
        if reveal is not None and reveal.scenario in available():
            return reveal.scenario
        return self.scenario


def demand_of(subject: Subject) -> tuple[Demand, str | None]:
    """Return what the day asks of the machine, and the market's time zone.

    Every team of the open role that may send most; without a scenario a plain guess.
    """
    teams = subject.teams or TEAMS_ASSUMED
    guess = Demand(teams=teams, orders_per_s=RATE_UNBOUNDED * teams, day_s=6 * 3_600.0)
    name = subject.scenario_name()
    if name is None:
        return guess, None
    try:
        scenario, create = read(name)[1], load(name)
    except ConfigurationError:
        return guess, None
    rates = [
        next((r.orders_per_s for r in role.constraints if isinstance(r, OrderRate)), RATE_UNBOUNDED)
        for role in scenario.roles
        if role.registrable
    ]
    mean = sum(rates) / len(rates) if rates else RATE_UNBOUNDED
    demand = Demand(teams=teams, orders_per_s=mean * teams, day_s=_longest_day_s(create))
    return demand, scenario.calendar.zone


def game_rows(subject: Subject) -> Iterator[Row]:
    """Yield every row about the data and the address."""
    yield scenario_row(subject)
    yield commitment_row(subject)
    yield lock_row(subject)
    if subject.url is None:
        yield port_row(subject)
    yield backup_row(subject, to_micros(SystemClock().wall_ns()))


def scenario_row(subject: Subject) -> Row:
    """Return whether the scenario compiles, and is the one the data was made with."""
    name = subject.scenario_name()
    if name is None:
        return unknown("scenario", "none named", "name the day's scenario with --scenario")
    try:
        reveal = subject.reveal()
        create = load(name) if reveal is None else load(name, seed=reveal.seed)
    except ConfigurationError as error:
        return row(
            "scenario", str(error), is_good=False, advice=f"itg scenario check {name}, then mend it"
        )
    is_same = reveal is None or reveal.scenario_hash == create.scenario_hash
    return row(
        "scenario",
        f"{create.rules.scenario}, {create.scenario_hash[:12]}",
        is_good=is_same,
        advice=f"{subject.data} was made with {_made_with(reveal)}: name that, or other data "
        "(a game started with another --speed shows here too)",
    )


def commitment_row(subject: Subject) -> Row:
    """Return whether the seed is committed to, and the journal's round carries that commitment."""
    advice = "start `itg serve` on this --data once: it commits before the first round"
    try:
        reveal = subject.reveal()
    except ConfigurationError as error:
        return row("seed committed", str(error), is_good=False, advice="restore it from a backup")
    if reveal is None:
        return row("seed committed", f"no {REVEAL} in the data", is_good=False, advice=advice)
    published = _published(subject.data)
    commitment = commitment_of(reveal)
    if published is None:
        found = f"{commitment[:12]}, published once `itg serve` has made the game"
        return row("seed committed", found, is_good=True, advice="")
    return row(
        "seed committed",
        f"{commitment[:12]}, published with the game",
        is_good=published == commitment,
        advice=f"{REVEAL} does not open what the game published: restore it from a backup",
    )


def lock_row(subject: Subject) -> Row:
    """Return whether who plays the data is who should: the server named, or nobody."""
    holder = _holder(subject.data)
    if subject.url is not None:
        return row(
            "data directory",
            holder or f"nobody plays {subject.data}",
            is_good=bool(holder),
            advice=f"the server at {subject.url} plays other data: name its --data",
        )
    return row(
        "data directory",
        holder or "free",
        is_good=not holder,
        advice="a server plays it: give its address with --url, or stop it",
    )


def port_row(subject: Subject) -> Row:
    """Return whether a server could listen."""
    try:
        assert_free(subject.host, subject.port)
    except ConfigurationError as error:
        return row(
            "address",
            str(error),
            is_good=False,
            advice="name it with --url if it is this game's server",
        )
    return row("address", f"{subject.host}:{subject.port} is free", is_good=True, advice="")


def backup_row(subject: Subject, wall_us: int) -> Row:
    """Return whether the newest backup is whole and of the last day, as of that wall time."""
    advice = f"itg backup {subject.data} --to {subject.backups}"
    if not holds_game(subject.data):
        return row("backup", "nothing to back up yet", is_good=True, advice="")
    found = backups_of(subject.data.absolute().name, subject.backups)
    if not found:
        return row("backup", f"none in {subject.backups}", is_good=False, advice=advice)
    try:
        manifest = assert_whole(found[-1])
    except BackupError as error:
        return row("backup", str(error), is_good=False, advice=advice)
    age_h = (wall_us - manifest.made_us) / _US_PER_H
    return row(
        "backup",
        f"{found[-1].name}, {age_h:.1f} h old, every byte as it was",
        is_good=age_h <= BACKUP_AGE_H_MAX,
        advice=advice,
    )


def _longest_day_s(create: CreateGame) -> float:
    return max((each.session_end_ns - each.start_ns) / NS_PER_S for each in create.rules.rounds)


def _made_with(reveal: Reveal | None) -> str:
    return "another scenario" if reveal is None else f"{reveal.scenario}, seed {reveal.seed}"


def _published(data: Path) -> str | None:
    if not holds_game(data):
        return None
    if not head_of_data(data).seq:
        return None
    journal, machine = opened_with_rounds(data)
    try:
        first = next(iter(records(journal, machine.codec)))
    finally:
        journal.close()
    assert isinstance(first.body, CreateGame), "a game's first input creates it"
    return first.body.commitment


def _holder(data: Path) -> str:
    if not data.exists():
        return ""
    # Of a game on several nodes the chief plays it.
    directory = DataDirectory(node_directory(data, CHIEF) if is_on_nodes(data) else data)
    try:
        directory.hold()
    except ConfigurationError as error:
        process = str(error).partition("(")[2].partition(")")[0]
        return f"held by a server ({process})"
    directory.release()
    return ""
