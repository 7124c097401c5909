"""Trades become fills of both accounts: fees, position, cash, reports, released exposure."""

from itg.kernel.ids import OrderId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Liquidity, Side
from itg.positions.contract import AccountFilled, Fill
from itg.positions.core.accounts import Account
from itg.positions.core.coverage import follow_quote, maker_fee
from itg.positions.core.desk import Desk, Sweep
from itg.positions.core.facts import Trade
from itg.positions.core.loss_stop import watch_loss
from itg.positions.core.orders import Order, Quote, QuoteSide, Ticket
from itg.positions.core.portfolio import Holding
from itg.positions.core.protection import watch_quotes
from itg.positions.core.settling import tell_position


def apply_trade(desk: Desk, now: Nanos, trade: Trade, out: list[Message]) -> None:
    """Book a trade for both accounts, the resting order's first.

    Quote sides that a portfolio limit, now reached, wants out of the market are swept. A trade of
    an account with itself fills both orders and takes both fees; its position does not move.
    """
    maker = desk.accounts[trade.maker_account_id]
    taker = desk.accounts[trade.taker_account_id]
    makers = _ticket(maker, trade.maker_order_id)
    takers = _ticket(taker, trade.taker_order_id)
    listing = makers.holding.listing
    assert takers.side is trade.aggressor_side is not makers.side
    assert listing is takers.holding.listing
    listing.last_trade_id = trade.trade_id
    if maker.measured is not None or taker.measured is not None:
        desk.measuring.traded.append((now, trade, listing, desk.jumped_ns))
    booking = _Booking(desk, now, trade, out)
    booking.book(maker, makers, Liquidity.MAKER)
    booking.book(taker, takers, Liquidity.TAKER)
    desk.assert_balanced(listing)
    report(desk, maker, makers.holding, out)
    if maker is not taker:
        report(desk, taker, takers.holding, out)


class _Booking:
    __slots__ = ("_desk", "_now", "_out", "_trade")

    def __init__(self, desk: Desk, now: Nanos, trade: Trade, out: list[Message]) -> None:
        self._desk = desk
        self._now = now
        self._trade = trade
        self._out = out

    def book(self, account: Account, ticket: Ticket, liquidity: Liquidity) -> None:
        trade = self._trade
        quantity = trade.quantity
        if trade.is_auction:
            liquidity = Liquidity.AUCTION  # nobody takes from a resting order in a call auction
        is_taker = liquidity is Liquidity.TAKER
        fee = (account.terms.rules.taker_fee if is_taker else maker_fee(account)) * quantity
        ticket.fill(trade.price, quantity, fee)
        desk, portfolio, holding = self._desk, account.portfolio, ticket.holding
        cash_before, net_before = portfolio.cash, holding.net
        if trade.maker_account_id == trade.taker_account_id:
            portfolio.reserve(holding, ticket.side, -quantity)
            portfolio.charge(holding, quantity, fee)
        else:
            portfolio.fill(holding, ticket.side, price=trade.price, quantity=quantity, fee=fee)
        if account.measured is not None:
            account.measured.touched[holding.listing.index] = holding
        if account.equity is not None:
            moved = (portfolio.cash - cash_before, holding.net - net_before)
            account.equity = _equity_after(account.equity, holding, *moved)
        # What changed, not what should have: the sums are there to catch a difference.
        desk.fees_collected += fee
        desk.cash_moved += portfolio.cash - cash_before
        holding.listing.net_sum += holding.net - net_before
        if isinstance(ticket, Order):
            self._tell_order(account, ticket, self._fill(account, ticket, liquidity, fee))
        else:
            assert isinstance(ticket, QuoteSide)
            self._tell_quote(account, ticket, self._fill(account, ticket, liquidity, fee))

    def _fill(self, account: Account, ticket: Ticket, liquidity: Liquidity, fee: int) -> Fill:
        trade = self._trade
        return Fill(
            fill_id=self._desk.next_fill(),
            trade_id=trade.trade_id,
            order_id=ticket.order_id,
            client_order_id=ticket.client_order_id,
            instrument_id=trade.instrument_id,
            side=ticket.side,
            last_price=trade.price,
            last_quantity=trade.quantity,
            liquidity=liquidity,
            fee=Cash(fee),
            seq=account.mailbox.next_seq(),
            game_ns=self._now,
        )

    def _tell_order(self, account: Account, order: Order, fill: Fill) -> None:
        order.reserved -= fill.last_quantity
        if order.is_done:
            account.retire(order)
        event = _filled(account, order, fill, is_quote=False)
        account.mailbox.post(event, self._out)
        self._desk.remember(event, order)

    def _tell_quote(self, account: Account, side: QuoteSide, fill: Fill) -> None:
        quote = account.quotes[fill.instrument_id]
        if side.side is Side.BUY:
            quote.reserved_bid -= fill.last_quantity
        else:
            quote.reserved_ask -= fill.last_quantity
        if side.is_done:
            account.drop_side(side)
        account.settle_quote(quote)
        follow_quote(self._desk, self._now, account, quote)
        account.mailbox.post(_filled(account, side, fill, is_quote=True), self._out)
        if account.protection is not None:
            watch_quotes(self._desk, account, side, fill, self._out)


def _filled(account: Account, ticket: Ticket, fill: Fill, *, is_quote: bool) -> AccountFilled:
    return AccountFilled(
        account_id=account.account_id,
        private_seq=fill.seq,
        fill=fill,
        status=ticket.status,
        filled_quantity=ticket.filled,
        leaves_quantity=ticket.leaves,
        average_price=ticket.average_price,
        is_quote=is_quote,
    )


def _equity_after(equity: int, holding: Holding, cash: int, contracts: int) -> int | None:
    mark = holding.listing.mark_price
    if mark is None:
        return None  # counted at its cost, which the fill moved too
    return equity + cash + mark * contracts * holding.listing.multiplier


def report(desk: Desk, account: Account, holding: Holding, out: list[Message]) -> None:
    """Tell an owner of a position that a trade moved, and do what its limits ask for."""
    tell_position(account, holding, out)
    terms = account.terms
    if terms.loss_stop is not None:
        watch_loss(desk, account, out)
    limit = terms.filled_limit
    if limit is None or account.portfolio.filled < limit or not holding.listing.is_option:
        return
    for quote in account.quotes.values():
        if quote.holding.listing.is_option:
            _sweep_adding(desk, account, quote)


def _sweep_adding(desk: Desk, account: Account, quote: Quote) -> None:
    holding = quote.holding
    for side in (quote.bid, quote.ask):
        if side is not None and holding.side_worst(side.side) > abs(holding.net):
            desk.sweeps.append(
                Sweep(
                    shard=holding.listing.shard,
                    account_id=account.account_id,
                    instrument_id=holding.listing.instrument_id,
                    side=side.side,
                    orders=False,
                    reason=CancelReason.PORTFOLIO_LIMIT,
                )
            )


def _ticket(account: Account, order_id: OrderId) -> Ticket:
    return account.working.get(order_id) or account.quote_sides[order_id]
