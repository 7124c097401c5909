"""What can be read of what was measured."""

from itg.kernel.ids import InstrumentId
from itg.kernel.messages import Query, Reply
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_MINUTE, Nanos
from itg.positions.contract import (
    AccountMissing,
    GetMarkouts,
    GetPnl,
    InstrumentPnl,
    MarkoutRow,
    Markouts,
    PnlHistory,
    PnlInterval,
    PnlParts,
)
from itg.positions.core.accounts import Account
from itg.positions.core.desk import Desk
from itg.positions.core.former_seats import FormerSeat
from itg.positions.core.measured import MINUTE_FIELDS, MarkoutKey, MarkoutSums, Measured
from itg.positions.core.measuring import settle_all
from itg.positions.core.nets import PARTS
from itg.positions.core.portfolio import Holding


def read_pnl(desk: Desk, query: Query) -> Reply:
    """Return an account's profit and loss by interval, and the day's by instrument."""
    assert isinstance(query, GetPnl)
    account = desk.accounts.get(query.account_id)
    if account is None:
        return AccountMissing(account_id=query.account_id)
    settle_all(desk)
    measured = account.measured
    if measured is None:
        return PnlHistory(account_id=account.account_id, intervals=(), instruments=())
    holdings = sorted(account.portfolio.holdings.values(), key=lambda held: held.listing.index)
    rows = _minutes(measured)
    rows.append((desk.measuring.minute, _running(measured, holdings)))
    return PnlHistory(
        account_id=account.account_id,
        intervals=_intervals(rows, query),
        instruments=tuple(
            InstrumentPnl(
                instrument_id=name, pnl=Cash(sum(parts)), parts=PnlParts(*map(Cash, parts))
            )
            for name, parts in _by_instrument(account.seat_left_since(query.seat_at_ns), holdings)
        ),
    )


def _by_instrument(
    seat: FormerSeat | None, holdings: list[Holding]
) -> list[tuple[InstrumentId, list[int]]]:
    if seat is not None:
        return [] if seat.day is None else seat.day.instruments
    found = ((holding.listing.instrument_id, _of_holding(holding)) for holding in holdings)
    return [(name, parts) for name, parts in found if any(parts)]


def _minutes(measured: Measured) -> list[tuple[int, list[int]]]:
    kept = measured.minutes
    return [
        (kept[at], kept[at + 1 : at + MINUTE_FIELDS].tolist())
        for at in range(0, len(kept), MINUTE_FIELDS)
    ]


def _running(measured: Measured, holdings: list[Holding]) -> list[int]:
    parts = [gained - told for gained, told in zip(measured.gains, measured.told, strict=True)]
    for holding in holdings:
        if holding.net:
            for part, rise in enumerate(holding.listing.rises):
                parts[part] += holding.net * rise
    return parts


def _of_holding(holding: Holding) -> list[int]:
    if holding.stake is None:
        return []
    pairs = zip(holding.stake.parts, holding.listing.rises, strict=True)
    return [gained + holding.net * rise for gained, rise in pairs]


def _intervals(rows: list[tuple[int, list[int]]], query: GetPnl) -> tuple[PnlInterval, ...]:
    step = max(1, query.step_ns // NS_PER_MINUTE)
    summed: dict[int, list[int]] = {}
    for minute, parts in rows:
        start_ns = minute * NS_PER_MINUTE
        if start_ns < query.from_ns or (query.to_ns is not None and start_ns >= query.to_ns):
            continue
        into = summed.setdefault(minute // step * step, [0] * PARTS)
        for part, gained in enumerate(parts):
            into[part] += gained
    return tuple(
        PnlInterval(
            start_ns=Nanos(start * NS_PER_MINUTE),
            pnl=Cash(sum(parts)),
            parts=PnlParts(*map(Cash, parts)),
        )
        for start, parts in summed.items()
        if any(parts)
    )


def _markouts(account: Account, seat_at_ns: Nanos | None) -> dict[MarkoutKey, MarkoutSums]:
    seat = account.seat_left_since(seat_at_ns)
    if seat is None:
        return {} if account.measured is None else account.measured.markouts
    return {
        (row.counterparty_role, row.is_maker): MarkoutSums(row.trades, row.contracts, row.edges)
        for row in (seat.day.markouts if seat.day is not None else ())
    }


def read_markouts(desk: Desk, query: Query) -> Reply:
    """Return what an account's trades of the day were worth, by the roles' order."""
    assert isinstance(query, GetMarkouts)
    account = desk.accounts.get(query.account_id)
    if account is None:
        return AccountMissing(account_id=query.account_id)
    found = _markouts(account, query.seat_at_ns)
    keys = [(role, is_maker) for role in desk.roles for is_maker in (True, False)]
    return Markouts(
        account_id=account.account_id,
        rows=tuple(
            MarkoutRow(
                counterparty_role=role,
                is_maker=is_maker,
                trades=sums.trades,
                contracts=sums.contracts,
                edge=Cash(sums.edges[0]),
                edges_later=tuple(map(Cash, sums.edges[1:])),
            )
            for role, is_maker in keys
            if (sums := found.get((role, is_maker))) is not None
        ),
    )
