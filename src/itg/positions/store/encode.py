"""A desk as the bytes of a snapshot; equal states give equal bytes."""

from msgspec.msgpack import Encoder

from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId
from itg.positions.core.accounts import Account, Answer, KillSwitch
from itg.positions.core.desk import Desk
from itg.positions.core.orders import Order, Quote, Ticket
from itg.positions.core.portfolio import Portfolio
from itg.positions.store.rows import (
    AccountRow,
    AnswerRow,
    DeskRow,
    HoldingRow,
    ListingRow,
    OrderIndex,
    OrderRow,
    PortfolioRow,
    ProtectionRow,
    QuoteRow,
    TicketRow,
    WatchRow,
)


def encode_desk(desk: Desk) -> bytes:
    """Encode the whole state."""
    tables = {account_id: _OrderTable(account) for account_id, account in desk.accounts.items()}
    placements = []
    for reservation_id, order in desk.placements.items():
        account_id = order.body.account_id
        placements.append((reservation_id, account_id, tables[account_id].index(order)))
    replacements = []
    for reservation_id, replacement in desk.replacements.items():
        account_id = replacement.order.body.account_id
        index = tables[account_id].index(replacement.order)
        replacements.append((reservation_id, account_id, index, replacement.total))
    return Encoder().encode(
        DeskRow(
            roles=[terms.rules for terms in desk.roles.values()],
            listings=[
                ListingRow(
                    listing.instrument,
                    listing.mark_price,
                    listing.delta,
                    listing.net_sum,
                    listing.is_delisted,
                    listing.settlement_price,
                )
                for listing in desk.listings.values()
            ],
            open_shards=list(desk.open_shards.items()),
            accounts=[
                _account_row(account, tables[account_id])
                for account_id, account in desk.accounts.items()
            ],
            placements=placements,
            replacements=replacements,
            quotings=[
                (reservation_id, quoting.account.account_id, _instrument_id(quoting.quote))
                for reservation_id, quoting in desk.quotings.items()
            ],
            last_reservation=desk.last_reservation,
            last_fill=desk.last_fill,
            cash_moved=desk.cash_moved,
            fees_collected=desk.fees_collected,
            incoming=_incoming(desk),
            kill_switch=_switch(desk.kill_switch),
            jumped_ns=desk.jumped_ns,
            disturbed_ns=desk.disturbed_ns,
            checked_ns=desk.checked_ns,
        )
    )


class _OrderTable:
    __slots__ = ("_index", "rows")

    def __init__(self, account: Account) -> None:
        self.rows: list[OrderRow] = []
        self._index: dict[int, OrderIndex] = {}  # by identity
        for order in account.orders.values():
            self.index(order)

    def index(self, order: Order) -> OrderIndex:
        key = id(order)
        if key not in self._index:
            self._index[key] = len(self.rows)
            self.rows.append(_order_row(order))
        return self._index[key]


def _account_row(account: Account, table: _OrderTable) -> AccountRow:
    buckets = account.buckets
    return AccountRow(
        account_id=account.account_id,
        role=account.terms.rules.role,
        connections=account.connections,
        orders_accepted=account.orders_accepted,
        buckets=(
            (buckets.orders.spent_ns, buckets.orders.at_ns),
            (buckets.cancels.spent_ns, buckets.cancels.at_ns),
            (buckets.quotes.spent_ns, buckets.quotes.at_ns),
        ),
        portfolio=_portfolio_row(account.portfolio),
        working=[table.index(order) for order in account.working.values()],
        done=[table.index(account.orders[order_id]) for order_id in account.done],
        answers=[_answer_row(answer, table) for answer in account.answers.values()],
        quotes=[_quote_row(quote) for quote in account.quotes.values()],
        warned=list(account.warned),
        watch=_watch_row(account),
        private_seq=account.mailbox.seq,
        mailbox=list(account.mailbox.events),
        # Last: the rows above add the orders only they know to the table.
        orders=table.rows,
    )


def _watch_row(account: Account) -> WatchRow:
    protection = account.protection
    return WatchRow(
        _switch(account.kill_switch),
        None
        if protection is None
        else ProtectionRow(
            protection.window_ns,
            protection.contracts_max,
            protection.delta_max,
            protection.is_tripped,
            list(protection.fills),
        ),
        account.is_loss_stopped,
        account.day_equity,
        account.outside_ns,
        account.is_breached,
    )


def _switch(switch: KillSwitch) -> tuple[bool, bool]:
    return switch.is_active, switch.by_organizer


def _portfolio_row(portfolio: Portfolio) -> PortfolioRow:
    return PortfolioRow(
        cash=portfolio.cash,
        fees=portfolio.fees,
        filled=portfolio.filled,
        exposure=portfolio.exposure,
        holdings=[
            HoldingRow(
                holding.listing.instrument_id,
                holding.net,
                holding.cost,
                holding.realized,
                holding.fees,
                holding.contracts_traded,
                holding.working_buy,
                holding.working_sell,
                holding.worst,
            )
            for holding in portfolio.holdings.values()
        ],
    )


def _order_row(order: Order) -> OrderRow:
    return OrderRow(
        _ticket_row(order),
        order.body,
        order.stp,
        order.reserved,
        order.revision,
        order.accepted_ns,
        order.accepted_seq,
    )


def _ticket_row(ticket: Ticket) -> TicketRow:
    return TicketRow(
        ticket.holding.listing.instrument_id,
        ticket.side,
        ticket.order_id,
        ticket.status,
        ticket.price,
        ticket.quantity,
        ticket.leaves,
        ticket.filled,
        ticket.filled_value,
        ticket.fees,
    )


def _answer_row(answer: Answer, table: _OrderTable) -> AnswerRow:
    assert answer.body.client_order_id is not None
    return AnswerRow(
        answer.body.client_order_id,
        answer.body,
        None if answer.order is None else table.index(answer.order),
        answer.events,
    )


def _quote_row(quote: Quote) -> QuoteRow:
    return QuoteRow(
        _instrument_id(quote),
        _ticket_row(quote.bid) if quote.bid else None,
        _ticket_row(quote.ask) if quote.ask else None,
        [(reservation, bid, ask) for reservation, (bid, ask) in quote.in_flight.items()],
        quote.reserved_bid,
        quote.reserved_ask,
    )


def _instrument_id(quote: Quote) -> InstrumentId:
    return quote.holding.listing.instrument_id


def _incoming(desk: Desk) -> tuple[AccountId, ClientOrderId] | None:
    if desk.incoming is None:
        return None
    body = desk.incoming.body
    assert body.client_order_id is not None
    return body.account_id, body.client_order_id
