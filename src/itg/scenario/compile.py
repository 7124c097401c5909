"""A scenario file into `CreateGame`: integers, instants, and every service's commands."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from msgspec import Raw, msgpack
from msgspec.structs import replace

from itg.exchange.contract import ListInstrument
from itg.game.contract import CreateGame, GameRules, TeamPlan
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, Role, Shard
from itg.kernel.messages import Command
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Instrument
from itg.market_data.contract import TrackSeries
from itg.positions.contract import ConfigurePositions, OpenAccount
from itg.scenario.checks import check
from itg.scenario.fast import fast
from itg.scenario.files import read
from itg.scenario.information import news_of, signals_of
from itg.scenario.model import Scenario
from itg.scenario.plan import (
    days_of,
    hours_of,
    in_season,
    rounds_of,
    session_ends,
    session_seconds,
)
from itg.scenario.roles import role_of
from itg.scenario.scoring import scoring_of
from itg.scenario.series import Expiry, instruments_of
from itg.scenario.shards import exchanges_of, ladders_of, shards_of
from itg.scenario.tables.sessions import OrganizerSession
from itg.scenario.trading_days import TradingDays
from itg.scenario.world import house_accounts, market_of, retail_of

STEP_MS = 250  # of a scenario without a market: lock step still needs one


def load(  # noqa: PLR0913 - each is an argument of the command line
    name_or_path: str,
    *,
    seed: int | None = None,
    speed: float | None = None,
    lock_step: bool | None = None,
    days: int | None = None,
    is_fast: bool = False,
    admin_key_hash: str = "",
    join_code_hash: str = "",
) -> CreateGame:
    """Compile a shipped scenario or a TOML file; None leaves a value to the file.

    `days` rounds follow one another by themselves, without a gap of prices between them; `is_fast`
    plays one fast session instead.

    The scenario hash covers everything but the two secrets. Raises `ConfigurationError` naming
    file, table and key.
    """
    name, scenario = read(name_or_path)
    try:
        scenario = _overridden(scenario, seed=seed, speed=speed, lock_step=lock_step)
        scenario = scenario if days is None else _lasting(scenario, days)
        scenario = fast(scenario) if is_fast else scenario
        check(scenario)
        game = compiled(name, scenario)
    except ConfigurationError as error:
        raise ConfigurationError(f"{name_or_path}: {error}") from error
    return replace(
        game,
        scenario_hash=sha256(msgpack.encode(game)).hexdigest(),
        admin_key_hash=admin_key_hash,
        join_code_hash="" if scenario.registration.open else join_code_hash,
    )


def _overridden(
    scenario: Scenario, *, seed: int | None, speed: float | None, lock_step: bool | None
) -> Scenario:
    clock = scenario.clock
    if seed is not None and not 0 <= seed < 2**63:
        raise ConfigurationError(f"seed: {seed} is not between 0 and 2**63 − 1")
    if speed is not None and not 0 < speed < float("inf"):
        raise ConfigurationError(f"speed: {speed} is not a positive number")
    return replace(
        scenario,
        seed=scenario.seed if seed is None else seed,
        clock=replace(
            clock,
            speed=clock.speed if speed is None else speed,
            lock_step=clock.lock_step if lock_step is None else lock_step,
        ),
    )


def _lasting(scenario: Scenario, days: int) -> Scenario:
    session, market = scenario.session, scenario.market
    if days < 1:
        raise ConfigurationError(f"days: {days} is not a number of trading days")
    if isinstance(session, OrganizerSession):
        raise ConfigurationError("days: the organizer's session has one round without an end")
    return replace(
        scenario,
        session=replace(session, days=days),
        clock=replace(scenario.clock, next_round="auto"),
        market=None if market is None else replace(market, overnight_gap=0.0),
    )


def compiled(name: str, scenario: Scenario) -> CreateGame:
    """Compile a scenario that passed the checks; the hash and the two secrets are still empty."""
    days = TradingDays(scenario.calendar, scenario.first_day)
    season = _season(scenario, days)
    first = season[: scenario.series.expiries]
    instruments = [
        instrument
        for number, table in enumerate(scenario.underlyings)
        for instrument in instruments_of(table, Shard(number), first, scenario.series.strikes)
    ]
    encode = msgpack.Encoder().encode
    return CreateGame(
        scenario_hash="",
        rules=_rules(name, scenario, days, season),
        setup=tuple(Raw(encode(command)) for command in _setup(scenario, instruments, season)),
        join_code_hash="",
        admin_key_hash="",
    )


def _season(scenario: Scenario, days: TradingDays) -> list[Expiry]:
    # Where the chain rolls, as many weeks as leave every round with all its expiries.
    count, session = scenario.series.expiries, scenario.session
    rounds = days.take(days_of(session)) if scenario.series.rolls else days.take(1)
    weeks = days.weekly_expiries(count + len(rounds))
    over = sum(day < rounds[-1] for day in weeks)
    return [(day, hours_of(session, days, day).closed_ns) for day in weeks[: over + count]]


def _rules(name: str, scenario: Scenario, days: TradingDays, season: Sequence[Expiry]) -> GameRules:
    retail = scenario.retail
    rounds = in_season(
        scenario.season,
        rounds_of(scenario.session, days, flow_lead_s=0 if retail is None else retail.pre_open_s),
        len(scenario.calendar.weekdays),
    )
    return GameRules(
        scenario=name,
        open_registration=scenario.registration.open,
        registrable_roles=tuple(Role(r.role) for r in scenario.roles if r.registrable),
        max_teams=scenario.registration.max_teams,
        speed=scenario.clock.speed,
        lock_step=scenario.clock.lock_step,
        start_on_create=scenario.clock.start_on_create,
        starts_next_round=scenario.clock.next_round == "auto",
        rounds=rounds,
        session_ends_ns=session_ends(
            scenario.session, days, [day for day, _ in season], len(rounds)
        ),
        shards=tuple(shards_of(scenario)),
        has_market=scenario.market is not None,
        has_retail=scenario.house is not None or retail is not None,
        has_news=scenario.news is not None,
        has_signals=scenario.signals is not None,
        step_ns=step_ns(scenario),
        rotation=scenario.registration.rotation,
        house_account_id=None if scenario.house is None else AccountId(scenario.house.account),
        teams=tuple(TeamPlan(team_name=t.name, role=Role(t.role)) for t in scenario.teams),
        scoring=scoring_of(scenario, len(rounds)),
    )


def step_ns(scenario: Scenario) -> Nanos:
    """Return the length of a lock step."""
    step_ms = STEP_MS if scenario.market is None else scenario.market.step_ms
    return Nanos(step_ms * NS_PER_MS)


def _setup(
    scenario: Scenario, instruments: Sequence[Instrument], season: Sequence[Expiry]
) -> Iterator[Command]:
    yield ConfigurePositions(
        roles=tuple(role_of(scenario, role) for role in scenario.roles),
        session_ns=Nanos(session_seconds(scenario.session) * NS_PER_S),
    )
    yield from exchanges_of(scenario)
    yield from ladders_of(scenario, season)
    if scenario.market is not None:
        yield market_of(scenario, scenario.market)
    for account_id, role in house_accounts(scenario):
        yield OpenAccount(account_id=account_id, role=role)
    if scenario.house is not None or scenario.retail is not None:
        yield retail_of(scenario)
    if scenario.news is not None:
        yield news_of(scenario, scenario.news)
    if scenario.signals is not None:
        yield signals_of(scenario)
    for instrument in instruments:
        yield ListInstrument(shard=instrument.shard, instrument=instrument)
        if scenario.market is not None:
            yield TrackSeries(instrument=instrument)
