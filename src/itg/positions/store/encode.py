"""A desk as the bytes of a snapshot; equal states give equal bytes."""

from msgspec.msgpack import Encoder

from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId
from itg.positions.core.accounts import Account, Answer, KillSwitch
from itg.positions.core.desk import Desk
from itg.positions.core.measuring import settle_all
from itg.positions.core.orders import Quote
from itg.positions.core.portfolio import Portfolio
from itg.positions.store.measures import measured_of_listing, measured_row, measuring_row
from itg.positions.store.obligations import coverage_row, obligation_rows
from itg.positions.store.packing import AccountPacking, Packing, place_of, ticket_row
from itg.positions.store.rows import (
    AccountRow,
    DeskRow,
    HoldingRow,
    ListingRow,
    PortfolioRow,
    ProtectionRow,
    QuoteRow,
    WatchRow,
)


def encode_desk(desk: Desk, packing: Packing | None = None) -> bytes:
    """Encode the whole state; `packing` is what earlier snapshots of this desk left encoded."""
    packing = Packing() if packing is None else packing
    settle_all(desk)
    placements = []
    for reservation_id, order in desk.placements.items():
        account = desk.accounts[order.body.account_id]
        placements.append((reservation_id, account.account_id, place_of(account, order)))
    replacements = []
    for reservation_id, replacement in desk.replacements.items():
        order, total = replacement.order, replacement.total
        replacements.append((reservation_id, order.body.account_id, order.order_id, total))
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
                    *measured_of_listing(listing),
                    listing.last_trade_id,
                )
                for listing in desk.listings.values()
            ],
            open_shards=list(desk.open_shards.items()),
            accounts=[
                _account_row(account, packing.of(account), desk.incoming)
                for account in desk.accounts.values()
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
            obligations=obligation_rows(desk.obligations),
            cash_from_outside=desk.cash_from_outside,
            is_day_due=desk.is_day_due,
            measuring=measuring_row(desk.measuring),
        )
    )


def _account_row(account: Account, packing: AccountPacking, incoming: Answer | None) -> AccountRow:
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
        orders=packing.orders(),
        working=list(account.working),
        done=list(account.done),
        answers=packing.answers(incoming),
        quotes=[_quote_row(quote) for quote in account.quotes.values()],
        warned=list(account.warned),
        watch=_watch_row(account),
        private_seq=account.mailbox.seq,
        mailbox=packing.mailbox(),
        measured=None if account.measured is None else measured_row(account.measured),
        former_seats=account.former_seats,
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
        [
            (kind, e.since_ns, e.used, e.limit, e.is_breached)
            for kind, e in account.episodes.items()
        ],
        coverage_row(account.coverage),
        account.is_suspended,
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
                None if holding.stake is None else holding.stake.parts,
            )
            for holding in portfolio.holdings.values()
        ],
    )


def _quote_row(quote: Quote) -> QuoteRow:
    return QuoteRow(
        _instrument_id(quote),
        ticket_row(quote.bid) if quote.bid else None,
        ticket_row(quote.ask) if quote.ask else None,
        [(reservation, bid, ask) for reservation, (bid, ask) in quote.in_flight.items()],
        quote.reserved_bid,
        quote.reserved_ask,
        quote.valid_ns,
        quote.firm_ns,
    )


def _instrument_id(quote: Quote) -> InstrumentId:
    return quote.holding.listing.instrument_id


def _incoming(desk: Desk) -> tuple[AccountId, ClientOrderId] | None:
    if desk.incoming is None:
        return None
    body = desk.incoming.body
    assert body.client_order_id is not None
    return body.account_id, body.client_order_id
