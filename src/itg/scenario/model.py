"""A whole scenario file: its tables are under `tables`."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from itg.scenario.tables.flow import House, Retail
from itg.scenario.tables.information import News, Signals
from itg.scenario.tables.listing import Matching, Protection, Series, UnderlyingTable
from itg.scenario.tables.market import Market
from itg.scenario.tables.players import Registration, RoleTable, TeamTable
from itg.scenario.tables.scoring import ScoringTable
from itg.scenario.tables.sessions import AnySession, Calendar, Clock, Season
from itg.scenario.tables.values import Seed, Table


class Scenario(Table, frozen=True, kw_only=True):
    """A whole scenario, inheritance resolved."""

    title: str
    seed: Seed
    first_day: date
    fee_sign: Literal["paid", "credit"] = "paid"
    calendar: Calendar
    session: AnySession
    season: Season | None = None
    underlyings: Annotated[tuple[UnderlyingTable, ...], Meta(min_length=1, max_length=31)]
    series: Series
    roles: Annotated[tuple[RoleTable, ...], Meta(min_length=1)]
    clock: Clock = Clock()
    registration: Registration = Registration()
    matching: Matching = Matching()
    protection: Protection = Protection()
    market: Market | None = None
    house: House | None = None
    retail: Retail | None = None
    news: News | None = None
    signals: Signals | None = None
    teams: tuple[TeamTable, ...] = ()
    scoring: ScoringTable | None = None


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a scenario with its inheritance resolved."""
    return msgspec.json.schema(Scenario)
