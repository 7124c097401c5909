"""What an organizer's act did to the market."""

from collections.abc import Iterable, Mapping, Sequence

from itg.exchange.contract import TradeBusted, TradingHalted, TradingResumed
from itg.game.contract import (
    AdjustTeam,
    ScheduledRound,
    SentMessage,
    Team,
    TeamRegistered,
    TeamsImportRejected,
)
from itg.kernel.errors import Refusal
from itg.kernel.ids import TeamId
from itg.kernel.times import to_micros
from itg.translate.numbers import optional_micros, optional_usd, usd
from itg.translate.refusals import pointer_to
from itg.wire.v1.game import BustedBody, MovedBody
from itg.wire.v1.organizing import (
    AdjustedBody,
    ImportedBody,
    ImportedTeam,
    MessageBody,
    ScheduledRoundBody,
    SeatBody,
)
from itg.wire.v1.problems import FieldError


def moved_bodies(moved: Iterable[TradingHalted | TradingResumed]) -> list[MovedBody]:
    """Return what halted or resumed."""
    return [
        MovedBody(
            underlying_id=told.underlying_id,
            instrument_id=told.instrument_id,
            resumes_us=optional_micros(told.resumes_ns)
            if isinstance(told, TradingHalted)
            else None,
        )
        for told in moved
    ]


def busted_body(busted: TradeBusted) -> BustedBody:
    """Return a trade that was undone or moved."""
    return BustedBody(
        trade_id=busted.trade_id,
        instrument_id=busted.instrument_id,
        price=usd(busted.price),
        adjusted_price=optional_usd(busted.adjusted_price),
        quantity=busted.quantity,
    )


def imported_body(registered: Sequence[TeamRegistered], keys: Sequence[str]) -> ImportedBody:
    """Return a roster's teams with their keys, both in the roster's order."""
    return ImportedBody(
        items=[
            ImportedTeam(
                team_id=team.team_id, team_name=team.team_name, role=team.role, api_key=key
            )
            for team, key in zip(registered, keys, strict=True)
        ]
    )


def row_errors(rejected: TeamsImportRejected) -> list[FieldError]:
    """Return what is wrong with each bad row of a roster."""
    return [
        FieldError(
            pointer=f"/rows/{fault.row}{_pointer_in_row(fault.refusal)}",
            detail=fault.refusal.detail,
        )
        for fault in rejected.faults
    ]


def _pointer_in_row(refusal: Refusal) -> str:
    return "" if refusal.field is None else pointer_to(refusal.field)


def adjusted_body(ask: AdjustTeam) -> AdjustedBody:
    """Return what was corrected of a team."""
    return AdjustedBody(
        team_id=ask.team_id,
        cash=usd(ask.cash),
        instrument_id=ask.instrument_id,
        quantity=ask.quantity,
        price=usd(ask.price),
    )


def message_body(sent: SentMessage) -> MessageBody:
    """Return a message of an organizer."""
    return MessageBody(
        message_id=sent.message_id,
        game_us=to_micros(sent.sent_ns),
        text=sent.text,
        team_id=sent.team_id,
    )


def scheduled_body(row: ScheduledRound, teams: Mapping[TeamId, Team]) -> ScheduledRoundBody:
    """Return who plays what in a round."""
    return ScheduledRoundBody(
        round_id=row.round_id,
        trading_day=row.trading_day,
        is_scored=row.is_scored,
        seats=[
            SeatBody(team_id=seat.team_id, team_name=teams[seat.team_id].team_name, role=seat.role)
            for seat in row.seats
        ],
    )
