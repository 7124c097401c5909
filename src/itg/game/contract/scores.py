"""Scores: the rules as data, a round's scores with every term, and what an organizer adds.

Points, shares and weights are 1e-6; a component's `measured` and anchors are in 1e-6 of its unit
(a share, a ratio, SPX equivalents, USD).
"""

from enum import unique

from msgspec import Struct

from itg.game.contract.acts import OrganizerAct
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, Role, TeamId, UnderlyingId
from itg.kernel.messages import Event, Query, Reply
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.kernel.words import Word


@unique
class ComponentGroup(Word):
    """Which part of the measured score a component belongs to."""

    KPI = "kpi"
    COMPLIANCE = "compliance"
    RISK = "risk"


@unique
class Ranking(Word):
    """How a round's measured scores become what counts."""

    PAR = "par"  # 50 + 20 × clip((J − par) / spread, ±2.5)
    RANK = "rank"  # 100 × the share of same-role teams beaten
    RANK_SQUARED = "rank_squared"  # 100 × its square: (rank − 1)² of the leaders' distance
    PNL = "pnl"  # profit and loss, in thousandths of the starting cash around 50


# What a KPI or an activity may be the name of; docs/reference/scores.md has each one's formula.
MEASURES = (
    *("capture", "coverage", "inventory", "volume"),
    *("windows", "signals", "rehedge", "delta"),
    *("convergence", "balance", "response", "beta"),
    *("holding", "engagement"),
)


class Kpi(Struct, frozen=True, gc=False, kw_only=True):
    """One component: what is measured, its weight in its group, the values of 0, 50, 100 points."""

    name: str
    weight_ppm: int
    zero: float
    half: float
    full: float


class RoleScoring(Struct, frozen=True, gc=False, kw_only=True):
    """How one role is scored; drawdown and deviation in USD are the reference bots' medians.

    The limits and the cash are the role's own rules, 0 where it has none.
    """

    role: Role
    kpis: tuple[Kpi, ...]
    drawdown_reference: float
    deviation_reference: float
    activity: str  # the name of what is measured for the gate
    activity_gate: float
    portfolio_limit: int = 0  # contracts
    delta_limit: int = 0  # 1e-6 of the leader's equivalents
    starting_cash: Cash = Cash(0)


class ScoringNumbers(Struct, frozen=True, gc=False, kw_only=True):
    """The numbers in the definitions of what is measured, and of what becomes of it.

    Equivalents are the leader's; shares and depths are plain fractions.
    """

    markout_s: int = 60  # a trade's fair value is read at the trade and so long after it
    interval_s: int = 300  # of P&L whose variance and slope are looked at; whole minutes
    held_min: int = 50  # options held while hedging is looked at
    leg_min: float = 2.0  # equivalents of the larger leg while balance is looked at
    signal_horizon_s: int = 300  # after a signal's effective time its P&L is read
    response_s: int = 60  # after a window opened
    response_min: float = 2.0  # equivalents traded by then
    team_share_max: float = 0.30  # of a maker's volume that counts from one team
    breach_depths: tuple[float, ...] = (0.10, 0.25)  # up to the first, up to the second, above
    breach_points: tuple[int, ...] = (5, 15, 30)
    breach_points_max: int = 60  # a round
    zeroed_below: float = 0.5  # of the starting cash
    points_per_spread: float = 20.0
    spreads_max: float = 2.5
    semideviation_weight: float = 0.25
    sources_max: int = 1_000  # of a component that are told one by one, the latest


class RolePar(Struct, frozen=True, gc=False, kw_only=True):
    """What a role's reference bots measure: mean and standard deviation of J over `sessions`."""

    role: Role
    par: int  # 1e-6 points
    spread: int
    sessions: int


class ScoringRules(Struct, frozen=True, gc=False, kw_only=True):
    """A scenario's rules of scoring; group weights add up to the measured part of 100."""

    formula_version: int = 1
    ranking: Ranking = Ranking.PAR
    roles: tuple[RoleScoring, ...] = ()
    pars: tuple[RolePar, ...] = ()  # frozen in the scenario; `SetPar` replaces them
    kpi_weight: int = 40
    compliance_weight: int = 15
    risk_weight: int = 15
    research_weight: int = 15
    code_weight: int = 10
    team_weight: int = 5
    round_weights_ppm: tuple[int, ...] = ()  # of each round in the final; empty: all the same
    numbers: ScoringNumbers = ScoringNumbers()
    leader: UnderlyingId = UnderlyingId("")  # whose moves P&L is held against
    leader_multiplier: int = 100
    house_account_id: AccountId | None = None  # takes over a zeroed book; counts in no KPI


class SetPar(OrganizerAct, frozen=True, kw_only=True):
    """Replace the pars; before the first round is scored, or refused."""

    pars: tuple[RolePar, ...]
    origin: str  # which sessions they come from: hash of scenario, cores and reference bots
    reason: str = ""


class SetJudgement(OrganizerAct, frozen=True, kw_only=True):
    """Enter a team's judged part: each 0 to 100 points, 1e-6; None leaves what was entered."""

    account_id: AccountId
    research: int | None = None
    code: int | None = None
    team: int | None = None
    reason: str = ""


class ScoreSource(Struct, frozen=True, gc=False, array_like=True):
    """One thing a component counted: a headline, signal, window, breach, trade or interval.

    `source_id` is its number where it has one (news_id, signal_id, trade_id); `value` is what it
    added, in 1e-6 of the component's unit. The kind `earlier` stands for so many (`source_id`)
    before those that are told one by one.
    """

    kind: str
    source_id: int
    at_ns: Nanos
    value: int


class ScoreComponent(Struct, frozen=True, gc=False, kw_only=True):
    """One term of a score. `measured` None: nothing happened to be measured, which is 50 points."""

    name: str
    group: ComponentGroup
    weight_ppm: int  # of its group
    measured: int | None
    zero: int = 0
    half: int = 0
    full: int = 0
    points: int = 0
    sources: tuple[ScoreSource, ...] = ()


class Unscored(Struct, frozen=True, gc=False, kw_only=True):
    """What reports add and no score counts; ratios 1e-6 a session, money in cash.

    Sharpe (1966) and information ratio (Treynor and Black 1973) of one-minute P&L, the latter
    against the mean of the role; VaR: the loss that 5 % of five-minute intervals exceed.
    """

    pnl: int
    fees: int
    contracts: int
    sharpe: int | None
    information_ratio: int | None
    value_at_risk: int | None
    drawdown: int


class TeamScore(Struct, frozen=True, gc=False, kw_only=True):
    """One team's score of one round.

    `measured` is J = (40 KPI + 15 compliance + 15 risk) / 70 with each group's points, KPI, risk
    and compliance multiplied by `activity` (at most 1). `score` is S by the ranking, from par and
    spread; None before there is a par.
    """

    team_id: TeamId
    account_id: AccountId
    role: Role
    components: tuple[ScoreComponent, ...]
    kpi: int
    compliance: int
    risk: int
    activity: int
    measured: int
    par: int | None
    spread: int | None
    score: int | None
    rank: int  # by score, then measured, within the round
    is_zeroed: bool = False  # equity fell below half of the start
    unscored: Unscored


class RoundScore(Struct, frozen=True, gc=False, kw_only=True):
    """A round's scores in team order; `is_final` once the round has ended."""

    round_id: int
    formula_version: int
    is_final: bool
    scored_ns: Nanos
    teams: tuple[TeamScore, ...]


class RoundScored(Event, frozen=True, kw_only=True):
    """A round is over and these are its scores; told again when a correction moved them."""

    scores: RoundScore


class ParSet(Event, frozen=True, kw_only=True):
    """Scores are measured against these from now on."""

    pars: tuple[RolePar, ...]
    origin: str


class JudgementSet(Event, frozen=True, kw_only=True):
    """A team's judged part is this now."""

    account_id: AccountId
    research: int | None
    code: int | None
    team: int | None


class ScoringRejected(Event, frozen=True, kw_only=True):
    """A par or a judgement was refused."""

    refusal: Refusal


class GetScores(Query, frozen=True, kw_only=True):
    """Read a round's scores, live while it runs; None: the newest that began."""

    round_id: int | None = None


class FinalScore(Struct, frozen=True, gc=False, kw_only=True):
    """One team over all rounds: mean S less a quarter of the semideviation below 50, and judged.

    `total` joins both at 70 : 30; while nothing is judged it is None.
    """

    team_id: TeamId
    account_id: AccountId
    rounds: tuple[tuple[int, int], ...]  # round and S
    mean: int | None
    semideviation: int | None
    measured: int | None
    research: int | None
    code: int | None
    team: int | None
    judged: int | None
    total: int | None
    rank: int


class Scores(Reply, frozen=True, kw_only=True):
    """One round's scores, and the season's so far in rank order."""

    round: RoundScore | None
    final: tuple[FinalScore, ...]
    rules: ScoringRules
