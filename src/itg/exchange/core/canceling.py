"""Canceling: one order, many at once, at once or after a freeze, and what expires by itself."""

from itg.exchange.contract import CancelOrder, CancelRejected, MassCancel, MassCanceled
from itg.exchange.core.checking import OPEN, absent, wrong_phase
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue, matches
from itg.kernel.ids import OrderId
from itg.kernel.words import CancelReason, InFreeze, Phase

FROZEN = Phase.OPENING_AUCTION


def cancel(venue: Venue, command: CancelOrder) -> None:
    """Take one order out, or say why not."""
    order = venue.orders.get(command.order_id)
    refused = absent(venue, order, command.account_id, command.order_id)
    if refused is None and order is not None:
        listing = venue.listings[order.instrument_id]
        if listing.phase in OPEN:
            venue.cancel(listing, order, CancelReason.REQUESTED)
            return
        refused = wrong_phase(listing.phase, "cancel")
    assert refused is not None
    venue.events.append(
        CancelRejected(
            shard=venue.shard,
            order_id=command.order_id,
            account_id=command.account_id,
            refusal=refused,
        )
    )


def mass_cancel(venue: Venue, command: MassCancel) -> None:
    """Take out an account's matching orders and quotes where the phase lets cancels through."""
    order_ids = []
    for order in [o for o in venue.orders.values() if matches(o, command)]:
        listing = venue.listings[order.instrument_id]
        phase = listing.phase
        if phase in OPEN or (phase is FROZEN and command.in_freeze is InFreeze.ACT):
            venue.cancel(listing, order, command.reason)
            order_ids.append(order.order_id)
        elif phase is FROZEN and command.in_freeze is InFreeze.DEFER:
            # Once is enough, whether one order matches or many.
            listing.deferred = [c for c in listing.deferred if c != command] + [command]
    venue.events.append(
        MassCanceled(shard=venue.shard, account_id=command.account_id, order_ids=tuple(order_ids))
    )


def run_deferred(venue: Venue, listing: Listing) -> None:
    """Do what was asked for during the freeze."""
    deferred, listing.deferred = listing.deferred, []
    for command in deferred:
        for order in [o for o in venue.orders.values() if matches(o, command)]:
            if order.instrument_id == listing.instrument_id:
                venue.cancel(listing, order, command.reason)


def expire_due(venue: Venue, order_id: OrderId) -> None:
    """End a live gtt order whose time has come."""
    order = venue.orders[order_id]
    venue.expire(venue.listings[order.instrument_id], order)
