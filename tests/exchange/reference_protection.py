"""The judge's phases: boundaries, halts, delayed openings, the jump guard, and time itself."""

from collections.abc import Callable
from functools import partial

from tests.exchange.reference_entry import collect, enter, enter_alone
from tests.exchange.reference_market import COLLECTING, Listing, Shard
from tests.exchange.reference_uncross import delay, is_outside, uncross

LEGAL = {
    "closed": ("pre_open",),
    "pre_open": ("opening_auction", "continuous", "closed"),
    "opening_auction": ("continuous",),
    "continuous": ("closing_auction", "closed", "halted"),
    "closing_auction": ("closed",),
    "halted": ("continuous", "closed"),
}


def enter_phase(shard: Shard, phase: str) -> None:
    """Move the whole shard; what stands apart comes along."""
    was, shard.phase = shard.phase, phase
    shard.resumes_at = None
    if was != phase:
        shard.tell("phase", None, was, phase)
        if phase == "continuous":
            shard.window = []
        else:
            leave_guarded(shard, phase)
    for listing in shard.listings:
        listing.opens_at = None  # what was delayed now goes with the shard
        if listing.phase != phase:
            if was == phase:
                shard.tell("phase", listing.name, listing.phase, phase)
            move(shard, listing, phase)


def resume_all(shard: Shard) -> None:
    """End the shard's halt; an instrument halted for itself stays so, one closed too."""
    shard.phase, shard.resumes_at, shard.window = "continuous", None, []
    shard.tell("resumed", None)
    shard.tell("phase", None, "halted", "continuous")
    for listing in shard.listings:
        if listing.phase == "halted" and not listing.has_halt:
            move(shard, listing, "continuous")


def resume(shard: Shard, listing: Listing) -> None:
    """End an instrument's own halt; under a halt of the shard it stays halted with it."""
    listing.has_halt, listing.resumes_at = False, None
    shard.tell("resumed", listing.name)
    if shard.phase != "halted":
        enter_phase_alone(shard, listing, "continuous")


def leave_guarded(shard: Shard, phase: str) -> None:
    """End the guard where the shard leaves continuous: the held enter an auction, or end."""
    held = list(shard.held)
    if phase == "closed":
        for order in held:
            shard.cancel(order, "market_closed")
    drop_guard(shard)
    for order in held if phase != "closed" else []:
        shard.remove(order)
        shard.tell("activated", order["id"], "jump_guard")
        collect(shard, order)


def enter_phase_alone(shard: Shard, listing: Listing, phase: str) -> None:
    """Move one instrument, and say so."""
    shard.tell("phase", listing.name, listing.phase, phase)
    move(shard, listing, phase)


def move(shard: Shard, listing: Listing, phase: str, *, is_forced: bool = False) -> None:
    """Do for one instrument what the change of phase does."""
    was, listing.phase = listing.phase, phase
    listing.opens_at = listing.resumes_at = None
    listing.has_halt = False
    opens = phase == "continuous" and was in COLLECTING
    if opens and not is_forced and is_outside(shard, listing):
        delay(shard, listing, was)
        return
    if opens or was in ("opening_auction", "closing_auction"):
        uncross(shard, listing)
    if phase == "closed":
        close(shard, listing)
    elif was == "continuous":
        for order in [o for o in shard.held if o["instrument"] == listing.name]:
            activate(shard, order["id"], "jump_guard")
    if phase == "closing_auction":
        for order in [o for o in listing.waiting if o["tif"] == "cls"]:
            activate(shard, order["id"], "closing_auction")


def activate(shard: Shard, order_id: int, activation: str) -> None:
    order = shard.find(order_id)
    assert order is not None
    shard.remove(order)
    shard.tell("activated", order_id, activation)
    enter_alone(shard, order)


def close(shard: Shard, listing: Listing) -> None:
    held = [o for o in shard.held if o["instrument"] == listing.name]
    for order in listing.queue + listing.waiting + held:
        shard.cancel(order, "market_closed")
    listing.previous_close, listing.last_price = listing.reference, None
    listing.indicative = None
    listing.deferred = []


# halts ------------------------------------------------------------------------------------------


def halt(shard: Shard, listing: Listing | None, cause: str, ends_at: int | None) -> None:
    """Halt what is continuous: held orders end, the books stay."""
    for each in [listing] if listing else shard.listings:
        if each.phase == "continuous":
            for order in [o for o in shard.held if o["instrument"] == each.name]:
                shard.cancel(order, "halted")
    if listing is None:
        drop_guard(shard)
    shard.tell("halted", listing.name if listing else None, cause, ends_at)
    shard.tell("phase", listing.name if listing else None, "continuous", "halted")
    for each in [listing] if listing else shard.listings:
        if each.phase == "continuous" or (listing is None and each.opens_at is not None):
            each.phase, each.opens_at = "halted", None  # what was delayed reopens with its shard
    if listing:
        listing.resumes_at, listing.has_halt = ends_at, True
    else:
        shard.phase, shard.resumes_at = "halted", ends_at


def step_prices(shard: Shard, prices: dict[str, int], *, is_moving: bool) -> None:
    """Hear simulated prices: theories, then the halt, then the jump guard."""
    before, shard.spots = shard.spots, {**shard.spots, **prices}
    for listing in shard.listings:
        if not listing.is_option and listing.underlying in prices:
            listing.theory = (prices[listing.underlying], 0)
    if not is_moving or shard.phase != "continuous":
        return
    if shard.rules.move_halt:
        watch(shard, prices, shard.rules.move_halt)
    if shard.rules.guard and shard.phase == "continuous":
        ppm, length = shard.rules.guard
        jumps = [
            p
            for p in prices
            if p in before and abs(prices[p] - before[p]) * 10**6 > ppm * before[p]
        ]
        if jumps:
            jump(shard, shard.now + length)


def watch(shard: Shard, prices: dict[str, int], terms: tuple[int, int, int]) -> None:
    ppm, within, length = terms
    shard.window = [(at, then) for at, then in shard.window if shard.now - at <= within]
    if any(
        abs(prices[name] - then[name]) * 10**6 >= ppm * then[name]
        for _, then in shard.window
        for name in prices
        if name in then
    ):
        halt(shard, None, "price_move", shard.now + length)
    else:
        shard.window.append((shard.now, prices))


# the jump guard ---------------------------------------------------------------------------------


def jump(shard: Shard, ends_at: int) -> None:
    if shard.guard_ends_at is None:
        shard.guard_moved = False
    elif shard.guard_moved:
        return
    else:
        shard.guard_moved = True
        shard.counts["guard extended"] += 1
    shard.guard_ends_at = ends_at
    shard.tell("guard_opened", ends_at)


def drop_guard(shard: Shard) -> None:
    """End the guard with the shard's continuous trading."""
    if shard.guard_ends_at is not None:
        shard.guard_ends_at = None
        shard.tell("guard_ended")


def end_guard(shard: Shard) -> None:
    """Let the held in, in their order of arrival over all instruments."""
    shard.guard_ends_at = None
    shard.tell("guard_ended")
    arrived, shard.held = shard.held, []
    for order in arrived:
        shard.tell("activated", order["id"], "jump_guard")
        before = len(shard.facts)
        enter(shard, order)
        matched = any(fact[0] == "trade" for fact in shard.facts[before:])
        shard.counts["held order matched"] += matched


# delayed openings and time ----------------------------------------------------------------------


def open_delayed(shard: Shard) -> None:
    """Open what was held back and now is inside its collar, or has nothing to trade."""
    for listing in shard.listings:
        if listing.opens_at is not None and not is_outside(shard, listing):
            shard.counts["opened inside"] += 1
            open_now(shard, listing)


def open_now(shard: Shard, listing: Listing) -> None:
    shard.tell("phase", listing.name, listing.phase, "continuous")
    move(shard, listing, "continuous", is_forced=True)


def advance(shard: Shard, now: int) -> None:
    """Run all that falls due up to `now`, each at its own instant; at one, in the order below."""
    while due := [act for act in timed(shard) if act[0] <= now]:
        at, _, run = min(due, key=lambda act: act[:2])
        shard.now = at
        run()
        open_delayed(shard)
    shard.now = now


def timed(shard: Shard) -> list[tuple[int, int, Callable[[], None]]]:
    """Return what is to come: expiries precede boundaries, and both the ends of protections."""
    acts: list[tuple[int, int, Callable[[], None]]] = []
    expiries = [o["expires"] for o in shard.living() if o["expires"] is not None]
    if expiries:
        first = min(expiries)
        acts.append((first, 0, lambda: expire(shard, first)))
    if shard.boundaries:
        acts.append((shard.boundaries[0][0], 1, lambda: pass_boundary(shard)))
    if shard.resumes_at is not None:
        acts.append((shard.resumes_at, 3, lambda: resume_all(shard)))
    for number, listing in enumerate(shard.listings):
        if listing.resumes_at is not None:
            acts.append((listing.resumes_at, 4 + number, partial(resume, shard, listing)))
        if listing.opens_at is not None:
            acts.append((listing.opens_at, 20 + number, partial(force, shard, listing)))
    if shard.guard_ends_at is not None:
        acts.append((shard.guard_ends_at, 2, lambda: end_guard(shard)))
    return acts


def expire(shard: Shard, at: int) -> None:
    for order in [o for o in shard.living() if o["expires"] == at]:
        shard.expire(order)


def pass_boundary(shard: Shard) -> None:
    enter_phase(shard, shard.boundaries.pop(0)[1])


def force(shard: Shard, listing: Listing) -> None:
    shard.counts["forced open"] += 1
    open_now(shard, listing)
