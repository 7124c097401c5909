"""Who plays: registration, roles and teams."""

from itg.game.contract import RoleRotation
from itg.kernel.words import SelfTradePolicy
from itg.scenario.rules import AnyRule
from itg.scenario.tables.values import Count, NotNegative, Slug, Table, TeamName


class Registration(Table, frozen=True, kw_only=True):
    """Who may join."""

    open: bool = False
    max_teams: Count = 30
    rotation: RoleRotation = RoleRotation.NONE


class RoleTable(Table, frozen=True, kw_only=True):
    """A role as data."""

    role: Slug
    registrable: bool
    maker_fee: float
    taker_fee: float
    starting_cash: NotNegative = 0.0
    quotes_allowed: bool = False
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING
    constraints: tuple[AnyRule, ...] = ()


class TeamTable(Table, frozen=True, kw_only=True):
    """A team the scenario brings along."""

    name: TeamName
    role: Slug
