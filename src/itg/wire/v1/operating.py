"""What the organizer reads of the machine while a game runs."""

from typing import Literal

from itg.wire.v1.orders import Body, FillBody, Request, WireInt
from itg.wire.v1.reads import FillsParams, OrdersParams, QuotesParams


class ConnectionBody(Body, frozen=True, kw_only=True):
    """One open socket, as the server sees it; the age of its last frame is wall time.

    `waiting_bytes` is what it has not read yet, `unanswered` its requests under way; `is_blocked`:
    it takes nothing at present.
    """

    connection_number: int
    open_ms: int
    last_frame_age_ms: int
    waiting_bytes: int
    unanswered: int
    is_blocked: bool
    channels: list[str]


class TeamConnectionsBody(Body, frozen=True, kw_only=True):
    """A team with its open sockets, oldest first; without any it is missing.

    `last_seen_us` is the wall time now while it has one, and when its last one ended otherwise;
    null: none since the server began. `elsewhere` counts its sockets at the game's other gateways,
    which tell the node's and not each other.
    """

    team_id: str
    team_name: str
    account_id: str
    role: str
    connections: list[ConnectionBody]
    last_seen_us: int | None = None
    elsewhere: int = 0


class ConnectionsBody(Body, frozen=True, kw_only=True):
    """Every team in registration order, who is missing, and how many sockets are of nobody's team.

    `epoch` is that of every channel that begins anew with the server.
    """

    epoch: int
    items: list[TeamConnectionsBody]
    missing: list[str]
    others: int


class PlayedServiceBody(Body, frozen=True, kw_only=True):
    """A service, or one shard of it, the node that plays it, and whether it takes calls now."""

    service: str
    node: str
    is_reached: bool


class ProcessBody(Body, frozen=True, kw_only=True):
    """One process of the game; `status` says of a node with a stand-by which of the two leads.

    `serves` says whom its port is for, null where it has none. Nobody counts the starts of a
    process that `itg up` does not keep.
    """

    process: str
    pid: int | None
    status: Literal["leads", "stands by", "runs", "down"]
    port: int | None = None
    serves: Literal["organizer", "teams"] | None = None
    starts: int | None = None


class ServicesBody(Body, frozen=True, kw_only=True):
    """Every service of the game by node, and the processes that `itg up` keeps, or this one."""

    items: list[PlayedServiceBody]
    processes: list[ProcessBody]


class PreflightRowBody(Body, frozen=True, kw_only=True):
    """One question with its answer; `advice` says what to do, empty where it is green."""

    name: str
    status: Literal["green", "red", "unknown"]
    found: str
    advice: str


class PreflightBody(Body, frozen=True, kw_only=True):
    """The list in the order in which a person would mend it; ready while none is red."""

    is_ready: bool
    items: list[PreflightRowBody]


class ScenarioTableBody(Body, frozen=True, kw_only=True):
    """One table of the scenario's file: what it is about, and its keys with their values."""

    table: str
    meaning: str
    settings: dict[str, str]


class ScenarioNameBody(Body, frozen=True, kw_only=True):
    """A shipped scenario and what it is for."""

    scenario: str
    purpose: str


class ScenarioBody(Body, frozen=True, kw_only=True):
    """What is played: the file's tables with all that it extends, without the seed.

    `speed` is the game's, which the command line may have set. No `tables`: another process keeps
    the data.
    """

    scenario: str
    scenario_hash: str
    speed: float
    tables: list[ScenarioTableBody]
    shipped: list[ScenarioNameBody]


class ScenarioCheckParams(Request, frozen=True, kw_only=True):
    """A shipped scenario by its name."""

    scenario: str


class ScenarioCheckBody(Body, frozen=True, kw_only=True):
    """A shipped scenario as a game would be made of it; `faults` say why none can be.

    `scenario_hash` is that of its own seed and speed, null where it has faults.
    """

    scenario: str
    purpose: str
    scenario_hash: str | None
    faults: list[str]
    tables: list[ScenarioTableBody]


class TeamOrdersParams(OrdersParams, frozen=True, kw_only=True):
    """A team's orders, oldest first."""

    team_id: str


class TeamFillsParams(FillsParams, frozen=True, kw_only=True):
    """A team's fills, oldest first."""

    team_id: str


class TeamQuotesParams(QuotesParams, frozen=True, kw_only=True):
    """A team's standing quotes."""

    team_id: str


class TradeFillsParams(Request, frozen=True, kw_only=True):
    """One trade."""

    trade_id: WireInt


class TradeFillBody(Body, frozen=True, kw_only=True):
    """A team's half of a trade."""

    team_id: str
    team_name: str
    fill: FillBody


class TradeFillsBody(Body, frozen=True, kw_only=True):
    """Who traded: the halves that are a team's and not too old; no half is shown of the house's."""

    trade_id: int
    items: list[TradeFillBody]
