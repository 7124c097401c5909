"""Profit and loss and markouts, in USD."""

from itg.kernel.ids import AccountId
from itg.kernel.times import NS_PER_S, NS_PER_US, Nanos, to_micros
from itg.positions.contract import (
    MARKOUTS_S,
    GetPnl,
    MarkoutRow,
    Markouts,
    PnlHistory,
    PnlParts,
)
from itg.translate.chain import interval_of
from itg.translate.numbers import usd
from itg.wire.v1.measures import (
    InstrumentPnlBody,
    MarkoutBody,
    MarkoutsBody,
    PnlBody,
    PnlIntervalBody,
    PnlParams,
    PnlPartsBody,
)


def get_pnl(account_id: AccountId, params: PnlParams) -> GetPnl:
    """Return what is asked of an account's P&L."""
    return GetPnl(
        account_id=account_id,
        from_ns=Nanos(params.from_us * NS_PER_US),
        to_ns=None if params.to_us is None else Nanos(params.to_us * NS_PER_US),
        step_ns=Nanos(interval_of(params.step) * NS_PER_S),
    )


def pnl_body(team_id: str, step_ns: Nanos, history: PnlHistory) -> PnlBody:
    """Return a P&L by interval and by instrument."""
    return PnlBody(
        team_id=team_id,
        step_s=step_ns // NS_PER_S,
        intervals=[
            PnlIntervalBody(start_us=to_micros(one.start_ns), parts=_parts(one.pnl, one.parts))
            for one in history.intervals
        ],
        instruments=[
            InstrumentPnlBody(instrument_id=one.instrument_id, parts=_parts(one.pnl, one.parts))
            for one in history.instruments
        ],
    )


def _parts(pnl: int, parts: PnlParts) -> PnlPartsBody:
    return PnlPartsBody(
        pnl=usd(pnl),
        spread_capture=usd(parts.spread_capture),
        delta=usd(parts.delta),
        gamma=usd(parts.gamma),
        vega=usd(parts.vega),
        theta=usd(parts.theta),
        fees=usd(parts.fees),
        residual=usd(parts.residual),
    )


def markouts_body(team_id: str, markouts: Markouts) -> MarkoutsBody:
    """Return what the day's trades were worth later."""
    rows = [_row(row) for row in markouts.rows]
    return MarkoutsBody(team_id=team_id, seconds=list(MARKOUTS_S), rows=rows)


def _row(row: MarkoutRow) -> MarkoutBody:
    return MarkoutBody(
        counterparty_role=row.counterparty_role,
        is_maker=row.is_maker,
        trades=row.trades,
        contracts=row.contracts,
        edge=usd(row.edge),
        edges_later=[usd(edge) for edge in row.edges_later],
    )
