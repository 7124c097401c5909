"""A trade undone, or moved to another price: booked the other way, never edited.

Orders stay as they were filled; positions, cost, cash and fees follow. What was settled since is
settled again for the difference.
"""

from itg.kernel.ids import OrderId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.positions.contract import AccountFillBusted, AccountFilled
from itg.positions.core import markouts
from itg.positions.core.accounts import Account
from itg.positions.core.desk import Desk
from itg.positions.core.facts import Busted
from itg.positions.core.fills import report
from itg.positions.core.measuring import settle_all, settle_up
from itg.positions.core.settling import settle


def trade_busted(desk: Desk, _now: Nanos, event: Busted, out: list[Message]) -> None:
    """Compensate both accounts of a trade, the resting order's first."""
    settle_all(desk)
    maker = desk.accounts[event.maker_account_id]
    taker = desk.accounts[event.taker_account_id]
    listing = desk.listings[event.instrument_id]
    takers_side = event.aggressor_side
    makers_side = Side.SELL if takers_side is Side.BUY else Side.BUY
    _compensate(desk, maker, event, (event.maker_order_id, makers_side), out)
    _compensate(desk, taker, event, (event.taker_order_id, takers_side), out)
    markouts.undo(desk, event)
    desk.assert_balanced(listing)
    for account in (maker,) if maker is taker else (maker, taker):
        holding = account.portfolio.holdings[event.instrument_id]
        report(desk, account, holding, out)
        if listing.settlement_price is not None and holding.net:
            settle(desk, account, holding, listing.settlement_price, out)
    desk.assert_balanced(listing)


def _compensate(
    desk: Desk, account: Account, event: Busted, half: tuple[OrderId, Side], out: list[Message]
) -> None:
    order_id, side = half
    portfolio, holding = account.portfolio, account.portfolio.holdings[event.instrument_id]
    cash_before, net_before = portfolio.cash, holding.net
    spread = 0
    # An account that traded with itself has no position of it to move.
    if event.maker_account_id != event.taker_account_id:
        signed = event.quantity if side is Side.BUY else -event.quantity
        unit = signed * holding.listing.multiplier
        portfolio.book(holding, -signed, -event.price * unit)
        if event.adjusted_price is not None:
            portfolio.book(holding, signed, event.adjusted_price * unit)
        spread = markouts.spread_undone(desk, event) * unit
    fee = 0
    if event.adjusted_price is None:
        fee = _fee_paid(account, event, order_id)
        portfolio.charge(holding, -event.quantity, -fee)
        desk.fees_collected -= fee
    settle_up(account, holding, spread=spread)
    desk.cash_moved += portfolio.cash - cash_before
    holding.listing.net_sum += holding.net - net_before
    account.equity = None
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
    )
    account.mailbox.post(busted, out)


def _fee_paid(account: Account, event: Busted, order_id: OrderId) -> int:
    # The mailbox knows what was paid. A fill it has forgotten gets the role's fee of today back:
    # the two differ only when the role's fees were replaced in between, or a rebate was halved.
    for told in reversed(account.mailbox.events):
        if isinstance(told, AccountFilled):
            fill = told.fill
            if fill.trade_id == event.trade_id and fill.order_id == order_id:
                return fill.fee
    rules = account.terms.rules
    is_taker = order_id == event.taker_order_id and not event.is_auction
    return (rules.taker_fee if is_taker else rules.maker_fee) * event.quantity
