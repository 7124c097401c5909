"""What is measured, as rows of a snapshot and back."""

import sys
from array import array

from itg.kernel.money import Price
from itg.positions.core.desk import Desk
from itg.positions.core.listings import Listing
from itg.positions.core.measured import Marking, MarkoutSums, Measured, Measuring
from itg.positions.core.nets import Nets
from itg.positions.store.rows import (
    Greeks,
    ListingRow,
    MarkingRow,
    MarkoutSumsRow,
    MeasuredRow,
    MeasuringRow,
)


def measured_of_listing(
    listing: Listing,
) -> tuple[Greeks | None, Price | None, int, list[int] | None]:
    """Return the last fields of a listing's row."""
    found = listing.greeks
    greeks = None
    if found is not None:
        greeks = Greeks(found.implied_vol, found.gamma, found.vega, found.theta)
    rises = listing.rises if any(listing.rises) else None
    return greeks, listing.spot_price, listing.session_time, rises


def restore_listing(listing: Listing, row: ListingRow) -> None:
    """Give a listing back what was measured of it."""
    listing.greeks = row.greeks
    listing.spot_price = row.spot_price
    listing.session_time = row.session_time
    if row.rises is not None:
        listing.rises = row.rises


def measured_row(measured: Measured) -> MeasuredRow:
    """Return an account's row."""
    return MeasuredRow(
        measured.gains,
        measured.underlying,
        measured.told,
        _swapped(measured.minutes).tobytes(),
        [
            MarkoutSumsRow(role, is_maker, sums.trades, sums.contracts, sums.edges)
            for (role, is_maker), sums in measured.markouts.items()
        ],
    )


def restored(row: MeasuredRow) -> Measured:
    """Return what a row holds of an account; it has no seat yet."""
    measured = Measured(Nets(), 0)
    measured.gains = row.gains
    measured.underlying = row.underlying
    measured.told = row.told
    measured.minutes.frombytes(row.minutes)
    measured.minutes = _swapped(measured.minutes)
    measured.markouts = {
        (sums.counterparty_role, sums.is_maker): MarkoutSums(
            sums.trades, sums.contracts, sums.edges
        )
        for sums in row.markouts
    }
    return measured


def measuring_row(measuring: Measuring) -> MeasuringRow:
    """Return the row of what the desk measures by."""
    return MeasuringRow(
        measuring.session_ns,
        measuring.ran_ns,
        measuring.runs_since_ns,
        measuring.minute_ends_ns,
        measuring.days,
        [
            MarkingRow(marking.fact, *marking.roles, marking.later)
            for marking in measuring.tape.trades.values()
        ],
    )


def restore_measuring(desk: Desk, row: MeasuringRow) -> None:
    """Give a desk back what it measures by; its listings have their marks."""
    measuring = desk.measuring
    measuring.session_ns = row.session_ns
    measuring.ran_ns = row.ran_ns
    measuring.runs_since_ns = row.runs_since_ns
    measuring.minute_ends_ns = row.minute_ends_ns
    measuring.days = row.days
    for trade in row.trades:
        listing = desk.listings[trade.fact.instrument_id]
        roles = (trade.maker_role, trade.taker_role)
        measuring.tape.add(Marking(trade.fact, listing, roles, trade.later))
    for listing in desk.listings.values():
        if not listing.is_option and listing.mark_price is not None:
            measuring.spots[listing.underlying_id] = listing.mark_price


def _swapped(minutes: "array[int]") -> "array[int]":
    if sys.byteorder == "little":
        return minutes
    swapped = minutes[:]
    swapped.byteswap()
    return swapped
