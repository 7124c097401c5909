"""Everything that is wrong with a scenario at once, for the person who writes it."""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.scenario.checks import contradictions
from itg.scenario.compile import compiled
from itg.scenario.files import resolve
from itg.scenario.model import Scenario
from itg.scenario.plan import session_seconds
from itg.scenario.roles import role_of
from itg.scenario.series import instruments_of
from itg.scenario.strict import complaints_of
from itg.scenario.trading_days import TradingDays
from itg.scenario.world import market_of, retail_of


def faults_of(name_or_path: str) -> list[str]:
    """Return what is wrong with a scenario, empty where a game can be made of it.

    Keys come first; only when each is right for itself are the tables held against each other, and
    only when they agree are they compiled. Raises `ConfigurationError` where there is no such file.
    """
    resolved = resolve(name_or_path)
    wrong = [*complaints_of(resolved.tables)]
    if wrong:
        return wrong
    scenario = msgspec.convert(resolved.tables, Scenario)
    return _distinct(_contradictions(scenario)) or _distinct(_compile_faults(scenario))


def _contradictions(scenario: Scenario) -> Iterator[str]:
    try:
        yield from contradictions(scenario)
    except ConfigurationError as error:
        yield str(error)


def _compile_faults(scenario: Scenario) -> Iterator[str]:
    for part in _parts(scenario):
        try:
            part()
        except ConfigurationError as error:
            yield str(error)


def _parts(scenario: Scenario) -> Iterator[Callable[[], object]]:
    # Each by itself, so that one fault does not hide another; then the whole.
    yield partial(session_seconds, scenario.session)
    yield partial(TradingDays, scenario.calendar, scenario.first_day)
    for table in scenario.underlyings:
        yield partial(instruments_of, table, Shard(0), (), scenario.series.strikes)
    for role in scenario.roles:
        yield partial(role_of, scenario, role)
    if scenario.market is not None:
        yield partial(market_of, scenario, scenario.market)
    yield partial(retail_of, scenario)
    yield partial(compiled, "", scenario)


def _distinct(faults: Iterator[str]) -> list[str]:
    return [*dict.fromkeys(faults)]
