"""A desk from the bytes of a snapshot."""

from collections.abc import Callable
from itertools import chain

from msgspec import Raw
from msgspec.msgpack import Decoder

from itg.kernel.money import Cash
from itg.positions.contract import AnyPrivateEvent
from itg.positions.core.accounts import Account, Answer, Episode, KillSwitch, Protection
from itg.positions.core.buckets import Bucket
from itg.positions.core.desk import Desk, ExchangeReasons, Quoting, Replacement
from itg.positions.core.mailbox import Mailbox
from itg.positions.core.measuring import seat_all
from itg.positions.core.orders import Order, Quote, QuoteSide, Ticket
from itg.positions.core.portfolio import Holding, Portfolio, Stake
from itg.positions.core.stops import restrict
from itg.positions.store.measures import restore_listing, restore_measuring, restored
from itg.positions.store.obligations import coverage_of, obligations_of
from itg.positions.store.rows import (
    AccountRow,
    AnswerRow,
    DeskRow,
    ListingRow,
    OrderPlace,
    OrderRow,
    PortfolioRow,
    ProtectionRow,
    QuoteRow,
    TicketRow,
    WatchRow,
)

_DECODER = Decoder(DeskRow)
_answer_row = Decoder(AnswerRow).decode
_events = Decoder(list[AnyPrivateEvent]).decode
_order_place: Callable[[Raw], OrderPlace] = Decoder(OrderPlace).decode


def decode_desk(data: bytes, reasons: ExchangeReasons) -> Desk:
    """Build the state a snapshot holds."""
    row = _DECODER.decode(data)
    desk = Desk(reasons)
    desk.configure(tuple(row.roles))
    for listing_row in row.listings:
        _restore_listing(desk, listing_row)
    desk.open_shards = dict(row.open_shards)
    desk.kill_switch = _switch(row.kill_switch)
    desk.jumped_ns = row.jumped_ns
    desk.disturbed_ns = row.disturbed_ns
    desk.checked_ns = row.checked_ns
    desk.obligations = obligations_of(row.obligations)
    for account_row in row.accounts:
        _restore_account(desk, account_row)
    for reservation_id, account_id, place in row.placements:
        desk.placements[reservation_id] = _order_at(desk.accounts[account_id], place)
    for reservation_id, account_id, order_id, total in row.replacements:
        order = desk.accounts[account_id].orders[order_id]
        desk.replacements[reservation_id] = Replacement(order, total)
    for reservation_id, account_id, instrument_id in row.quotings:
        account = desk.accounts[account_id]
        desk.quotings[reservation_id] = Quoting(account, account.quotes[instrument_id])
    desk.last_reservation = row.last_reservation
    desk.last_fill = row.last_fill
    desk.cash_moved = row.cash_moved
    desk.cash_from_outside = row.cash_from_outside
    desk.is_day_due = row.is_day_due
    desk.fees_collected = row.fees_collected
    if row.incoming is not None:
        account_id, client_order_id = row.incoming
        desk.incoming = desk.accounts[account_id].answers[client_order_id]
    if row.measuring is not None:
        restore_measuring(desk, row.measuring)
    seat_all(desk)
    return desk


def _restore_listing(desk: Desk, row: ListingRow) -> None:
    desk.list_instrument(row.instrument)
    listing = desk.listings[row.instrument.instrument_id]
    listing.mark_price = row.mark_price
    listing.delta = row.delta
    listing.net_sum = row.net_sum
    listing.is_delisted = row.is_delisted
    listing.settlement_price = row.settlement_price
    listing.last_trade_id = row.last_trade_id
    restore_listing(listing, row)


def _switch(row: tuple[bool, bool]) -> KillSwitch:
    is_active, by_organizer = row
    return KillSwitch(is_active=is_active, by_organizer=by_organizer)


def _restore_account(desk: Desk, row: AccountRow) -> None:
    account = desk.open_account(row.account_id, row.role)
    assert account is not None
    account.connections = row.connections
    account.orders_accepted = row.orders_accepted
    buckets = account.buckets
    buckets.orders, buckets.cancels, buckets.quotes = (Bucket(*state) for state in row.buckets)
    account.portfolio = _portfolio(desk, row.portfolio)
    for answer_row in map(_answer_row, row.answers):
        order = None if answer_row.order is None else _order(account, answer_row.order)
        body = answer_row.body if order is None else order.body
        assert body is not None
        assert body.client_order_id is not None
        answer = account.answers[body.client_order_id] = Answer(body, order)
        answer.events = answer_row.events
    # Acceptance order, as the rows have it.
    orders = [_order_at(account, place) for place in map(_order_place, row.orders)]
    account.orders = {order.order_id: order for order in orders}
    account.working = {order_id: account.orders[order_id] for order_id in row.working}
    account.done.extend(row.done)
    for quote_row in row.quotes:
        _restore_quote(account, quote_row)
    account.warned = dict.fromkeys(row.warned)
    _restore_watch(desk, account, row.watch)
    if row.measured is not None:
        account.measured = restored(row.measured)
    account.former_seats = row.former_seats
    account.mailbox = Mailbox(row.private_seq, chain.from_iterable(map(_events, row.mailbox)))


def _restore_watch(desk: Desk, account: Account, row: WatchRow) -> None:
    account.kill_switch = _switch(row.kill_switch)
    account.protection = None if row.protection is None else _protection(row.protection)
    account.is_loss_stopped = row.is_loss_stopped
    account.day_equity = Cash(row.day_equity)
    account.episodes = {
        kind: Episode(since_ns, used, limit, is_breached=is_breached)
        for kind, since_ns, used, limit, is_breached in row.episodes
    }
    account.coverage = coverage_of(row.coverage)
    account.is_suspended = row.is_suspended
    restrict(desk, account)


def _protection(row: ProtectionRow) -> Protection:
    protection = Protection(row.window_ns, row.contracts_max, row.delta_max)
    protection.is_tripped = row.is_tripped
    for fill in row.fills:
        protection.count(fill)
    return protection


def _portfolio(desk: Desk, row: PortfolioRow) -> Portfolio:
    portfolio = Portfolio(row.cash)
    portfolio.fees = row.fees
    portfolio.filled = row.filled
    portfolio.exposure = row.exposure
    for held in row.holdings:
        holding = Holding(desk.listings[held.instrument_id])
        holding.net = held.net
        holding.cost = held.cost
        holding.realized = held.realized
        holding.fees = held.fees
        holding.contracts_traded = held.contracts_traded
        holding.working_buy = held.working_buy
        holding.working_sell = held.working_sell
        holding.worst = held.worst
        if held.pnl is not None:
            holding.stake = Stake()
            holding.stake.parts = held.pnl
            holding.stake.follow(holding)
        portfolio.keep(holding)
    return portfolio


def _order_at(account: Account, place: OrderPlace) -> Order:
    if isinstance(place, OrderRow):
        return _order(account, place)
    order = account.answers[place].order
    assert order is not None
    return order


def _order(account: Account, row: OrderRow) -> Order:
    order = Order(row.body, account.portfolio.holdings[row.ticket.instrument_id], row.stp)
    _restore_ticket(order, row.ticket)
    order.reserved = row.reserved
    order.revision = row.revision
    order.accepted_ns = row.accepted_ns
    order.accepted_seq = row.accepted_seq
    return order


def _restore_ticket(ticket: Ticket, row: TicketRow) -> None:
    ticket.order_id = row.order_id
    ticket.status = row.status
    ticket.price = row.price
    ticket.quantity = row.quantity
    ticket.leaves = row.leaves
    ticket.filled = row.filled
    ticket.filled_value = row.filled_value
    ticket.fees = row.fees


def _restore_quote(account: Account, row: QuoteRow) -> None:
    quote = Quote(account.portfolio.holdings[row.instrument_id])
    quote.bid = _restored_side(account, quote, row.bid)
    quote.ask = _restored_side(account, quote, row.ask)
    quote.in_flight = {reservation: (bid, ask) for reservation, bid, ask in row.in_flight}
    quote.reserved_bid = row.reserved_bid
    quote.reserved_ask = row.reserved_ask
    quote.valid_ns = row.valid_ns
    quote.firm_ns = row.firm_ns
    account.quotes[row.instrument_id] = quote


def _restored_side(account: Account, quote: Quote, row: TicketRow | None) -> QuoteSide | None:
    if row is None:
        return None
    side = QuoteSide(quote.holding, row.side, row.quantity, row.price)
    _restore_ticket(side, row)
    account.quote_sides[row.order_id] = side
    return side
