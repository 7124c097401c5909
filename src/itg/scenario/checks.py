"""What no single key can say: tables that name each other, numbers that belong together."""

from collections.abc import Iterator, Sequence
from math import isclose

from itg.exchange.contract import AUCTION_ORDERS, AUCTION_RULES, CONTINUOUS_RULES
from itg.game.contract import RoleRotation
from itg.kernel.errors import ConfigurationError
from itg.kernel.names import folded, is_as_team_id
from itg.scenario.information_checks import news_complaints, rising, signal_complaints
from itg.scenario.model import Scenario
from itg.scenario.nearest import nearest
from itg.scenario.rules import AnyRule, DeltaLimit, InstrumentAllowed
from itg.scenario.scoring import scoring_complaints
from itg.scenario.tables.flow import Retail
from itg.scenario.tables.listing import Protection, Tracking
from itg.scenario.tables.market import Market
from itg.scenario.tables.players import RoleTable
from itg.scenario.tables.sessions import OrganizerSession

# A regime that is more likely left than kept within a regime step has no smaller steps.
STAY_MIN = 0.5
ROTATED_ROLES_MIN = 2
PARTS = {
    "collar": (
        *("collar_option", "collar_vol_points", "collar_width", "collar_underlying"),
        "opening_delay_s",
    ),
    "halt": ("halt_move", "halt_window_s", "halt_s"),
    "guard": ("guard_step", "guard_s"),
}


def check(scenario: Scenario) -> None:
    """Raise `ConfigurationError` naming the first contradiction."""
    for complaint in contradictions(scenario):
        raise ConfigurationError(complaint)


def contradictions(scenario: Scenario) -> Iterator[str]:
    """Yield every contradiction between tables."""
    yield from _matching(scenario)
    yield from _protection(scenario.protection)
    yield from _series(scenario)
    yield from _underlyings(scenario)
    yield from _roles(scenario)
    yield from _teams(scenario)
    yield from _rounds(scenario)
    yield from _worlds(scenario)
    yield from news_complaints(scenario)
    yield from signal_complaints(scenario)
    yield from scoring_complaints(scenario)


def _protection(table: Protection) -> Iterator[str]:
    for part, keys in PARTS.items():
        missing = [key for key in keys if getattr(table, key) is None]
        if missing and len(missing) < len(keys):
            yield (
                f"protection: {part} also needs {', '.join(missing)}; leave out all its keys to "
                "switch it off"
            )


def _matching(scenario: Scenario) -> Iterator[str]:
    for key, rule, known in (
        ("continuous", scenario.matching.continuous, CONTINUOUS_RULES),
        ("auction", scenario.matching.auction, AUCTION_RULES),
        ("auction_order", scenario.matching.auction_order, AUCTION_ORDERS),
    ):
        if rule not in known:
            yield f"matching.{key}: no rule {rule!r}; known: {', '.join(known)}"


def _series(scenario: Scenario) -> Iterator[str]:
    series = scenario.series
    if not series.rolls:
        return
    if scenario.market is None:
        yield "series.rolls: strikes follow simulated prices: it needs the table [market]"
    if series.expiries < 1:
        yield "series.rolls: it needs at least one of series.expiries"
    if max(series.strikes, 2 * series.strikes_each_side) > series.strikes_max:
        yield "series.strikes_max is below strikes, or below strikes_each_side on both sides"


def _underlyings(scenario: Scenario) -> Iterator[str]:
    before: list[str] = []
    for table in scenario.underlyings:
        place = f"underlyings.{table.id}"
        if table.id in before:
            yield f"{place}: listed twice"
        if table.tracking is not None:
            yield from _tracking(table.tracking, f"{place}.tracking", before)
        elif before and scenario.market is not None:
            yield f"{place} needs a tracking table: one underlying leads, the others follow it"
        before.append(table.id)


def _tracking(table: Tracking, place: str, before: Sequence[str]) -> Iterator[str]:
    if table.leader not in before[:1]:
        yield f"{place}.leader: {table.leader} is not the first underlying"
    if table.lag_s_min > table.lag_s_max:
        yield f"{place}.lag_s_min is above lag_s_max"


def _roles(scenario: Scenario) -> Iterator[str]:
    names = [table.role for table in scenario.roles]
    for name in names:
        if names.count(name) > 1:
            yield f"roles.{name}: defined twice"
    for table in scenario.roles:
        yield from _role(table, [underlying.id for underlying in scenario.underlyings])


def _role(table: RoleTable, underlyings: Sequence[str]) -> Iterator[str]:
    for rule in table.constraints:
        for name in _underlyings_named(rule):
            if name not in underlyings:
                yield f"roles.{table.role}: no underlying {name!r}{nearest(name, underlyings)}"


def _underlyings_named(rule: AnyRule) -> Sequence[str]:
    if isinstance(rule, InstrumentAllowed):
        return rule.underlying_ids
    return tuple(rule.weights) if isinstance(rule, DeltaLimit) else ()


def _teams(scenario: Scenario) -> Iterator[str]:
    names = [folded(team.name) for team in scenario.teams]
    open_roles = [table.role for table in scenario.roles if table.registrable]
    if len(names) > scenario.registration.max_teams:
        yield "teams: more than registration.max_teams"
    for team, name in zip(scenario.teams, names, strict=True):
        if names.count(name) > 1:
            yield f"teams: {team.name!r} twice"
        if is_as_team_id(team.name):
            yield f"teams: {team.name!r} is written as a team's id is: choose other words"
        yield from _known_role(f"teams.{team.name}", team.role, open_roles)


def _rounds(scenario: Scenario) -> Iterator[str]:
    session, roles = scenario.session, [table for table in scenario.roles if table.registrable]
    if not isinstance(session, OrganizerSession) and session.practice_days > session.days:
        yield f"session.practice_days: {session.practice_days} of {session.days} days"
    if scenario.season is not None and scenario.market is None:
        yield "season.vol_factors are of simulated prices: it needs the table [market]"
    if scenario.registration.rotation is RoleRotation.NONE:
        return
    place = "registration.rotation"
    if scenario.house is None:
        yield f"{place}: the house takes over what reseated teams hold: it needs the table [house]"
    if len(roles) < ROTATED_ROLES_MIN:
        yield f"{place}: {len(roles)} registrable role; roles go round among two or more"


def _worlds(scenario: Scenario) -> Iterator[str]:
    roles = [table.role for table in scenario.roles]
    for place, table in (("house", scenario.house), ("retail", scenario.retail)):
        if table is not None:
            yield from _known_role(f"{place}.role", table.role, roles)
            if scenario.market is None:
                yield f"{place} quotes around simulated prices: it needs the table [market]"
    if scenario.market is not None:
        yield from _market(scenario.market)
    if scenario.retail is not None:
        yield from _retail(scenario.retail)


def _market(market: Market) -> Iterator[str]:
    for number, row in enumerate(market.regimes.transition):
        place = f"market.regimes.transition[{number}]"
        if not isclose(sum(row), 1.0, abs_tol=1e-9):
            yield f"{place}: probabilities sum to {sum(row):.6g}, not 1"
        if row[number] <= STAY_MIN:
            yield f"{place}: a regime stays with more than {STAY_MIN}; lower regime_step_s"
    if market.jumps.size_min > market.jumps.size_max:
        yield "market.jumps.size_min is above size_max"
    if market.recording is not None and market.model == "regime_gbm":
        yield "market.recording: regime_gbm follows no recording; name a market.model that does"


def _retail(retail: Retail) -> Iterator[str]:
    if retail.limit_at_or_through + retail.limit_behind > 1:
        yield "retail: limit_at_or_through and limit_behind sum to more than 1"
    if retail.lot > retail.quantity_max:
        yield "retail.lot is above quantity_max"
    yield from rising("retail.hours", [hour.starts for hour in retail.hours])


def _known_role(place: str, role: str, known: Sequence[str]) -> Iterator[str]:
    if role not in known:
        yield f"{place}: no such role {role!r}{nearest(role, known)}"
