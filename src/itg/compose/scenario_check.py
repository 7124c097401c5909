"""A scenario simulated over many seeds: what its world is like, and its market.

The world is news, prices and signals alone, for a whole session, a price a second: cheap enough for
many seeds. The market is the whole game with the scenario's reference bots, for the first minutes
of a session whose pre-open is cut short: the world is the very one of the whole session.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from contextlib import redirect_stdout
from io import StringIO
from os import cpu_count
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from itg import scenario
from itg.compose.lab import seats_of
from itg.compose.models import refuse_unknown_models, setup_of
from itg.compose.services import services_of
from itg.compose.workers import worker_pool
from itg.exchange.contract import ConfigureExchange
from itg.game.asking import Setup
from itg.game.contract import CreateGame, RoundPlan
from itg.kernel.ids import AccountId
from itg.kernel.messages import Command
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.kernel.words import Phase, PhaseBoundary
from itg.lab import LabRun
from itg.lab.difficulty import Difficulty, difficulty_of
from itg.lab.figures import Distribution, Figure, distributions
from itg.lab.market import MarketTerms, MarketWatch
from itg.lab.world import WorldTerms, WorldWatch
from itg.market_data.contract import ConfigureMarketData, StartMarket
from itg.market_data.service import MarketDataService
from itg.news.contract import ConfigureNews, NewsPublished, StartNews
from itg.news.service import NewsService
from itg.positions.contract import ConfigurePositions
from itg.retail.contract import ConfigureRetail, RetailFlow
from itg.runtime.cascade import Machine
from itg.signals.contract import ConfigureSignals, StartSignals
from itg.signals.service import SignalsService

WORLD_STEP_NS = Nanos(NS_PER_S)
NEWS_STEP_NS = Nanos(NS_PER_MINUTE)
WORLD_MINUTES_MAX = 390  # of a session that never ends
PRE_OPEN_NS = 60 * NS_PER_S
FIRST_SEED = 1
C = TypeVar("C", bound=Command)
OnDone = Callable[[str], None]
WORLD, MARKET = "world", "market"


class CheckSettings(Struct, frozen=True, kw_only=True):
    """How much to simulate: sessions of the world, games of the market and their minutes."""

    scenario: str
    seeds: int = 64
    market_seeds: int = 4
    market_minutes: int = 30


class Simulation(Struct, frozen=True, kw_only=True):
    """Distributions over the seeds from 1 on; a part that was not simulated is empty.

    `world_minutes` and `market_minutes` are those of trading that each session was watched for;
    counts are extrapolated to a whole session.
    """

    seeds: int
    world_minutes: int
    is_world_part: bool
    market_seeds: int
    market_minutes: int
    world: list[Distribution]
    market: list[Distribution]
    difficulty: Difficulty | None


def parts_of(settings: CheckSettings) -> dict[str, int]:
    """Return how many sessions of each part will be simulated; a scenario may have none of one."""
    create = _loaded(settings.scenario, FIRST_SEED)
    has_world = create.rules.has_market
    has_market = has_world and bool(create.rules.rounds[0].boundaries)
    parts = {WORLD: settings.seeds * has_world, MARKET: settings.market_seeds * has_market}
    return {part: count for part, count in parts.items() if count}


def simulate(settings: CheckSettings, on_done: OnDone) -> Simulation:
    """Simulate on all cores; `on_done` hears the part of each session that is over."""
    parts = parts_of(settings)
    seeds = {part: range(FIRST_SEED, FIRST_SEED + count) for part, count in parts.items()}
    found: dict[str, list[list[Figure]]] = {WORLD: [], MARKET: []}
    if parts:
        with worker_pool(cpu_count() or 1) as pool:
            # The long ones first, so that no core waits for the last of them.
            asked: dict[str, list[Future[list[Figure]]]] = {
                MARKET: [pool.submit(market_figures, settings, s) for s in seeds.get(MARKET, ())],
                WORLD: [pool.submit(world_figures, settings, s) for s in seeds.get(WORLD, ())],
            }
            part_of = {future: part for part, futures in asked.items() for future in futures}
            for future in as_completed(part_of):
                future.result()
                on_done(part_of[future])
            found = {part: [f.result() for f in futures] for part, futures in asked.items()}
    minutes = _session_ns(settings) // NS_PER_MINUTE
    world, market = distributions(found[WORLD]), distributions(found[MARKET])
    return Simulation(
        seeds=parts.get(WORLD, 0),
        world_minutes=min(minutes, WORLD_MINUTES_MAX),
        is_world_part=minutes > WORLD_MINUTES_MAX,
        market_seeds=parts.get(MARKET, 0),
        market_minutes=settings.market_minutes,
        world=world,
        market=market,
        difficulty=difficulty_of([*world, *market]),
    )


def _session_ns(settings: CheckSettings) -> int:
    plan = _loaded(settings.scenario, FIRST_SEED).rules.rounds[0]
    return plan.session_end_ns - plan.session_start_ns


# -- the world alone ----------------------------------------------------------


def world_figures(settings: CheckSettings, seed: int) -> list[Figure]:
    """Simulate one session of news, prices and signals; return what it came to."""
    create = _loaded(settings.scenario, seed)
    setup = setup_of(create)
    machine = Machine([NewsService(), MarketDataService(), SignalsService()])
    plan = create.rules.rounds[0]
    start_ns = plan.session_start_ns
    end_ns = min(plan.session_end_ns, start_ns + WORLD_MINUTES_MAX * NS_PER_MINUTE)
    (market,) = _of(setup, ConfigureMarketData)
    market = replace(market, step_ns=max(WORLD_STEP_NS, market.step_ns))
    watch = WorldWatch(_world_terms(setup, market))
    begins = Nanos(start_ns - market.step_ns)
    for command in _world_commands(setup, market, create, begins):
        watch.hear(machine.apply(begins, command))
    while (fired := machine.due(Nanos(end_ns))) is not None:
        watch.hear(machine.apply(fired.at_ns, fired))
    return watch.figures()


def planned_news(create: CreateGame) -> list[tuple[Nanos, NewsPublished]]:
    """Return the headlines that come in a game's first session by themselves, with their times."""
    setup, rules = setup_of(create), create.rules
    markets = _of(setup, ConfigureMarketData)
    if not rules.has_news or not markets:
        return []
    plan = rules.rounds[0]
    end_ns = min(plan.session_end_ns, plan.session_start_ns + WORLD_MINUTES_MAX * NS_PER_MINUTE)
    # News does not hang on prices: few are enough.
    market = replace(markets[0], step_ns=max(NEWS_STEP_NS, markets[0].step_ns))
    machine = Machine([NewsService(), MarketDataService(), SignalsService()])
    begins = Nanos(plan.session_start_ns - market.step_ns)
    for command in _world_commands(setup, market, create, begins):
        machine.apply(begins, command)
    told: list[tuple[Nanos, NewsPublished]] = []
    while (fired := machine.due(Nanos(end_ns))) is not None:
        outputs = machine.apply(fired.at_ns, fired)
        told += [(fired.at_ns, each) for each in outputs if isinstance(each, NewsPublished)]
    return told


def _world_commands(
    setup: Sequence[Setup], market: ConfigureMarketData, create: CreateGame, begins: Nanos
) -> Iterator[Command]:
    rules, plan = create.rules, create.rules.rounds[0]
    session = {"session_start_ns": plan.session_start_ns, "session_end_ns": plan.session_end_ns}
    vol_factors = tuple(each.vol_factor for each in rules.rounds)
    yield from _of(setup, ConfigureNews)
    yield market
    for signals in _of(setup, ConfigureSignals):
        yield replace(signals, alphas=())  # their forecasts change nothing that is measured
    if rules.has_signals:
        yield StartSignals(**session)
    if rules.has_news:
        yield StartNews(**session)
    yield StartMarket(
        session_start_ns=plan.session_start_ns,
        session_end_ns=plan.session_end_ns,
        session_ends_ns=rules.session_ends_ns,
        first_step_ns=begins,
        vol_factors=vol_factors,
    )


def _world_terms(setup: Sequence[Setup], market: ConfigureMarketData) -> WorldTerms:
    exchanges = _of(setup, ConfigureExchange)
    return WorldTerms(
        underlying_ids=tuple(u.underlying_id for u in market.underlyings),
        step_ns=market.step_ns,
        sessions_per_year=market.sessions_per_year,
        session_seconds=market.session_seconds,
        initial=market.regimes.initial,
        breaker=exchanges[0].market_breaker,
        guard=exchanges[0].jump_guard,
        has_news=any(news.arrivals is not None for news in _of(setup, ConfigureNews)),
        has_windows=any(signals.tracking for signals in _of(setup, ConfigureSignals)),
    )


# -- the market with bots -----------------------------------------------------


def market_figures(settings: CheckSettings, seed: int) -> list[Figure]:
    """Play the first minutes of a session with the reference bots; return what they came to."""
    create = _loaded(settings.scenario, seed)
    game = shortened(create, settings.market_minutes)
    machine = Machine(services_of([shard for shard, _ in game.rules.shards]))
    watch = MarketWatch(_market_terms(create, game), machine.query)
    with redirect_stdout(StringIO()):
        LabRun(machine, game, seats_of(game, ()), watch.hear).run()
    return watch.figures()


def shortened(create: CreateGame, minutes: int) -> CreateGame:
    """Return the game's first round alone, with a minute of pre-open and `minutes` of trading.

    Only the round's boundaries change: prices, news and orders are those of the whole session.
    """
    plan = create.rules.rounds[0]
    opens_ns = plan.session_start_ns
    close_ns = Nanos(min(plan.session_end_ns, opens_ns + minutes * NS_PER_MINUTE))
    freeze_ns = next((b.at_ns for b in plan.boundaries if b.phase is Phase.OPENING_AUCTION), None)
    start_ns = Nanos(max(plan.start_ns, (freeze_ns or opens_ns) - PRE_OPEN_NS))
    return replace(create, rules=replace(create.rules, rounds=(_cut(plan, start_ns, close_ns),)))


def _cut(plan: RoundPlan, start_ns: Nanos, close_ns: Nanos) -> RoundPlan:
    inside = [
        PhaseBoundary(at_ns=Nanos(max(b.at_ns, start_ns)), phase=b.phase)
        for b in plan.boundaries
        if b.at_ns < close_ns
    ]
    return replace(
        plan,
        start_ns=start_ns,
        flow_start_ns=plan.flow_start_ns and Nanos(max(plan.flow_start_ns, start_ns)),
        end_ns=Nanos(close_ns + NS_PER_S),
        boundaries=(*inside, PhaseBoundary(at_ns=close_ns, phase=Phase.CLOSED)),
    )


def _market_terms(create: CreateGame, game: CreateGame) -> MarketTerms:
    setup, whole, plan = setup_of(create), create.rules.rounds[0], game.rules.rounds[0]
    (retail,) = _of(setup, ConfigureRetail) or [ConfigureRetail(seed=0)]
    roles = [role for c in _of(setup, ConfigurePositions) for role in c.roles]
    flow, house = retail.flow, retail.house
    return MarketTerms(
        shards=tuple(shard for shard, _ in game.rules.shards),
        start_ns=plan.session_start_ns,
        end_ns=plan.boundaries[-1].at_ns,
        session_s=(whole.session_end_ns - whole.session_start_ns) / NS_PER_S,
        retail=frozenset(() if flow is None else flow.account_ids),
        house=None if house is None else AccountId(house.account_id),
        maker_roles=frozenset(role.role for role in roles if role.quotes_allowed),
        retail_s=0.0 if flow is None else _operational_s(flow, whole),
    )


def _operational_s(flow: RetailFlow, plan: RoundPlan) -> float:
    # The flow's window, each second times the factor of its hour.
    start_ns = plan.start_ns if plan.flow_start_ns is None else plan.flow_start_ns
    length_s = (plan.session_end_ns - start_ns) / NS_PER_S
    edges = [(0.0, 1.0), *((min(h.start_s, length_s), h.factor) for h in flow.hours)]
    ends = [edge for edge, _ in edges[1:]] + [length_s]
    return sum((end - begin) * factor for (begin, factor), end in zip(edges, ends, strict=True))


def _loaded(name: str, seed: int) -> CreateGame:
    create = scenario.load(name, seed=seed, lock_step=True)
    refuse_unknown_models(create)
    return create


def _of(setup: Sequence[Setup], kind: type[C]) -> list[C]:
    return [command for command in setup if isinstance(command, kind)]
