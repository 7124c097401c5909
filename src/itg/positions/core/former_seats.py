"""What an account was until it began anew: who has its contracts, and what it came to."""

from msgspec import Struct
from msgspec.structs import replace

from itg.kernel.ids import AccountId, InstrumentId, Role, TradeId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.positions.core.measured import Measured
from itg.positions.core.portfolio import Holding, Portfolio


class Handover(Struct, frozen=True, gc=False, array_like=True):
    """Until when an instrument's trades were a former seat's, and what its contracts went for."""

    last_trade_id: TradeId  # of the instrument, whoever traded
    price: Price | None  # None: it had no mark and none were held


class SeatMarkouts(Struct, frozen=True, gc=False, array_like=True):
    """A former seat's trades of its last day against one role, on one side of liquidity."""

    counterparty_role: Role
    is_maker: bool
    trades: int
    contracts: int
    edges: list[int]


class SeatDay(Struct, frozen=True, gc=False, array_like=True):
    """What a seat's last day came to, by instrument in parts, and what its trades were worth."""

    instruments: list[tuple[InstrumentId, list[int]]]
    markouts: list[SeatMarkouts]


class FormerSeat(Struct, frozen=True, gc=False, array_like=True):
    """A seat that was left; whoever took over its contracts has them still."""

    role: Role
    heir_id: AccountId
    left_ns: Nanos
    realized: int  # everything: its contracts went at their marks
    fees: int
    contracts_traded: int
    handovers: dict[InstrumentId, Handover]
    day: SeatDay | None  # of the seat that was left last, where its role is measured


def with_seat(seats: list[FormerSeat], left: FormerSeat, portfolio: Portfolio) -> list[FormerSeat]:
    """Return the seats with one that is left now; of older ones only what a bust needs is kept."""
    # A settled series that is gone has no trades to undo; any other may be listed again.
    return [
        replace(
            seat,
            handovers={
                name: handover
                for name, handover in seat.handovers.items()
                if not _is_past(portfolio.holdings[name])
            },
            day=seat.day if seat is left else None,
        )
        for seat in (*seats, left)
    ]


def _is_past(holding: Holding) -> bool:
    return holding.listing.is_delisted and holding.listing.settlement_price is not None


def day_of(measured: Measured | None, portfolio: Portfolio) -> SeatDay | None:
    """Return what the day of a seat that holds nothing any more came to."""
    if measured is None:
        return None
    holdings = sorted(portfolio.holdings.values(), key=lambda held: held.listing.index)
    return SeatDay(
        instruments=[
            (holding.listing.instrument_id, list(holding.stake.parts))
            for holding in holdings
            if holding.stake is not None and any(holding.stake.parts)
        ],
        markouts=[
            SeatMarkouts(role, is_maker, sums.trades, sums.contracts, list(sums.edges))
            for (role, is_maker), sums in measured.markouts.items()
        ],
    )
