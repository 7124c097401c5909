"""Scores: every team's total, and the terms of one's own."""

from typing import Annotated, Literal

from msgspec import Meta

from itg.wire.v1.orders import Body, ReasonText, Request

GroupWord = Literal["kpi", "compliance", "risk"]
Points = Annotated[float, Meta(ge=0, le=100)]
RoundNumber = Annotated[int, Meta(ge=1)]


class ScoreSourceBody(Body, frozen=True, kw_only=True):
    """One thing a component counted: `value` is what it added to `measured`.

    `kind` is headline, signal, window, trade, interval, breach and the like; `source_id` is its
    number where it has one. `earlier` stands for so many (`source_id`) before the others.
    """

    kind: str
    source_id: int
    game_us: int
    value: float


class ScoreComponentBody(Body, frozen=True, kw_only=True):
    """One term: what was measured, the values that earn 0, 50 and 100 points, and its points.

    `measured` null: there was nothing to measure, which is 50 points. `weight` is its share of its
    group.
    """

    name: str
    group: GroupWord
    weight: float
    measured: float | None
    zero: float
    half: float
    full: float
    points: float
    sources: list[ScoreSourceBody]


class UnscoredBody(Body, frozen=True, kw_only=True):
    """What no score counts, in USD; ratios are null while there is too little to tell."""

    pnl: float
    fees: float
    contracts: int
    sharpe: float | None
    information_ratio: float | None
    value_at_risk: float | None
    drawdown: float


class ScoreTermsBody(Body, frozen=True, kw_only=True):
    """What a score is made of.

    `measured` = `activity` × (40 `kpi` + 15 `compliance` + 15 `risk`) / 70, with the scenario's
    weights.
    """

    components: list[ScoreComponentBody]
    kpi: float
    compliance: float
    risk: float
    activity: float
    measured: float
    par: float | None
    spread: float | None
    unscored: UnscoredBody


class TeamScoreBody(Body, frozen=True, kw_only=True):
    """One team's score of a round; `terms` are shown to the team itself and to the organizer.

    `is_stale`: the game does not answer, and this is the score as it was read last.
    """

    team_id: str
    role: str
    rank: int
    score: float | None
    is_zeroed: bool
    terms: ScoreTermsBody | None
    is_stale: bool = False


class RoundPointsBody(Body, frozen=True, kw_only=True):
    """What one round counts."""

    round_id: int
    score: float


class JudgedBody(Body, frozen=True, kw_only=True):
    """What was entered of the judged part; null: not yet."""

    team_id: str
    research: float | None
    code: float | None
    team: float | None


class FinalScoreBody(Body, frozen=True, kw_only=True):
    """One team over all rounds; `judgement` is shown to the team itself and to the organizer."""

    team_id: str
    rank: int
    rounds: list[RoundPointsBody]
    mean: float | None
    semideviation: float | None
    measured: float | None
    judged: float | None
    total: float | None
    judgement: JudgedBody | None


class ParBody(Body, frozen=True, kw_only=True):
    """One role's par, in points."""

    role: str
    par: float
    spread: float
    sessions: int


class ScoresBody(Body, frozen=True, kw_only=True):
    """A round's scores in registration order, and the season's so far in rank order.

    `pars` are what scores are measured against; of roles without one the score is null.

    `round_id` null: no round has begun, or the scenario scores nothing. `is_stale`: the game does
    not answer, and these are the scores as they were read last.
    """

    round_id: int | None
    formula_version: int
    is_final: bool
    scored_us: int | None
    items: list[TeamScoreBody]
    final: list[FinalScoreBody]
    pars: list[ParBody]
    is_stale: bool = False


class ScoresPush(Body, frozen=True, kw_only=True):
    """A round's scores; told again when a correction moved them."""

    round_id: int | None
    formula_version: int
    is_final: bool
    scored_us: int | None
    items: list[TeamScoreBody]


class ScoresParams(Request, frozen=True, kw_only=True):
    """Whose round; without one the newest that began."""

    round_id: RoundNumber | None = None


class TeamScoreParams(Request, frozen=True, kw_only=True):
    """One team's score of a round; `me` is the caller's own."""

    team_id: str
    round_id: RoundNumber | None = None


class JudgementRequest(Request, frozen=True, kw_only=True):
    """Points of a team's judged part; what is left out stays as it is."""

    research: Points | None = None
    code: Points | None = None
    team: Points | None = None
    reason: ReasonText = ""


class JudgementParams(JudgementRequest, frozen=True, kw_only=True):
    """Points of a team's judged part, and the team."""

    team_id: str


class ParItem(Request, frozen=True, kw_only=True):
    """What a role's reference bots score: mean and standard deviation over so many sessions."""

    role: str
    par: Points
    spread: Annotated[float, Meta(gt=0)]
    sessions: Annotated[int, Meta(ge=1)]


class ParRequest(Request, frozen=True, kw_only=True):
    """New pars; those of roles left out stay. `origin`: which sessions they come from."""

    pars: Annotated[list[ParItem], Meta(min_length=1)]
    origin: Annotated[str, Meta(min_length=1, max_length=128)]
    reason: ReasonText = ""


class ParsBody(Body, frozen=True, kw_only=True):
    """The pars that scores are measured against from now on."""

    origin: str
    items: list[ParBody]
