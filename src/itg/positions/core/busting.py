"""A trade undone, or moved to another price: booked the other way, never edited.

Orders stay as they were filled; positions, cost, cash and fees follow. What was settled since is
settled again for the difference.

An account that has begun anew since the trade has no part in it any more. Its contracts went to an
heir at a price, and what it had made of them left the market with its cash. So the heir gives the
contracts back at that price, and the rest of what the seat would get, its fee too, is cash from
outside: everybody has what they would have if the trade had been right before the handover.
"""

from itg.kernel.ids import OrderId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.positions.contract import AccountFillBusted, AccountFilled, RoleRules
from itg.positions.core import markouts
from itg.positions.core.accounts import Account
from itg.positions.core.desk import Desk
from itg.positions.core.facts import Busted
from itg.positions.core.fills import report
from itg.positions.core.former_seats import FormerSeat
from itg.positions.core.measuring import settle_all, settle_up
from itg.positions.core.portfolio import Holding
from itg.positions.core.settling import settle


def trade_busted(desk: Desk, _now: Nanos, event: Busted, out: list[Message]) -> None:
    """Compensate both accounts of a trade, or who took over their seats; the maker's first."""
    settle_all(desk)
    listing = desk.listings[event.instrument_id]
    takers_side = event.aggressor_side
    makers_side = Side.SELL if takers_side is Side.BUY else Side.BUY
    halves = (
        (event.maker_account_id, event.maker_order_id, makers_side),
        (event.taker_account_id, event.taker_order_id, takers_side),
    )
    moved: dict[Account, None] = {}
    for account_id, order_id, side in halves:
        owner = _compensate(desk, desk.accounts[account_id], event, (order_id, side), out)
        if owner is not None:
            moved[owner] = None
    markouts.undo(desk, event)
    desk.assert_balanced(listing)
    for owner in moved:
        holding = owner.portfolio.holdings[event.instrument_id]
        report(desk, owner, holding, out)
        if listing.settlement_price is not None and holding.net:
            settle(desk, owner, holding, listing.settlement_price, out)
    desk.assert_balanced(listing)


def _compensate(
    desk: Desk, account: Account, event: Busted, half: tuple[OrderId, Side], out: list[Message]
) -> Account | None:
    # Returns whose position is to be told.
    order_id, side = half
    seat = account.former_seat(event.instrument_id, event.trade_id)
    owner: Account | None = account
    if seat is None:
        fee = _book_back(desk, account, event, half)
    else:
        fee, owner = 0, _book_outside(desk, account, seat, event, half)
    busted = AccountFillBusted(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        trade_id=event.trade_id,
        order_id=order_id,
        instrument_id=event.instrument_id,
        side=side,
        last_price=event.price,
        adjusted_price=event.adjusted_price,
        last_quantity=event.quantity,
        fee_returned=Cash(fee),
        is_former_seat=seat is not None,
    )
    account.mailbox.post(busted, out)
    return owner


def _contracts(event: Busted, side: Side) -> int:
    # An account that traded with itself has no position of it to move.
    if event.maker_account_id == event.taker_account_id:
        return 0
    return event.quantity if side is Side.BUY else -event.quantity


def _book_back(desk: Desk, account: Account, event: Busted, half: tuple[OrderId, Side]) -> int:
    order_id, side = half
    portfolio, holding = account.portfolio, account.portfolio.holdings[event.instrument_id]
    cash_before, net_before = portfolio.cash, holding.net
    spread = fee = 0
    signed = _contracts(event, side)
    if signed:
        unit = signed * holding.listing.multiplier
        portfolio.book(holding, -signed, -event.price * unit)
        if event.adjusted_price is not None:
            portfolio.book(holding, signed, event.adjusted_price * unit)
        spread = markouts.spread_undone(desk, event) * unit
    if event.adjusted_price is None:
        fee = _fee_paid(account, account.terms.rules, event, order_id)
        portfolio.charge(holding, -event.quantity, -fee)
        desk.fees_collected -= fee
    settle_up(account, holding, spread=spread)
    desk.cash_moved += portfolio.cash - cash_before
    holding.listing.net_sum += holding.net - net_before
    account.equity = None
    return fee


def _book_outside(
    desk: Desk, account: Account, seat: FormerSeat, event: Busted, half: tuple[OrderId, Side]
) -> Account | None:
    order_id, side = half
    signed = _contracts(event, side)
    unit = signed * desk.listings[event.instrument_id].multiplier
    if event.adjusted_price is not None:
        desk.cash_from_outside -= (event.price - event.adjusted_price) * unit
        return None
    fee = _fee_paid(account, desk.roles[seat.role].rules, event, order_id)
    desk.fees_collected -= fee
    desk.cash_from_outside -= event.price * unit + fee
    return _take_from_heir(desk, seat, event, signed) if signed else None


def _take_from_heir(desk: Desk, seat: FormerSeat, event: Busted, signed: int) -> Account:
    heir, listing = desk.accounts[seat.heir_id], desk.listings[event.instrument_id]
    price = seat.handovers[event.instrument_id].price
    value = signed * listing.multiplier * (event.price if price is None else price)
    holding = heir.portfolio.holdings.get(event.instrument_id)
    if holding is None:
        holding = Holding(listing)
        heir.portfolio.keep(holding)
    settle_up(heir, holding)
    heir.portfolio.book(holding, -signed, -value)
    settle_up(heir, holding, spread=0)
    heir.equity = None
    desk.cash_moved += value
    desk.cash_from_outside += value
    listing.net_sum -= signed
    return heir


def _fee_paid(account: Account, rules: RoleRules, event: Busted, order_id: OrderId) -> int:
    # The mailbox knows what was paid. A fill it has forgotten gets the role's fee of today back:
    # the two differ only when the role's fees were replaced in between, or a rebate was halved.
    for told in reversed(account.mailbox.events):
        if isinstance(told, AccountFilled):
            fill = told.fill
            if fill.trade_id == event.trade_id and fill.order_id == order_id:
                return fill.fee
    is_taker = order_id == event.taker_order_id and not event.is_auction
    return (rules.taker_fee if is_taker else rules.maker_fee) * event.quantity
