"""A correction that was tried, as the organizer reads it: every team that it moves, both ways."""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from itg.exchange.contract import TradeBusted
from itg.game.contract import RoundScore, Team, TeamScore
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.times import Nanos, to_micros
from itg.positions.contract import AccountBalance, AccountFillBusted
from itg.translate.numbers import optional_usd, usd
from itg.translate.scores import team_score_body
from itg.wire.v1.corrections import (
    BustPreviewBody,
    CorrectedTeamBody,
    StandingBody,
    UndoneFillBody,
)
from itg.wire.v1.scores import TeamScoreBody


class Seen(Struct, frozen=True, kw_only=True):
    """What a game answers at one moment; `rounds` are the scores of those that began, in order."""

    balances: tuple[AccountBalance, ...]
    rounds: tuple[RoundScore, ...]


class Correction(Struct, frozen=True, kw_only=True):
    """A trade that was corrected on a copy, with the answers before and after."""

    as_of_seq: int
    at_ns: Nanos
    teams: tuple[Team, ...]
    busted: TradeBusted
    fills: tuple[AccountFillBusted, ...]
    before: Seen
    after: Seen


class Tried(Struct, frozen=True, kw_only=True):
    """What became of a trial: a body as JSON, or why the act would be refused, or a fault."""

    body: str = ""
    refusal: Refusal | None = None
    fault: str = ""


def bust_preview_body(tried: Correction) -> BustPreviewBody:
    """Return what a correction would do to each team."""
    busted = tried.busted
    scores = _scores_of(tried)
    moved = [row for row in _rows(tried, scores) if row.fills or row.before != row.after]
    return BustPreviewBody(
        trade_id=busted.trade_id,
        instrument_id=busted.instrument_id,
        price=usd(busted.price),
        adjusted_price=optional_usd(busted.adjusted_price),
        quantity=busted.quantity,
        as_of_seq=tried.as_of_seq,
        game_us=to_micros(tried.at_ns),
        round_id=None if scores is None else scores[0].round_id,
        is_final=scores is not None and scores[0].is_final,
        items=sorted(moved, key=lambda row: not row.fills),
    )


def _scores_of(tried: Correction) -> tuple[RoundScore, RoundScore] | None:
    # The round whose scores move, else the newest; None where none is scored.
    pairs = list(zip(tried.before.rounds, tried.after.rounds, strict=True))
    moved = [pair for pair in pairs if pair[0].teams != pair[1].teams]
    return next(reversed(moved or pairs), None)


def _rows(
    tried: Correction, scores: tuple[RoundScore, RoundScore] | None
) -> Iterator[CorrectedTeamBody]:
    instrument_id = tried.busted.instrument_id
    before = _standings(tried.before, scores and scores[0], instrument_id)
    after = _standings(tried.after, scores and scores[1], instrument_id)
    for team in tried.teams:
        account_id = team.account_id
        fills = [_fill_body(fill) for fill in tried.fills if fill.account_id == account_id]
        yield CorrectedTeamBody(
            team_id=team.team_id,
            team_name=team.team_name,
            fills=fills,
            before=before[account_id],
            after=after[account_id],
        )


def _standings(
    seen: Seen, scores: RoundScore | None, instrument_id: InstrumentId
) -> dict[AccountId, StandingBody]:
    scored = {one.account_id: one for one in (scores.teams if scores else ())}
    return {
        balance.account_id: StandingBody(
            net_quantity=dict(balance.net_quantities).get(instrument_id, 0),
            cash=usd(balance.cash),
            fees=usd(balance.fees),
            realized_pnl=usd(balance.realized_pnl),
            unrealized_pnl=usd(balance.unrealized_pnl),
            equity=usd(balance.equity),
            score=_score_body(scored.get(balance.account_id)),
        )
        for balance in seen.balances
    }


def _score_body(score: TeamScore | None) -> TeamScoreBody | None:
    if score is None:
        return None
    terms = tuple(replace(each, sources=()) for each in score.components)
    return team_score_body(replace(score, components=terms), lambda _: True)


def _fill_body(fill: AccountFillBusted) -> UndoneFillBody:
    return UndoneFillBody(
        order_id=fill.order_id,
        side=fill.side.value,
        quantity=fill.last_quantity,
        price=usd(fill.last_price),
        adjusted_price=optional_usd(fill.adjusted_price),
        fee_returned=usd(fill.fee_returned),
        is_former_seat=fill.is_former_seat,
    )
