"""The judge: an exchange written to be obviously right, from the rules and not from the code.

Flat lists of orders in order of arrival at their place; every question is a scan over them. A
command returns facts, tuples that begin with their kind; the campaign translates the engine's
events into the same tuples and compares.
"""

from typing import Any

from tests.exchange.reference_entry import enter, is_held, is_through
from tests.exchange.reference_faults import (
    absence,
    placement_fault,
    quote_fault,
    replacement_fault,
)
from tests.exchange.reference_market import (
    COLLECTING,
    TAKING,
    Fact,
    Listing,
    Order,
    Rules,
    Shard,
    left,
    show,
    would_take,
)
from tests.exchange.reference_protection import (
    LEGAL,
    advance,
    enter_phase,
    enter_phase_alone,
    halt,
    open_delayed,
    open_now,
    resume,
    resume_all,
    step_prices,
)
from tests.exchange.reference_uncross import indication, mass_cancel_in


class ReferenceExchange:
    """One shard with its instruments, phases, protections and auctions."""

    def __init__(self, rules: Rules, listings: list[Listing]) -> None:
        self.shard = Shard(rules, listings)

    def at(self, now: int) -> None:
        """Begin a message stamped `now`: what fell due before it, first."""
        self.shard.facts = []
        advance(self.shard, now)

    def finish(self) -> list[Fact]:
        """End a message: delayed openings look again, and indicative prices."""
        open_delayed(self.shard)
        for listing in self.shard.listings:
            is_collecting = listing.phase in COLLECTING
            listing.indicative = indication(self.shard, listing) if is_collecting else None
        return self.shard.facts

    # commands -----------------------------------------------------------------------------------

    def place(self, terms: dict[str, Any]) -> None:
        shard = self.shard
        fault = placement_fault(shard, terms)
        if fault:
            shard.tell("rejected", *fault)
            return
        listing = shard.listing(terms["instrument"])
        assert listing is not None
        order = {**terms, "id": shard.new_id(), "filled": 0, "revision": 1, "quote": False}
        last = listing.last_price
        waits = order["tif"] == "cls" and listing.phase != "closing_auction"
        if order["stop"] is not None:
            waits = last is None or not is_through(order, last)
            shard.counts["stop fired on entry"] += not waits
        held = not waits and is_held(shard, listing, order)
        shard.tell("accepted", order["id"], waits or held)
        if waits:
            listing.waiting.append(order)
        else:
            enter(shard, order)

    def replace(self, order_id: int, account: str, changes: dict[str, Any]) -> None:
        shard = self.shard
        order = shard.find(order_id)
        fault = absence(shard, order, order_id, account)
        if fault is None and order is not None:
            fault = replacement_fault(shard, order, changes)
        if fault or order is None:
            assert fault is not None
            shard.tell("replace_rejected", order_id, *fault)
            return
        listing = shard.home(order)
        price = changes.get("price") or order["price"]
        quantity = changes.get("quantity") or order["quantity"]
        keeps = price == order["price"] and quantity < order["quantity"]
        order.update(price=price, quantity=quantity, revision=order["revision"] + 1)
        waits = order in listing.waiting
        held = not waits and not keeps and is_held(shard, listing, order)
        numbers = (order["revision"], price, quantity, left(order))
        shard.tell("replaced", order_id, *numbers, keeps, waits or held)
        if keeps and not waits:
            order["shown"] = min(order["shown"], left(order))
        elif not keeps:
            shard.remove(order)
            if waits:
                listing.waiting.append(order)
            else:
                enter(shard, order)

    def cancel(self, order_id: int, account: str) -> None:
        shard = self.shard
        order = shard.find(order_id)
        fault = absence(shard, order, order_id, account)
        if fault is None and order is not None and shard.home(order).phase not in TAKING:
            fault = ("WRONG_PHASE", None)
        if fault or order is None:
            assert fault is not None
            shard.tell("cancel_rejected", order_id, *fault)
        else:
            shard.cancel(order, "requested")

    def mass_cancel(self, terms: dict[str, Any]) -> None:
        """Cancel by account, side and instrument; a frozen book by its own word."""
        shard = self.shard
        ids: list[int] = []
        for listing in shard.listings:
            if terms["instrument"] not in (None, listing.name):
                continue
            acts = listing.phase in TAKING or terms["in_freeze"] == "act"
            if listing.phase == "opening_auction":
                shard.counts[f"mass cancel in freeze {terms['in_freeze']}"] += 1
            if acts:
                ids += mass_cancel_in(shard, listing, terms)
            elif listing.phase == "opening_auction" and terms["in_freeze"] == "defer":
                listing.deferred.append(terms)
        shard.tell("mass_canceled", tuple(sorted(ids)))

    def quote(
        self, account: str, name: str, stp: str, sides: dict[str, Any], *, post_only: bool = False
    ) -> None:
        shard = self.shard
        fault = quote_fault(shard, name, sides)
        if fault:
            shard.tell("rejected", *fault)
            return
        listing = shard.listing(name)
        assert listing is not None
        if post_only:
            sides = without_takers(shard, listing, account, sides)
        guarded = shard.guard_ends_at is not None and listing.phase == "continuous"
        takes = guarded and any(
            terms is not None and would_take(listing, side, terms[0], account)
            for side, terms in sides.items()
        )
        entering: list[Order] = []
        ids: list[int | None] = []
        for side, terms in sides.items():
            order = self._held_or_resting(account, listing, side)
            ids.append(None)
            if order is not None and (terms is None or takes or not shrink(listing, order, terms)):
                shard.remove(order)
                order["enters"] = True
            if terms is None:
                continue
            if order is None:
                order = fresh_side(shard, listing, account, side)
            if order.pop("enters", False):
                order.update(price=terms[0], quantity=order["filled"] + terms[1])
                entering.append(order)
            order["stp"] = stp
            ids[-1] = order["id"]
        shard.tell("quoted", *ids, takes)
        for order in entering:
            if takes:
                shard.held.append(order)
            else:
                enter(shard, order, guarded=False)

    def _held_or_resting(self, account: str, listing: Listing, side: str) -> Order | None:
        there = listing.queue + [o for o in self.shard.held if o["instrument"] == listing.name]
        mine = (o for o in there if o["quote"] and (o["account"], o["side"]) == (account, side))
        return next(mine, None)

    def set_phase(self, phase: str, name: str | None = None) -> None:
        """Move the shard or one instrument on an organizer's word, if it is legal."""
        shard = self.shard
        listing = shard.listing(name) if name else None
        resumes = phase == "continuous" and (listing or shard).phase == "halted"
        under_shard = resumes and listing is not None and shard.phase == "halted"
        if under_shard or phase not in LEGAL[(listing or shard).phase]:
            shard.tell("phase_rejected", "ILLEGAL_PHASE_MOVE")
        elif phase == "halted":
            halt(shard, listing, "organizer", None)
        elif resumes and (listing is None or listing.has_halt):
            resume(shard, listing) if listing else resume_all(shard)
        elif listing and listing.opens_at is not None and phase == "continuous":
            open_now(shard, listing)  # a delayed opening is over on the organizer's word
        elif listing:
            enter_phase_alone(shard, listing, phase)
        else:
            enter_phase(shard, phase)

    def schedule(self, boundaries: list[tuple[int, str]]) -> None:
        self.shard.boundaries = list(boundaries)
        advance(self.shard, self.shard.now)

    def halt(self, name: str | None, length: int | None) -> None:
        shard = self.shard
        listing = shard.listing(name) if name else None
        if (listing.phase if listing else shard.phase) != "continuous":
            shard.tell("halt_rejected", "ILLEGAL_PHASE_MOVE")
        else:
            halt(shard, listing, "organizer", None if length is None else shard.now + length)

    def resume(self, name: str | None) -> None:
        shard = self.shard
        listing = shard.listing(name) if name else None
        if not (listing.has_halt if listing else shard.phase == "halted"):
            shard.tell("halt_rejected", "NOT_HALTED")
        elif listing:
            resume(shard, listing)
        else:
            resume_all(shard)

    def prices(self, prices: dict[str, int], *, is_moving: bool) -> None:
        step_prices(self.shard, prices, is_moving=is_moving)

    def marks(self, marks: dict[str, tuple[int, int]]) -> None:
        for listing in self.shard.listings:
            if listing.is_option and listing.name in marks:
                listing.theory = marks[listing.name]

    def bust(self, trade_id: int, price: int | None) -> None:
        shard = self.shard
        if trade_id not in shard.trades:
            shard.tell("bust_rejected", trade_id, "TRADE_NOT_FOUND")
        elif trade_id in shard.busted:
            shard.tell("bust_rejected", trade_id, "TRADE_ALREADY_BUSTED")
        else:
            shard.busted.add(trade_id)
            shard.tell("busted", *shard.trades[trade_id][1:], price)


def shrink(listing: Listing, order: Order, terms: tuple[int, int]) -> bool:
    """Bring a resting side to the same or a smaller quantity where it stands; False if not so."""
    price, quantity = terms
    if order not in listing.queue or price != order["price"] or quantity > left(order):
        return False
    order["quantity"] = order["filled"] + quantity
    show(order)
    return True


def without_takers(
    shard: Shard, listing: Listing, account: str, sides: dict[str, Any]
) -> dict[str, Any]:
    """Leave out what a post-only quote would take with."""
    takers = [
        side
        for side, terms in sides.items()
        if terms and listing.phase == "continuous" and would_take(listing, side, terms[0], account)
    ]
    shard.counts["post-only quote without its taking side"] += len(takers)
    return {side: None if side in takers else terms for side, terms in sides.items()}


def fresh_side(shard: Shard, listing: Listing, account: str, side: str) -> Order:
    return {
        "id": shard.new_id(), "instrument": listing.name, "account": account, "side": side,
        "type": "limit", "filled": 0, "quote": True, "tif": None, "stop": None, "display": None,
        "expires": None, "post_only": False, "revision": 1, "enters": True,
    }  # fmt: skip
