"""What trades were worth a while later: they wait for their marks, are summed, and are told.

A trade counts once its last mark has come. The marks read are those known at the instant; a trade
in what has no mark yet leaves nothing.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from itg.kernel.ids import Role
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.positions.contract import MarkedTrade, QuoteSpreadLimit, TradesMarked
from itg.positions.core.accounts import Account
from itg.positions.core.desk import Desk
from itg.positions.core.facts import Busted, Trade
from itg.positions.core.listings import Listing
from itg.positions.core.measured import Marking, MarkoutSums, signed
from itg.positions.core.rules import PPM


def follow_trades(desk: Desk) -> None:
    """Let the trades since a mark moved wait for their marks."""
    traded, desk.measuring.traded = desk.measuring.traded, []
    for at_ns, trade, listing, jumped_ns in traded:
        if listing.mark_price is not None:
            _follow(desk, at_ns, trade, listing, jumped_ns)


def _follow(
    desk: Desk, at_ns: Nanos, trade: Trade, listing: Listing, jumped_ns: Nanos | None
) -> None:
    assert listing.mark_price is not None
    maker = desk.accounts[trade.maker_account_id]
    taker = desk.accounts[trade.taker_account_id]
    measured = maker if taker.measured is None else taker
    weight = desk.weights_of(measured).get(listing.underlying_id, 0)
    since_jump = None if jumped_ns is None else Nanos(at_ns - jumped_ns)
    fact = MarkedTrade(
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        traded_ns=at_ns,
        price=trade.price,
        quantity=trade.quantity,
        multiplier=listing.multiplier,
        aggressor_side=trade.aggressor_side,
        maker_account_id=trade.maker_account_id,
        taker_account_id=trade.taker_account_id,
        is_auction=trade.is_auction,
        mark_price=listing.mark_price,
        marks_later=(),
        half_spread=_half_spread(desk, listing, listing.mark_price, since_jump),
        delta=listing.delta * weight // PPM,
    )
    roles = (maker.terms.rules.role, taker.terms.rules.role)
    desk.measuring.tape.add(Marking(fact, listing, roles, ()))


def _half_spread(
    desk: Desk, listing: Listing, mark_price: Price, since_jump: Nanos | None
) -> Price:
    # Of an underlying nobody's width is limited: the least that a rule allows stands for it.
    widest = 0
    for limit in _spread_limits(desk):
        width = int(limit.min_width)
        if listing.is_option:
            width = max(width, mark_price * limit.max_fraction_ppm // PPM)
            if since_jump is not None and since_jump < limit.doubled_after_jump_ns:
                width *= 2
        widest = max(widest, width)
    return Price(widest // 2)


def _spread_limits(desk: Desk) -> Iterable[QuoteSpreadLimit]:
    for terms in desk.roles.values():
        if terms.rules.quotes_allowed:
            for constraint in terms.rules.constraints:
                if isinstance(constraint, QuoteSpreadLimit):
                    yield constraint


def read_marks(desk: Desk, until_ns: Nanos | None, out: list[Message]) -> None:
    """Give the trades that fall due before an instant the marks of now; None: all that wait."""
    done = desk.measuring.tape.due(until_ns)
    if done:
        for marking in done:
            _count(desk, marking, 1)
        out.append(TradesMarked(trades=tuple(map(_told, done))))


def spread_undone(desk: Desk, event: Busted) -> int:
    """Return what a bought contract's spread capture changes by, a multiplier of 1.

    0 of a trade of another day, whose capture was told with that day.
    """
    marking = desk.measuring.tape.trades.get(event.trade_id)
    if marking is None:
        return 0
    fact, adjusted_price = marking.fact, event.adjusted_price
    return fact.price - (fact.mark_price if adjusted_price is None else adjusted_price)


def undo(desk: Desk, event: Busted) -> None:
    """Take a trade out of what is summed or waits; an adjusted one counts at its new price."""
    tape = desk.measuring.tape
    marking = tape.trades.get(event.trade_id)
    if marking is None:
        return
    if marking.is_done:
        _count(desk, marking, -1)
    if event.adjusted_price is None:
        marking.is_undone = True
        del tape.trades[event.trade_id]
        return
    marking.fact = replace(marking.fact, price=event.adjusted_price)
    if marking.is_done:
        _count(desk, marking, 1)


def _told(marking: Marking) -> MarkedTrade:
    return replace(marking.fact, marks_later=tuple(marking.later))


def _count(desk: Desk, marking: Marking, times: int) -> None:
    fact, (maker_role, taker_role) = marking.fact, marking.roles
    unit = times * signed(fact.aggressor_side, fact.quantity) * fact.multiplier
    won = [unit * (mark - fact.price) for mark in (fact.mark_price, *marking.later)]
    lost = [-edge for edge in won]
    contracts = times * fact.quantity
    for account_id, key, edges in (
        (fact.maker_account_id, (taker_role, True), lost),
        (fact.taker_account_id, (maker_role, False), won),
    ):
        account = desk.accounts[account_id]
        # What a former seat traded went with it.
        if account.former_seat(fact.instrument_id, fact.trade_id) is None:
            _add(account, key, (times, contracts, edges))


def _add(account: Account, key: tuple[Role, bool], counted: tuple[int, int, list[int]]) -> None:
    if account.measured is not None:
        sums = account.measured.markouts.setdefault(key, MarkoutSums())
        sums.add(*counted)
        if not sums.trades:
            del account.measured.markouts[key]
