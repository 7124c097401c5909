"""Two-sided quotes: rules, reservation per side, and what the exchange says of them."""

from msgspec import Struct

from itg.kernel.errors import Refusal
from itg.kernel.ids import InstrumentId, OrderId, ReservationId, Shard
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, OrderStatus, SelfTradePolicy, Side
from itg.positions.contract import (
    QUOTE_NOT_ALLOWED,
    RATE_LIMIT_EXCEEDED,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    QuotesHandled,
    QuoteTerms,
    RequestQuotePull,
    ReserveQuotes,
)
from itg.positions.core.accounts import Account
from itg.positions.core.alerts import watch_limits
from itg.positions.core.asks import QuoteAsk
from itg.positions.core.coverage import follow_quote
from itg.positions.core.desk import Desk, Quoting, Sweep
from itg.positions.core.facts import Canceled, QuoteStands, Rejected
from itg.positions.core.orders import Quote, QuoteSide
from itg.positions.core.portfolio import Holding
from itg.positions.core.protection import protection_refusal
from itg.positions.core.stops import quote_stopped


class PassedQuote(Struct, frozen=True, gc=False, kw_only=True):
    """A quote that may go to the exchange."""

    reservation_id: ReservationId
    shard: Shard
    terms: QuoteTerms
    stp: SelfTradePolicy


def reserve_quotes(
    desk: Desk, now: Nanos, asked: ReserveQuotes, out: list[Message]
) -> list[PassedQuote]:
    """Reserve the quotes that may stand; the others are told in `out`, the counts before them.

    A quote that stands as asked is left where it is. Pulls of quotes that are not named come first:
    they leave the market, and what they reserve, before the named ones enter it.
    """
    account = desk.account(asked.account_id)
    passed = _pull_others(desk, account, asked) if asked.pull_others else []
    accepted = 0
    refused: list[Message] = []
    for terms in asked.quotes:
        vetted = _vet(desk, account, now, terms)
        if vetted is None:
            accepted += 1
            continue
        _take_quote_token(account, now, terms, vetted)
        if isinstance(vetted, Refusal):
            _post_rejection(account, terms.instrument_id, vetted, refused)
        else:
            accepted += 1
            passed.append(_reserve(desk, account, vetted, terms))
    out.append(QuotesHandled(account_id=asked.account_id, accepted=accepted, rejected=len(refused)))
    out.extend(refused)
    return passed


def quote_accepted(desk: Desk, now: Nanos, event: QuoteStands, out: list[Message]) -> None:
    """Let a quote stand as the exchange says, and release what it does not need."""
    quoting = desk.quotings.pop(event.reservation_id)
    account, quote = quoting.account, quoting.quote
    del quote.in_flight[event.reservation_id]
    quote.bid = _side(account, quote, Side.BUY, (event.bid_order_id, event.bid, event.bid_quantity))
    quote.ask = _side(
        account, quote, Side.SELL, (event.ask_order_id, event.ask, event.ask_quantity)
    )
    for side in (quote.bid, quote.ask):
        if side is not None:
            side.stand(is_pending=event.is_pending)
    account.settle_quote(quote)
    follow_quote(desk, now, account, quote)
    _post_update(account, quote, out, None)


def quote_rejected(desk: Desk, _now: Nanos, event: Rejected, out: list[Message]) -> None:
    """Release a quote the exchange refused; the one before it stands."""
    quoting = desk.quotings.pop(event.reservation_id)
    account, quote = quoting.account, quoting.quote
    del quote.in_flight[event.reservation_id]
    account.settle_quote(quote)
    _post_rejection(account, quote.holding.listing.instrument_id, event.refusal, out)
    watch_limits(account, quote.holding, out)


def side_canceled(
    desk: Desk, now: Nanos, side: QuoteSide, event: Canceled, out: list[Message]
) -> None:
    """Take a side out of its quote; of one replaced by its successor `quote_accepted` tells."""
    account, cancel_reason = desk.accounts[event.account_id], event.cancel_reason
    quote = account.quotes[side.holding.listing.instrument_id]
    account.drop_side(side, OrderStatus.CANCELED)
    account.settle_quote(quote)
    if cancel_reason is not CancelReason.QUOTE_REPLACED:
        follow_quote(desk, now, account, quote)
        _post_update(account, quote, out, cancel_reason)


def side_activated(
    desk: Desk, now: Nanos, account: Account, side: QuoteSide, out: list[Message]
) -> None:
    """Let a held side of a quote work."""
    side.stand(is_pending=False)
    quote = account.quotes[side.holding.listing.instrument_id]
    follow_quote(desk, now, account, quote)
    _post_update(account, quote, out, None)


def request_pull(desk: Desk, _now: Nanos, asked: RequestQuotePull, out: list[Message]) -> None:
    """Tell how many standing quotes a pull names, and sweep them out of the market."""
    quotes = desk.account(asked.account_id).quotes
    named = len(quotes) if asked.instrument_id is None else int(asked.instrument_id in quotes)
    out.append(QuotesHandled(account_id=asked.account_id, accepted=named, rejected=0))
    desk.sweeps += (
        Sweep(
            shard=shard,
            account_id=asked.account_id,
            instrument_id=asked.instrument_id,
            orders=False,
            reason=CancelReason.MASS_CANCEL,
        )
        for shard in desk.shards_of(asked.instrument_id, None)
    )


def _pull_others(desk: Desk, account: Account, asked: ReserveQuotes) -> list[PassedQuote]:
    named = dict.fromkeys(terms.instrument_id for terms in asked.quotes)
    others = [quote for quote in account.quotes.values() if quote.instrument_id not in named]
    return [
        _reserve(desk, account, quote.holding, QuoteTerms(instrument_id=quote.instrument_id))
        for quote in others
    ]


def _vet(desk: Desk, account: Account, now: Nanos, terms: QuoteTerms) -> Holding | Refusal | None:
    # None: the quote stands as asked, and there is nothing to do.
    if not account.terms.rules.quotes_allowed:
        detail = f"The role {account.terms.rules.role} does not quote."
        return Refusal(code=QUOTE_NOT_ALLOWED.code, detail=detail)
    listing = desk.listings.get(terms.instrument_id)
    if listing is None or listing.is_delisted:
        reason = desk.reasons.invalid_instrument
        detail = f"No instrument {terms.instrument_id} is listed."
        return Refusal(code=reason.code, detail=detail, field="instrument_id")
    holding = account.portfolio.holdings.get(terms.instrument_id) or Holding(listing)
    if _is_pull(terms):
        return holding if terms.instrument_id in account.quotes else None
    for price, quantity in ((terms.bid, terms.bid_quantity), (terms.ask, terms.ask_quantity)):
        # A side half given or empty is a matter of form: the exchange's to refuse.
        if price is not None and quantity > 0:
            refusal = desk.unbearable(listing, quantity, price)
            if refusal is not None:
                return refusal
    quote = account.quotes.get(terms.instrument_id)
    ask = _ask_of(desk, account, now, (holding, quote, terms))
    stopped = quote_stopped(desk, account, ask) if account.is_restricted else None
    stopped = stopped or protection_refusal(account)
    if stopped is None and quote is not None and quote.stands_as(terms):
        return None
    return stopped or account.terms.quote_refusal(ask) or holding


def _ask_of(
    desk: Desk, account: Account, now: Nanos, asked: tuple[Holding, Quote | None, QuoteTerms]
) -> QuoteAsk:
    holding, quote, terms = asked
    bid_quantity, ask_quantity = _wanted(terms)
    return QuoteAsk(
        now=now,
        portfolio=account.portfolio,
        buckets=account.buckets,
        holding=holding,
        terms=terms,
        added_bid=max(0, bid_quantity - (quote.reserved_bid if quote else 0)),
        added_ask=max(0, ask_quantity - (quote.reserved_ask if quote else 0)),
        jumped_ns=desk.jumped_ns,
    )


def _take_quote_token(
    account: Account, now: Nanos, terms: QuoteTerms, vetted: Holding | Refusal
) -> None:
    rate = account.terms.quote_rate
    if rate is None or _is_pull(terms):
        return
    if not isinstance(vetted, Refusal) or vetted.code != RATE_LIMIT_EXCEEDED.code:
        account.buckets.quotes.take(now, rate.per_s, rate.burst)


def _reserve(desk: Desk, account: Account, holding: Holding, terms: QuoteTerms) -> PassedQuote:
    account.portfolio.keep(holding)
    quote = account.quotes.get(terms.instrument_id)
    if quote is None:
        quote = account.quotes[terms.instrument_id] = Quote(holding)
    reservation_id = desk.next_reservation()
    quote.in_flight[reservation_id] = _wanted(terms)
    account.settle_quote(quote)
    desk.quotings[reservation_id] = Quoting(account, quote)
    return PassedQuote(
        reservation_id=reservation_id,
        shard=holding.listing.shard,
        terms=terms,
        stp=account.terms.rules.stp,
    )


def _is_pull(terms: QuoteTerms) -> bool:
    return terms.bid is None and terms.ask is None


def _wanted(terms: QuoteTerms) -> tuple[int, int]:
    bid_quantity = 0 if terms.bid is None else max(0, terms.bid_quantity)
    ask_quantity = 0 if terms.ask is None else max(0, terms.ask_quantity)
    return bid_quantity, ask_quantity


def _side(
    account: Account,
    quote: Quote,
    side: Side,
    stands: tuple[OrderId | None, Price | None, int],
) -> QuoteSide | None:
    order_id, price, quantity = stands
    current = quote.bid if side is Side.BUY else quote.ask
    if current is not None and current.order_id != order_id:
        current.end(OrderStatus.CANCELED)
        del account.quote_sides[current.order_id]
        current = None
    if order_id is None:
        return None
    if current is None:
        current = QuoteSide(quote.holding, side, quantity, price)
        current.accept(order_id)
        account.quote_sides[order_id] = current
    current.price = price
    current.resize(quantity)
    return current


def _post_update(
    account: Account, quote: Quote, out: list[Message], cancel_reason: CancelReason | None
) -> None:
    event = AccountQuoteUpdated(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        quote=quote.state(),
        cancel_reason=cancel_reason,
    )
    account.mailbox.post(event, out)
    watch_limits(account, quote.holding, out)


def _post_rejection(
    account: Account, instrument_id: InstrumentId, refusal: Refusal, out: list[Message]
) -> None:
    event = AccountQuoteRejected(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        instrument_id=instrument_id,
        refusal=refusal,
    )
    account.mailbox.post(event, out)
