"""A team's report of a round: what is asked for it, and the answers as one body."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from itg.game.contract import (
    LATENCY_BOUNDS_US,
    AccountService,
    GameState,
    GetGame,
    GetRounds,
    GetScores,
    GetServiceNotes,
    GetTeams,
    Round,
    Rounds,
    RoundScore,
    Scores,
    ScoringRules,
    ServiceNotes,
    Teams,
    TeamScore,
)
from itg.kernel.ids import AccountId, TeamId
from itg.kernel.messages import Query, Reply
from itg.kernel.times import NS_PER_MINUTE, Nanos, to_micros
from itg.positions.contract import (
    AccountMissing,
    GetMarkouts,
    GetPnl,
    Markouts,
    PnlHistory,
)
from itg.translate.measures import markouts_body, pnl_body
from itg.translate.numbers import usd
from itg.translate.report_parts import decisions, quality, timeline
from itg.translate.round_fold import RoundFold
from itg.translate.scores import team_score_body
from itg.wire.v1.measures import PnlPartsBody
from itg.wire.v1.report import (
    LatencyBucketBody,
    PercentileBody,
    ReportBody,
    ScoringBody,
    ServiceBody,
    SocketsBody,
)

REPORT_VERSION = 1
PERCENTS = (50.0, 90.0, 99.0, 99.9)
_STEP_NS = Nanos(NS_PER_MINUTE)
_OF_ROUND = 5  # queries that are asked once
_OF_TEAM = 2  # and of each account
_US_PER_MS = 1_000


class RoundAnswers(Struct, frozen=True, kw_only=True):
    """Everything that was asked about a round, from one state."""

    game: GameState
    round: Round
    scores: RoundScore
    rules: ScoringRules
    names: dict[AccountId, str]
    services: dict[AccountId, AccountService]
    accounts: dict[AccountId, tuple[PnlHistory, Markouts]]


def report_queries(
    round_id: int, start_ns: Nanos, scored_ns: Nanos, accounts: Sequence[AccountId]
) -> tuple[Query, ...]:
    """Return what has to be asked, together, once a round's scores are told.

    Accounts may have begun anew since, for the next round: they are asked about the seats they had.
    """
    of_round: tuple[Query, ...] = (
        GetGame(),
        GetRounds(),
        GetScores(round_id=round_id),
        GetTeams(),
        GetServiceNotes(round_id=round_id),
    )
    assert len(of_round) == _OF_ROUND
    from_ns = Nanos(start_ns // NS_PER_MINUTE * NS_PER_MINUTE)
    of_teams = (
        query
        for account_id in accounts
        for query in (
            GetPnl(account_id=account_id, from_ns=from_ns, step_ns=_STEP_NS, seat_at_ns=scored_ns),
            GetMarkouts(account_id=account_id, seat_at_ns=scored_ns),
        )
    )
    return (*of_round, *of_teams)


def answers_of(
    round_id: int, accounts: Sequence[AccountId], replies: Sequence[Reply]
) -> RoundAnswers:
    """Return the answers to `report_queries`."""
    game, rounds, scores, teams, notes = replies[:_OF_ROUND]
    assert isinstance(game, GameState)
    assert isinstance(rounds, Rounds)
    assert isinstance(scores, Scores)
    assert isinstance(teams, Teams)
    assert isinstance(notes, ServiceNotes)
    assert scores.round is not None, "a report is asked for once the scores are told"
    return RoundAnswers(
        game=game,
        round=next(row for row in rounds.rounds if row.round_id == round_id),
        scores=scores.round,
        rules=scores.rules,
        names={team.account_id: team.team_name for team in teams.teams},
        services={one.account_id: one for one in notes.accounts},
        accounts={
            account_id: _of_account(replies[at : at + _OF_TEAM])
            for account_id, at in zip(
                accounts, range(_OF_ROUND, len(replies), _OF_TEAM), strict=True
            )
        },
    )


def _of_account(replies: Sequence[Reply]) -> tuple[PnlHistory, Markouts]:
    pnl, markouts = replies
    assert not isinstance(pnl, AccountMissing), "every team has an account"
    assert isinstance(pnl, PnlHistory)
    assert isinstance(markouts, Markouts)
    return pnl, markouts


def report_bodies(answers: RoundAnswers, fold: RoundFold) -> Iterable[ReportBody]:
    """Return each team's report, in the order of its scores, one at a time."""
    return (_report(team, answers, fold) for team in answers.scores.teams)


def _report(team: TeamScore, answers: RoundAnswers, fold: RoundFold) -> ReportBody:
    pnl, markouts = answers.accounts[team.account_id]
    facts, team_id = fold.facts(team.account_id), TeamId(team.team_id)
    by_minute = pnl_body(team_id, _STEP_NS, pnl)
    return ReportBody(
        report_version=REPORT_VERSION,
        scenario=answers.game.scenario,
        scenario_hash=answers.game.scenario_hash,
        round_id=answers.round.round_id,
        trading_day=answers.round.trading_day,
        team_id=team_id,
        team_name=answers.names[team.account_id],
        role=team.role,
        teams=len(answers.scores.teams),
        start_us=to_micros(answers.round.start_ns),
        scored_us=to_micros(answers.scores.scored_ns),
        scoring=_scoring(answers.rules),
        score=team_score_body(team, lambda _: True),
        pnl_total=_total(pnl),
        pnl=by_minute,
        markouts=markouts_body(team_id, markouts),
        quality=quality(facts, fold.multipliers, fold.measure_of(team.account_id)),
        timeline=timeline(facts, fold.market),
        timeline_omitted=facts.omitted,
        service=_service(answers.services.get(team.account_id)),
        best=decisions(facts.best, fold, team.role),
        worst=decisions(facts.worst, fold, team.role),
    )


def _scoring(rules: ScoringRules) -> ScoringBody:
    return ScoringBody(
        formula_version=rules.formula_version,
        ranking=rules.ranking.value,
        kpi_weight=rules.kpi_weight,
        compliance_weight=rules.compliance_weight,
        risk_weight=rules.risk_weight,
        points_per_spread=rules.numbers.points_per_spread,
        spreads_max=rules.numbers.spreads_max,
        interval_s=rules.numbers.interval_s,
    )


def _total(pnl: PnlHistory) -> PnlPartsBody:
    parts = [one.parts for one in pnl.intervals]
    # Added as integers: sums of the page's own numbers would differ from it in the last digits.
    return PnlPartsBody(
        pnl=usd(sum(one.pnl for one in pnl.intervals)),
        spread_capture=usd(sum(one.spread_capture for one in parts)),
        delta=usd(sum(one.delta for one in parts)),
        gamma=usd(sum(one.gamma for one in parts)),
        vega=usd(sum(one.vega for one in parts)),
        theta=usd(sum(one.theta for one in parts)),
        fees=usd(sum(one.fees for one in parts)),
        residual=usd(sum(one.residual for one in parts)),
    )


def _service(served: AccountService | None) -> ServiceBody | None:
    if served is None:
        return None
    bounds = [bound / _US_PER_MS for bound in LATENCY_BOUNDS_US]
    counts = served.counts or (0,) * (len(bounds) + 1)
    rows = [
        LatencyBucketBody(at_most_ms=bound, answered=count)
        for bound, count in zip((*bounds, None), counts, strict=True)
    ]
    return ServiceBody(
        notes=served.notes,
        connected=served.connected,
        uptime=served.connected / served.notes if served.notes else None,
        sockets=[
            SocketsBody(game_us=to_micros(one.at_ns), sockets=one.sockets) for one in served.changes
        ],
        answered=sum(counts),
        latency=[row for row in rows if row.answered],
        percentiles=_percentiles(rows),
    )


def _percentiles(rows: Sequence[LatencyBucketBody]) -> list[PercentileBody]:
    answered = sum(row.answered for row in rows)
    found: list[PercentileBody] = []
    for percent in PERCENTS if answered else ():
        seen, at_most_ms = 0, None
        for row in rows:
            seen += row.answered
            if seen * 100 >= percent * answered:
                at_most_ms = row.at_most_ms
                break
        found.append(PercentileBody(percent=percent, at_most_ms=at_most_ms))
    return found
