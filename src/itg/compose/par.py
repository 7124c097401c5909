"""Par: what reference bots score over many fast sessions, two of each role in every seat.

A session's terms are kept in a file under a name that is the hash of all they depend on: the
scenario without its pars and references, the rules' source, the machine's arithmetic, the bots'
source and the seed. Calibrating again plays what is not there yet.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from hashlib import sha256
from io import StringIO
from pathlib import Path
from statistics import fmean, median, stdev

from msgspec import DecodeError, Struct, msgpack
from msgspec import json as msgjson
from msgspec.structs import replace

from itg import scenario
from itg.compose.lab import DEFAULT_SEATS, seats_of
from itg.compose.services import services_of
from itg.compose.workers import worker_pool
from itg.game.contract import (
    ComponentGroup,
    CreateGame,
    RoleScoring,
    RoundScored,
    ScoringRules,
    TeamScore,
)
from itg.game.core.scoring.points import points_of
from itg.game.core.scoring.scorer import joined
from itg.game.service import GameService
from itg.kernel.errors import ConfigurationError
from itg.lab import LabRun, Seat
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.runtime.fingerprint import PACKAGE, code_fingerprint, numeric_fingerprint
from itg.runtime.service import TimerFired

PPM = 1_000_000
RISK_ANCHORS = (2 * PPM, PPM, 0)
# With these references a source of risk is half of what was measured, to 1e-6 USD.
ONE_USD = 1.0


class ParSettings(Struct, frozen=True, kw_only=True):
    """What to calibrate; `with_references`: take the medians found for the scenario's own."""

    scenario: str
    sessions: int
    cache: Path
    first_seed: int = 1
    jobs: int = 1
    with_references: bool = False


class SeatTerms(Struct, frozen=True, gc=False):
    """One bot's terms of one session: points and activity 1e-6, the rest in USD."""

    role: str
    kpi: int
    compliance: int
    activity: int
    drawdown: float
    deviation: float
    is_zeroed: bool


class RoleResult(Struct, frozen=True, kw_only=True):
    """What a role's bots come to over all sessions, in points and USD."""

    role: str
    par: float
    spread: float
    sessions: int
    drawdown_reference: float
    deviation_reference: float


class ParResult(Struct, frozen=True, kw_only=True):
    """Every scored role's par; `origin` names what the sessions depended on."""

    scenario: str
    origin: str
    sessions: int
    played: int  # the others were there already
    roles: list[RoleResult]


def find_par(settings: ParSettings, on_session: Callable[[], None]) -> ParResult:
    """Play the sessions that are not kept yet, and return what all of them come to.

    `on_session` hears of each as it is ready. `ConfigurationError` where nothing is scored, and
    for a scored role that no reference bot plays.
    """
    create = _create(settings.scenario, seed=settings.first_seed)
    rules = create.rules.scoring
    if rules is None:
        raise ConfigurationError(f"{settings.scenario}: there is no [scoring] to find a par for")
    _assert_played(settings.scenario, rules, _crew(create))
    origin = origin_of(settings.scenario)
    seeds = range(settings.first_seed, settings.first_seed + settings.sessions)
    kept = {seed: _kept(settings.cache, origin, seed) for seed in seeds}
    missing = [seed for seed in seeds if kept[seed] is None]
    for _ in range(len(kept) - len(missing)):
        on_session()
    for seed, terms in _played(settings, missing):
        _keep(settings.cache, origin, seed, terms)
        kept[seed] = terms
        on_session()
    every = [terms for seed in seeds for terms in kept[seed] or ()]
    return ParResult(
        scenario=settings.scenario,
        origin=origin,
        sessions=settings.sessions,
        played=len(missing),
        roles=roles_of(settings, every, rules),
    )


def roles_of(
    settings: ParSettings, every: Sequence[SeatTerms], rules: ScoringRules
) -> list[RoleResult]:
    """Return what every seat of all sessions comes to, role by role."""
    return [_role(each, every, rules, settings) for each in rules.roles]


def play_session(name: str, seed: int, seats: Sequence[Seat] | None = None) -> list[SeatTerms]:
    """Play one fast session and return what each seat came to, in their order.

    Without seats two reference bots of each role play.
    """
    create = session_of(name, seed)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    told: list[RoundScored] = []

    def see(record: Record) -> None:
        # Whoever looks at every output pays a hundredth of the session: a timer tells the scores.
        fired = record.body
        if isinstance(fired, TimerFired) and fired.owner == GameService.name:
            told.extend(output for output in record.outputs if isinstance(output, RoundScored))

    was_collecting = gc.isenabled()
    gc.disable()  # nothing here makes cycles worth looking for before the end
    try:
        with redirect_stdout(StringIO()):
            LabRun(machine, create, seats or seats_of(create, _crew(create)), see).run()
    finally:
        if was_collecting:
            gc.enable()
    assert told, "a scored round tells its scores"
    return [_terms(team) for team in told[-1].scores.teams]


def session_of(name: str, seed: int) -> CreateGame:
    """Return a session to play: pars and references leave no trace in it, its hash included.

    The order in which bots' commands enter is drawn from the hash, which is of the rules alone: a
    change of the source that changes no behaviour plays the same sessions.
    """
    create = _create(name, seed=seed)
    scoring = create.rules.scoring
    assert scoring is not None, "checked before anything is played"
    return replace(
        create,
        rules=replace(create.rules, scoring=_with_unit_references(scoring)),
        scenario_hash=sha256(_rules_of(create) + f"/{seed}".encode()).hexdigest(),
    )


def origin_of(name: str) -> str:
    """Return the hash of everything a session depends on but its seed."""
    digest = sha256(_rules_of(_create(name, seed=0)))
    digest.update(f"{code_fingerprint()}\n{numeric_fingerprint()}\n".encode())
    for path in sorted((PACKAGE / "bots").glob("**/*.py")):
        digest.update(f"{path.relative_to(PACKAGE).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _rules_of(create: CreateGame) -> bytes:
    scoring = create.rules.scoring
    bare = None if scoring is None else replace(_with_unit_references(scoring), pars=())
    return msgpack.encode((replace(create.rules, scoring=bare), create.setup))


def _create(name: str, *, seed: int) -> CreateGame:
    return scenario.load(name, seed=seed, lock_step=True, is_fast=True)


def _crew(create: CreateGame) -> list[str]:
    scoring = create.rules.scoring
    roles = [] if scoring is None else [str(each.role) for each in scoring.roles]
    return [seat for seat in DEFAULT_SEATS if seat.partition(":")[0] in roles]


def _assert_played(name: str, rules: ScoringRules, crew: Sequence[str]) -> None:
    played = {seat.partition(":")[0] for seat in crew}
    for each in rules.roles:
        if each.role not in played:
            known = ", ".join(seat.partition(":")[0] for seat in DEFAULT_SEATS)
            detail = "its par is found by a reference bot, and none plays it"
            raise ConfigurationError(
                f"{name}: scoring.roles.{each.role}: {detail}; reference bots play {known}"
            )


def _with_unit_references(scoring: ScoringRules) -> ScoringRules:
    roles = tuple(
        replace(each, drawdown_reference=ONE_USD, deviation_reference=ONE_USD)
        for each in scoring.roles
    )
    return replace(scoring, roles=roles, pars=())


def _terms(team: TeamScore) -> SeatTerms:
    risk = next(one for one in team.components if one.group is ComponentGroup.RISK)
    halves = {source.kind: source.value for source in risk.sources}
    return SeatTerms(
        role=team.role,
        kpi=team.kpi,
        compliance=team.compliance,
        activity=team.activity,
        drawdown=2 * halves["drawdown"] / PPM,
        deviation=2 * halves["deviation"] / PPM,
        is_zeroed=team.is_zeroed,
    )


def _role(
    of_role: RoleScoring, every: Sequence[SeatTerms], rules: ScoringRules, settings: ParSettings
) -> RoleResult:
    own = [terms for terms in every if terms.role == of_role.role]
    if settings.with_references or not of_role.drawdown_reference:
        found = median(one.drawdown for one in own), median(one.deviation for one in own)
    else:
        found = of_role.drawdown_reference, of_role.deviation_reference
    measured = [measured_of(terms, found, rules) for terms in own]
    return RoleResult(
        role=of_role.role,
        par=fmean(measured) / PPM,
        spread=(stdev(measured) if len(measured) > 1 else 0.0) / PPM,
        sessions=settings.sessions,
        drawdown_reference=found[0],
        deviation_reference=found[1],
    )


def measured_of(terms: SeatTerms, references: tuple[float, float], rules: ScoringRules) -> int:
    """Return J of a seat by risk's references, drawdown and deviation in USD; points 1e-6."""
    if terms.is_zeroed:
        return 0
    if min(references) <= 0:
        raise ConfigurationError(
            f"{terms.role}: its bots lost nothing in any session, so risk has no reference; "
            "play more sessions"
        )
    drawdown, deviation = references
    roughness = 0.5 * terms.drawdown / drawdown + 0.5 * terms.deviation / deviation
    risk = points_of(round(roughness * PPM), RISK_ANCHORS)
    return joined((terms.kpi, terms.compliance, risk), terms.activity, rules)


def _played(settings: ParSettings, seeds: Sequence[int]) -> Iterator[tuple[int, list[SeatTerms]]]:
    if settings.jobs == 1 or len(seeds) <= 1:
        for seed in seeds:
            yield seed, play_session(settings.scenario, seed)
        return
    names = [settings.scenario] * len(seeds)
    with worker_pool(settings.jobs) as pool:
        yield from zip(seeds, pool.map(play_session, names, seeds), strict=True)


def _kept(cache: Path, origin: str, seed: int) -> list[SeatTerms] | None:
    try:
        data = _place(cache, origin, seed).read_bytes()
        return msgjson.decode(data, type=list[SeatTerms])
    except (FileNotFoundError, DecodeError):
        return None  # never played, or the machine stopped while it was written


def _keep(cache: Path, origin: str, seed: int, terms: list[SeatTerms]) -> None:
    place = _place(cache, origin, seed)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(msgjson.encode(terms))


def _place(cache: Path, origin: str, seed: int) -> Path:
    return cache / "par" / origin / f"{seed}.json"
