""" "My quotes are now …", quotes held by the guard, and the rules that look at both sides."""

from msgspec.structs import replace
from tests.positions.scene import (
    ALICE,
    CALL,
    CAROL,
    MAKER,
    PUT,
    SPX,
    TRADER,
    Scene,
    cancel,
    jump,
    of,
    only,
    order,
    quotes,
    role,
    two_sided,
    usd,
)

from itg.exchange.contract import SetQuote
from itg.kernel.ids import InstrumentId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.positions.contract import (
    AccountFilled,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AnyConstraint,
    GetQuotes,
    OneSided,
    PositionLimit,
    QuoteRateLimit,
    Quotes,
    QuotesHandled,
    QuoteSpreadLimit,
    QuoteState,
    QuoteTerms,
)

TEN_WIDE = two_sided("9.00", 10, "11.00", 10)
ONCE = QuoteRateLimit(series_per_s=1, burst=2)


def scene(*constraints: AnyConstraint) -> Scene:
    """Carol makes markets, Alice and Bob trade."""
    return Scene(role(TRADER), role(MAKER, *constraints, quotes=True))


def in_instrument(instrument_id: InstrumentId) -> QuoteTerms:
    return replace(TEN_WIDE, instrument_id=instrument_id)


def now_are(market: Scene, *terms: QuoteTerms) -> tuple[Message, ...]:
    return market.send(replace(quotes(CAROL, *terms), pull_others=True))


def standing(market: Scene) -> tuple[QuoteState, ...]:
    reply = market.ask(GetQuotes(account_id=CAROL))
    assert isinstance(reply, Quotes)
    return reply.quotes


def test_quotes_that_are_not_named_are_pulled() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE, in_instrument(PUT)))
    told = now_are(market, in_instrument(SPX))
    assert [quote.instrument_id for quote in standing(market)] == [SPX]
    handled = only(QuotesHandled, told)
    assert (handled.accepted, handled.rejected) == (1, 0)


def test_no_quotes_are_named_and_all_are_pulled() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE, in_instrument(PUT)))
    now_are(market)
    assert standing(market) == ()
    assert market.worst_case(CAROL, "position_limit") == 0


def test_without_it_quotes_that_are_not_named_stay() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE))
    market.send(quotes(CAROL, in_instrument(PUT)))
    assert [quote.instrument_id for quote in standing(market)] == [CALL, PUT]


def test_a_quote_that_stands_as_asked_is_accepted_and_costs_nothing() -> None:
    market = scene(ONCE)
    now_are(market, TEN_WIDE, in_instrument(PUT))
    for _ in range(3):
        told = now_are(market, TEN_WIDE, in_instrument(PUT))
        assert told == (QuotesHandled(account_id=CAROL, accepted=2, rejected=0),)


def test_a_pull_costs_nothing() -> None:
    market = scene(ONCE)
    now_are(market, TEN_WIDE, in_instrument(PUT))
    assert not of(AccountQuoteRejected, now_are(market))


def test_a_quote_that_has_traded_is_set_anew() -> None:
    market = scene()
    now_are(market, TEN_WIDE)
    market.send(order(ALICE, "buy", 4, "11.00"))
    told = now_are(market, TEN_WIDE)
    assert only(SetQuote, told).ask_quantity == 10


def test_what_is_pulled_counts_until_the_exchange_has_pulled_it() -> None:
    market = scene(PositionLimit(max_quantity=10))
    now_are(market, TEN_WIDE)
    told = now_are(market, in_instrument(PUT))
    first, second = of(SetQuote, told)
    assert (first.instrument_id, first.bid, first.ask) == (CALL, None, None)
    assert second.instrument_id == PUT


def test_a_quote_the_guard_holds_is_pending_and_reserved() -> None:
    market = scene(PositionLimit(max_quantity=20))
    market.send(jump(4_400))
    market.send(quotes(CAROL, two_sided("8.00", 10, "12.00", 10)))
    market.rest(order(ALICE, "sell", 4, "9.00"))
    market.send(jump(4_500))
    held = only(AccountQuoteUpdated, market.send(quotes(CAROL, TEN_WIDE))).quote
    assert held.is_pending
    assert (held.bid_quantity, held.ask_quantity) == (10, 10)
    assert market.worst_case(CAROL, "position_limit") == 10


def test_a_held_quote_stands_and_trades_when_the_guard_ends() -> None:
    market = scene()
    market.send(jump(4_400))
    market.rest(order(ALICE, "sell", 4, "9.00"))
    market.send(jump(4_500))
    market.send(quotes(CAROL, TEN_WIDE))
    told = market.send(jump(4_500), 2 * NS_PER_S)
    assert [e.is_quote for e in of(AccountFilled, told) if e.account_id == CAROL] == [True]
    (quote,) = standing(market)
    assert not quote.is_pending
    assert (quote.bid_quantity, quote.ask_quantity) == (6, 10)


def test_a_quote_may_be_twice_as_wide_for_a_while_after_a_jump() -> None:
    narrow = QuoteSpreadLimit(
        max_fraction_ppm=1, min_width=usd("1.00"), doubled_after_jump_ns=Nanos(60 * NS_PER_S)
    )
    market = scene(narrow)
    market.send(jump(4_400))
    assert of(AccountQuoteRejected, market.send(quotes(CAROL, TEN_WIDE)))
    market.send(jump(4_500))
    assert not of(AccountQuoteRejected, market.send(quotes(CAROL, TEN_WIDE)))
    wider = two_sided("9.00", 10, "11.01", 10)
    assert of(AccountQuoteRejected, market.send(quotes(CAROL, wider)))
    again = two_sided("9.00", 10, "11.00", 9)
    assert not of(AccountQuoteRejected, market.send(quotes(CAROL, again), 60 * NS_PER_S - 1))
    assert of(AccountQuoteRejected, market.send(quotes(CAROL, TEN_WIDE), 1))


def test_one_side_alone_may_be_quoted() -> None:
    rule = QuoteSpreadLimit(max_fraction_ppm=1, min_width=usd("1.00"), ask_alone_below=usd("0.05"))
    market = scene(rule)
    told = market.send(quotes(CAROL, two_sided(None, 0, "11.00", 10)))
    assert not of(AccountQuoteRejected, told)


def test_one_side_of_an_instrument_at_a_time() -> None:
    market = Scene(role(TRADER, OneSided()))
    bid = market.rest(order(ALICE, "buy", 3, "9.00"))
    refusal = market.place(order(ALICE, "sell", 2, "12.00")).refusal
    assert refusal is not None
    assert (refusal.code, refusal.current, refusal.requested) == ("ONE_SIDED_ONLY", 3, 2)
    assert market.refused(order(ALICE, "buy", 2, "9.50")) is None
    assert market.refused(order(ALICE, "sell", 2, "12.00", PUT)) is None
    market.send(cancel(ALICE, bid))
    assert market.refused(order(ALICE, "sell", 2, "12.00")) == "ONE_SIDED_ONLY"


def test_a_waiting_stop_is_a_side_too() -> None:
    market = Scene(role(TRADER, OneSided()))
    market.rest(order(ALICE, "buy", 3, None, stop="15.00"))
    assert market.refused(order(ALICE, "sell", 2, "12.00")) == "ONE_SIDED_ONLY"


def test_a_two_sided_quote_is_two_sides() -> None:
    market = Scene(role(TRADER), role(MAKER, OneSided(), quotes=True))
    rejected = only(AccountQuoteRejected, market.send(quotes(CAROL, TEN_WIDE)))
    assert rejected.refusal.code == "ONE_SIDED_ONLY"
    told = market.send(quotes(CAROL, two_sided("9.00", 10, None, 0)))
    assert not of(AccountQuoteRejected, told)
