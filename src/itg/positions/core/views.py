"""What can be read: answers made of the desk's state, which they leave as it is."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from itg.kernel.messages import Query, Reply
from itg.kernel.money import Cash
from itg.positions.contract import (
    AccountBalance,
    AccountFillBusted,
    AccountFilled,
    AccountMissing,
    AccountState,
    Balances,
    Budgets,
    Fills,
    FoundOrder,
    GetAccountState,
    GetBalances,
    GetBudgets,
    GetCoverage,
    GetFills,
    GetKillSwitches,
    GetLimits,
    GetMarkouts,
    GetOrder,
    GetOrderEvents,
    GetOrders,
    GetPnl,
    GetPositions,
    GetPrivateEvents,
    GetQuoteProtection,
    GetQuotes,
    GetRoles,
    KillSwitches,
    Limits,
    OrderEvents,
    Orders,
    Position,
    Positions,
    PrivateEvents,
    ProtectionState,
    Quotes,
    QuoteState,
    RateBudget,
    Roles,
    ValidateOrder,
    Verdict,
    fold_answer,
)
from itg.positions.core.accounts import Account
from itg.positions.core.coverage_views import coverage_uses, leg_deltas, read_coverage
from itg.positions.core.desk import Desk
from itg.positions.core.mailbox import concerns_order, is_first_of_order
from itg.positions.core.orders import Order
from itg.positions.core.placing import order_verdict
from itg.positions.core.pnl_views import read_markouts, read_pnl
from itg.positions.core.portfolio import Holding
from itg.positions.core.protection import protection_state

Reader = Callable[[Desk, Query], Reply]
AccountQuery = TypeVar(
    "AccountQuery",
    GetOrders,
    GetOrder,
    GetQuotes,
    GetFills,
    GetPositions,
    GetLimits,
    GetBudgets,
    GetPrivateEvents,
    GetAccountState,
    GetOrderEvents,
    GetQuoteProtection,
)


def _orders(account: Account, query: GetOrders) -> Reply:
    pool = account.working if query.working else account.orders
    matching = (pool[order_id] for order_id in sorted(pool))
    page = [order for order in matching if _matches(order, query)][: query.count]
    return Orders(orders=tuple(order.state() for order in page), private_seq=account.mailbox.seq)


def _matches(order: Order, query: GetOrders) -> bool:
    return (
        query.working in (None, not order.is_done)
        and query.instrument_id in (None, order.body.instrument_id)
        and query.tag in (None, order.body.tag)
        and (query.after_order_id is None or order.order_id > query.after_order_id)
        and (query.since_seq is None or order.accepted_seq > query.since_seq)
    )


def _order(account: Account, query: GetOrder) -> Reply:
    found = account.find(query.order_id, query.client_order_id)
    refusal = None
    if found is None and query.order_id is None and query.client_order_id is not None:
        answer = account.answers.get(query.client_order_id)
        first = fold_answer(answer.events, account.account_id) if answer else None
        refusal = first.refusal if first else None
    return FoundOrder(
        order=found.state() if found else None, refusal=refusal, private_seq=account.mailbox.seq
    )


def _quotes(account: Account, query: GetQuotes) -> Reply:
    states = tuple(
        state
        for state in _quote_states(account)
        if query.instrument_id in (None, state.instrument_id)
    )
    return Quotes(quotes=states, private_seq=account.mailbox.seq)


def _fills(account: Account, query: GetFills) -> Reply:
    events = account.mailbox.after(query.since_seq)
    page = [
        event.fill
        for event in events
        if isinstance(event, AccountFilled)
        and query.instrument_id in (None, event.fill.instrument_id)
    ]
    return Fills(
        fills=tuple(page[: query.count]),
        corrections=tuple(event for event in events if isinstance(event, AccountFillBusted)),
        is_complete=account.mailbox.oldest_kept() <= (query.since_seq or 0) + 1,
        private_seq=account.mailbox.seq,
    )


def _positions(account: Account, _query: GetPositions) -> Reply:
    return Positions(
        account_id=account.account_id,
        role=account.terms.rules.role,
        positions=_position_states(account),
        cash=Cash(account.portfolio.cash),
        fees=Cash(account.portfolio.fees),
        realized_pnl=_realized(account),
        unrealized_pnl=_unrealized(account),
        private_seq=account.mailbox.seq,
    )


def _limits(account: Account, _query: GetLimits) -> Reply:
    portfolio = account.portfolio
    holdings = _in_listing_order(portfolio.holdings.values())
    uses = tuple(use for risk in account.terms.risks for use in risk.uses(portfolio, holdings))
    return Limits(
        limits=uses + coverage_uses(account),
        legs=leg_deltas(account),
        private_seq=account.mailbox.seq,
    )


def _budgets(account: Account, query: GetBudgets) -> Reply:
    rates: list[RateBudget] = []
    now = query.game_ns
    orders, quotes = account.terms.order_rate, account.terms.quote_rate
    if orders is not None:
        for kind, bucket, per_s in (
            ("orders", account.buckets.orders, orders.orders_per_s),
            ("cancels", account.buckets.cancels, orders.cancels_per_s),
        ):
            left = bucket.remaining(now, per_s, per_s)
            rates.append(RateBudget(kind=kind, per_s=per_s, burst=per_s, remaining=left))
    if quotes is not None:
        per_s, burst = quotes.per_s, quotes.burst
        left = account.buckets.quotes.remaining(now, per_s, burst)
        rates.append(RateBudget(kind="quotes", per_s=per_s, burst=burst, remaining=left))
    return Budgets(budgets=tuple(rates), private_seq=account.mailbox.seq)


def _private_events(account: Account, query: GetPrivateEvents) -> Reply:
    mailbox = account.mailbox
    return PrivateEvents(
        events=mailbox.after(query.after_seq),
        too_old=query.after_seq < mailbox.oldest_kept() - 1,
        private_seq=mailbox.seq,
    )


def _account_state(account: Account, _query: GetAccountState) -> Reply:
    return AccountState(
        account_id=account.account_id,
        private_seq=account.mailbox.seq,
        orders=tuple(account.working[order_id].state() for order_id in sorted(account.working)),
        quotes=_quote_states(account),
        positions=_position_states(account),
        cash=Cash(account.portfolio.cash),
    )


def _order_events(account: Account, query: GetOrderEvents) -> Reply:
    found = account.find(query.order_id, query.client_order_id)
    if found is not None:
        events = tuple(e for e in account.mailbox.events if concerns_order(e, found.order_id))
    elif query.order_id is None and query.client_order_id in account.answers:
        events = account.answers[query.client_order_id].events  # refused
    else:
        events = ()
    return OrderEvents(
        events=events,
        is_complete=bool(events) and is_first_of_order(events[0]),
        private_seq=account.mailbox.seq,
    )


def _quote_protection(account: Account, query: GetQuoteProtection) -> Reply:
    return ProtectionState(
        protection=protection_state(account, query.game_ns), private_seq=account.mailbox.seq
    )


def _kill_switches(desk: Desk, _query: Query) -> Reply:
    return KillSwitches(
        is_active=desk.kill_switch.is_active,
        account_ids=tuple(
            account.account_id
            for account in desk.accounts.values()
            if account.kill_switch.is_active
        ),
    )


def _validate(desk: Desk, query: Query) -> Reply:
    assert isinstance(query, ValidateOrder)
    account = desk.accounts.get(query.order.account_id)
    if account is None:
        return AccountMissing(account_id=query.order.account_id)
    refusal = order_verdict(desk, query.game_ns, query.order)
    return Verdict(refusal=refusal, private_seq=account.mailbox.seq)


def _roles(desk: Desk, _query: Query) -> Reply:
    return Roles(roles=tuple(terms.rules for terms in desk.roles.values()))


def _balances(desk: Desk, _query: Query) -> Reply:
    return Balances(
        accounts=tuple(_balance(account) for account in desk.accounts.values()),
        contracts_sum=sum(abs(listing.net_sum) for listing in desk.listings.values()),
        cash_sum=Cash(desk.cash_moved + desk.fees_collected - desk.cash_from_outside),
    )


def _balance(account: Account) -> AccountBalance:
    portfolio = account.portfolio
    holdings = _in_listing_order(portfolio.holdings.values())
    return AccountBalance(
        account_id=account.account_id,
        role=account.terms.rules.role,
        cash=Cash(portfolio.cash),
        fees=Cash(portfolio.fees),
        realized_pnl=_realized(account),
        unrealized_pnl=_unrealized(account),
        equity=Cash(portfolio.equity()),
        contracts_traded=sum(holding.contracts_traded for holding in holdings),
        orders=account.orders_accepted,
        net_quantities=tuple((h.listing.instrument_id, h.net) for h in holdings if h.net),
        left_realized_pnl=Cash(sum(seat.realized for seat in account.former_seats)),
        left_fees=Cash(sum(seat.fees for seat in account.former_seats)),
        left_contracts_traded=sum(seat.contracts_traded for seat in account.former_seats),
    )


def _in_listing_order(holdings: Iterable[Holding]) -> list[Holding]:
    return sorted(holdings, key=lambda holding: holding.listing.index)


def _quote_states(account: Account) -> tuple[QuoteState, ...]:
    standing = [quote for quote in account.quotes.values() if quote.bid or quote.ask]
    standing.sort(key=lambda quote: quote.holding.listing.index)
    return tuple(quote.state() for quote in standing)


def _position_states(account: Account) -> tuple[Position, ...]:
    # Also what came without a trade; a holding that only carried orders is no position.
    holdings = account.portfolio.holdings.values()
    held = (h for h in holdings if h.contracts_traded or h.net or h.realized)
    return tuple(holding.position() for holding in _in_listing_order(held))


def _realized(account: Account) -> Cash:
    return Cash(sum(holding.realized for holding in account.portfolio.holdings.values()))


def _unrealized(account: Account) -> Cash:
    # A position without a mark counts at its cost: nothing unrealized.
    return Cash(sum(h.unrealized() or 0 for h in account.portfolio.holdings.values()))


def _of_account(
    kind: type[AccountQuery], read: Callable[[Account, AccountQuery], Reply]
) -> tuple[type[Query], Reader]:
    def reader(desk: Desk, query: Query) -> Reply:
        assert isinstance(query, kind)
        account = desk.accounts.get(query.account_id)
        if account is None:
            return AccountMissing(account_id=query.account_id)
        return read(account, query)

    return kind, reader


READERS: dict[type[Query], Reader] = dict(
    (
        _of_account(GetOrders, _orders),
        _of_account(GetOrder, _order),
        _of_account(GetQuotes, _quotes),
        _of_account(GetFills, _fills),
        _of_account(GetPositions, _positions),
        _of_account(GetLimits, _limits),
        _of_account(GetBudgets, _budgets),
        _of_account(GetPrivateEvents, _private_events),
        _of_account(GetAccountState, _account_state),
        _of_account(GetOrderEvents, _order_events),
        _of_account(GetQuoteProtection, _quote_protection),
        (GetKillSwitches, _kill_switches),
        (ValidateOrder, _validate),
        (GetRoles, _roles),
        (GetCoverage, read_coverage),
        (GetBalances, _balances),
        (GetPnl, read_pnl),
        (GetMarkouts, read_markouts),
    )
)
