import pytest
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    DAVE,
    MAKER,
    PUT,
    TRADER,
    Scene,
    of,
    only,
    order,
    quotes,
    role,
    two_sided,
    usd,
)

from itg.exchange.contract import MassCancel, SetQuote
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.times import NS_PER_MS
from itg.kernel.words import CancelReason, OrderStatus, Phase, Side
from itg.positions.contract import (
    AccountFilled,
    AccountPositionChanged,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AnyConstraint,
    ExposureLimit,
    GetOrders,
    GetQuotes,
    InstrumentsAllowed,
    Orders,
    OrderSizeLimit,
    PortfolioLimit,
    PositionLimit,
    PrivateEvent,
    QuoteRateLimit,
    Quotes,
    QuotesHandled,
    QuoteSizeLimit,
    QuoteSpreadLimit,
    QuoteState,
    QuoteTerms,
    RequestMassCancel,
    RequestQuotePull,
    UnderlyingLimit,
)

TEN_WIDE = two_sided("9.00", 10, "11.00", 10)


def scene(*constraints: AnyConstraint, phase: Phase = Phase.CONTINUOUS) -> Scene:
    """Carol makes markets, Alice and Bob trade."""
    return Scene(role(TRADER), role(MAKER, *constraints, quotes=True), phase=phase)


def standing(market: Scene) -> tuple[QuoteState, ...]:
    reply = market.ask(GetQuotes(account_id=CAROL))
    assert isinstance(reply, Quotes)
    return reply.quotes


def refusals(market: Scene, *terms: QuoteTerms, after_ns: int = 0) -> list[str]:
    told = market.send(quotes(CAROL, *terms), after_ns)
    return [event.refusal.code for event in of(AccountQuoteRejected, told)]


def test_a_quote_stands_with_two_ids_and_is_no_order() -> None:
    market = scene()
    told = market.send(quotes(CAROL, TEN_WIDE))
    handled = only(QuotesHandled, told)
    assert told[0] is handled
    assert (handled.accepted, handled.rejected) == (1, 0)
    quote = only(AccountQuoteUpdated, told).quote
    assert (quote.bid, quote.bid_quantity) == (usd("9.00"), 10)
    assert (quote.ask, quote.ask_quantity) == (usd("11.00"), 10)
    assert standing(market) == (quote,)
    orders = market.ask(GetOrders(account_id=CAROL, working=None))
    assert isinstance(orders, Orders)
    assert orders.orders == ()


def test_each_instrument_is_accepted_or_refused_for_itself() -> None:
    market = scene(QuoteSizeLimit(min_quantity=10))
    small = QuoteTerms(instrument_id=PUT, bid=usd("1.00"), bid_quantity=9)
    told = market.send(quotes(CAROL, small, TEN_WIDE))
    handled = only(QuotesHandled, told)
    assert (handled.accepted, handled.rejected) == (1, 1)
    assert only(AccountQuoteRejected, told).instrument_id == PUT
    assert [command.instrument_id for command in of(SetQuote, told)] == [CALL]


def test_a_fill_takes_from_its_side_and_tells_what_is_left() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE))
    filled = of(AccountFilled, market.send(order(ALICE, "buy", 4, "11.00")))[0]
    assert filled.is_quote
    assert filled.account_id == CAROL
    assert (filled.status, filled.leaves_quantity) == (OrderStatus.PARTIALLY_FILLED, 6)
    assert standing(market)[0].ask_quantity == 6
    market.send(order(ALICE, "buy", 6, "11.00"))
    assert (standing(market)[0].ask, standing(market)[0].ask_order_id) == (None, None)
    assert standing(market)[0].bid_quantity == 10
    assert market.net(CAROL) == -10


def test_a_quote_set_again_is_exactly_the_second_one() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE))
    first = standing(market)[0]
    market.send(quotes(CAROL, two_sided("9.10", 5, None, 0)))
    second = standing(market)[0]
    assert (second.bid, second.bid_quantity) == (usd("9.10"), 5)
    assert second.ask is None
    assert second.bid_order_id == first.bid_order_id
    market.send(quotes(CAROL, two_sided(None, 0, None, 0)))
    assert standing(market) == ()
    assert market.worst_case(CAROL, "position_limit") == 0


def test_a_quote_that_crosses_fills_at_once() -> None:
    market = scene()
    market.rest(order(ALICE, "sell", 4, "8.00"))
    told = market.send(quotes(CAROL, TEN_WIDE))
    private = [event for event in told if isinstance(event, PrivateEvent)]
    told_carol = [type(event) for event in private if event.account_id == CAROL]
    assert told_carol == [AccountQuoteUpdated, AccountFilled, AccountPositionChanged]
    assert market.net(CAROL) == 4
    assert standing(market)[0].bid_quantity == 6


def test_a_pull_of_one_instrument_leaves_the_others() -> None:
    market = scene()
    put = QuoteTerms(instrument_id=PUT, bid=usd("1.00"), bid_quantity=10)
    market.send(quotes(CAROL, TEN_WIDE, put))
    told = market.send(RequestQuotePull(account_id=CAROL, instrument_id=CALL))
    assert only(QuotesHandled, told).accepted == 1
    assert [state.instrument_id for state in standing(market)] == [PUT]
    told = market.send(RequestQuotePull(account_id=CAROL))
    assert standing(market) == ()
    reasons = {event.cancel_reason for event in of(AccountQuoteUpdated, told)}
    assert reasons == {CancelReason.MASS_CANCEL}


def test_a_mass_cancel_of_orders_leaves_quotes_and_a_pull_leaves_orders() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE))
    market.rest(order(CAROL, "buy", 1, "5.00"))
    market.send(RequestMassCancel(account_id=CAROL))
    assert len(standing(market)) == 1
    market.rest(order(CAROL, "buy", 1, "5.00"))
    market.send(RequestQuotePull(account_id=CAROL))
    orders = market.ask(GetOrders(account_id=CAROL))
    assert isinstance(orders, Orders)
    assert len(orders.orders) == 1


def test_a_quote_reserves_each_side() -> None:
    market = scene(PositionLimit(max_quantity=50), ExposureLimit(max_quantity=100))
    assert refusals(market, two_sided("9.00", 40, "11.00", 50)) == []
    assert market.worst_case(CAROL, "position_limit") == 50
    assert market.refused(order(CAROL, "buy", 11, "5.00")) == "POSITION_LIMIT_EXCEEDED"
    assert market.refused(order(CAROL, "sell", 1, "15.00")) == "POSITION_LIMIT_EXCEEDED"
    assert market.refused(order(CAROL, "buy", 10, "5.00")) is None
    assert refusals(market, two_sided("9.00", 41, "11.00", 50)) == ["POSITION_LIMIT_EXCEEDED"]
    assert refusals(market, two_sided("9.00", 40, "11.00", 20)) == []


def test_a_refused_quote_leaves_the_one_before_and_its_reservation() -> None:
    market = scene(PositionLimit(max_quantity=50))
    market.send(quotes(CAROL, TEN_WIDE))
    market.enter(Phase.OPENING_AUCTION)
    assert refusals(market, two_sided("9.00", 40, "11.00", 40)) == ["WRONG_PHASE"]
    assert market.worst_case(CAROL, "position_limit") == 10
    assert standing(market)[0].bid_quantity == 10


def test_one_instrument_named_twice_reserves_the_larger_and_ends_as_the_last() -> None:
    market = scene(PositionLimit(max_quantity=50))
    told = market.send(
        quotes(CAROL, two_sided("9.00", 40, "11.00", 40), two_sided("9.00", 5, "11.00", 5))
    )
    assert only(QuotesHandled, told).accepted == 2
    assert market.worst_case(CAROL, "position_limit") == 5
    assert standing(market)[0].bid_quantity == 5


@pytest.mark.parametrize(
    ("constraint", "allowed", "refused", "code"),
    [
        (
            QuoteSizeLimit(min_quantity=10),
            two_sided("9.00", 10, None, 0),
            two_sided("9.00", 10, "11.00", 9),
            "QUOTE_SIZE_TOO_SMALL",
        ),
        (
            QuoteSpreadLimit(max_fraction_ppm=100_000, min_width=usd("0.05")),
            two_sided("9.50", 1, "10.50", 1),
            two_sided("9.50", 1, "10.51", 1),
            "QUOTE_SPREAD_EXCEEDED",
        ),
        (
            QuoteSpreadLimit(max_fraction_ppm=100_000, min_width=usd("0.05")),
            two_sided("0.01", 1, "0.06", 1),
            two_sided("0.01", 1, "0.07", 1),
            "QUOTE_SPREAD_EXCEEDED",
        ),
        (
            OrderSizeLimit(max_quantity=20),
            two_sided("9.00", 20, "11.00", 20),
            two_sided("9.00", 20, "11.00", 21),
            "ORDER_SIZE_EXCEEDED",
        ),
        (
            ExposureLimit(max_quantity=20),
            two_sided("9.00", 20, "11.00", 20),
            two_sided("9.00", 21, None, 0),
            "EXPOSURE_LIMIT_EXCEEDED",
        ),
        (
            InstrumentsAllowed(options=False),
            QuoteTerms(instrument_id=InstrumentId("SPX"), bid=usd("1.00"), bid_quantity=1),
            TEN_WIDE,
            "INSTRUMENT_NOT_ALLOWED",
        ),
        (
            UnderlyingLimit(max_quantity=5),
            TEN_WIDE,
            QuoteTerms(instrument_id=InstrumentId("SPX"), bid=usd("1.00"), bid_quantity=6),
            "UNDERLYING_LIMIT_EXCEEDED",
        ),
    ],
)
def test_a_quote_follows_its_roles_rules(
    constraint: AnyConstraint, allowed: QuoteTerms, refused: QuoteTerms, code: str
) -> None:
    market = scene(constraint)
    assert refusals(market, allowed) == []
    assert refusals(market, refused) == [code]


def test_only_roles_that_may_quote_do() -> None:
    market = scene()
    told = market.send(quotes(ALICE, TEN_WIDE))
    assert only(AccountQuoteRejected, told).refusal.code == "QUOTE_NOT_ALLOWED"


def test_a_quote_of_an_account_nobody_opened_is_refused_and_its_pull_too() -> None:
    market = scene()
    stranger = AccountId("stranger")
    before = market.positions.snapshot()
    told = market.send(quotes(stranger, TEN_WIDE, two_sided(None, 0, None, 0)))
    assert only(QuotesHandled, told).rejected == 2
    assert not of(SetQuote, told)
    assert market.positions.snapshot() == before


def test_an_unknown_instrument_and_an_endless_quantity_are_refused() -> None:
    market = scene()
    unknown = QuoteTerms(instrument_id=InstrumentId("SPX-X"), bid=usd("1.00"), bid_quantity=1)
    assert refusals(market, unknown) == ["INVALID_INSTRUMENT"]
    assert refusals(market, two_sided("1.00", 2**53, None, 0)) == ["INVALID_QUANTITY"]


def test_a_quote_out_of_form_is_the_exchanges_to_refuse() -> None:
    assert refusals(scene(), two_sided("11.00", 10, "9.00", 10)) == ["INVALID_QUOTE"]


def test_series_quoted_are_metered_and_pulls_are_free() -> None:
    market = scene(QuoteRateLimit(series_per_s=10, burst=2))
    assert refusals(market, TEN_WIDE, TEN_WIDE, TEN_WIDE) == ["RATE_LIMIT_EXCEEDED"]
    assert refusals(market, two_sided(None, 0, None, 0)) == []
    assert refusals(market, TEN_WIDE, after_ns=99 * NS_PER_MS) == ["RATE_LIMIT_EXCEEDED"]
    assert refusals(market, TEN_WIDE, after_ns=NS_PER_MS) == []


def test_a_fill_that_reaches_the_portfolio_limit_pulls_the_quotes_that_add() -> None:
    market = scene(PortfolioLimit(max_quantity=20, filled_only=True))
    put = QuoteTerms(
        instrument_id=PUT, bid=usd("1.00"), bid_quantity=30, ask=usd("2.00"), ask_quantity=30
    )
    market.send(quotes(CAROL, two_sided("9.00", 30, "11.00", 30), put))
    told = market.send(order(ALICE, "sell", 20, "9.00"))
    pulls = {(pull.instrument_id, pull.side): pull for pull in of(MassCancel, told)}
    assert set(pulls) == {(CALL, Side.BUY), (PUT, Side.BUY), (PUT, Side.SELL)}
    assert all(pull.reason is CancelReason.PORTFOLIO_LIMIT for pull in pulls.values())
    assert [(state.instrument_id, state.bid, state.ask) for state in standing(market)] == [
        (CALL, None, usd("11.00"))
    ]
    assert refusals(market, two_sided("9.00", 10, "11.00", 30)) == ["PORTFOLIO_LIMIT_EXCEEDED"]
    market.send(order(BOB, "buy", 30, "11.00"))
    assert market.net(CAROL) == -10
    assert refusals(market, two_sided("9.00", 10, "11.00", 5)) == []


def test_two_quotes_that_meet_fill_both() -> None:
    market = scene()
    market.send(quotes(CAROL, TEN_WIDE))
    told = market.send(quotes(DAVE, two_sided("11.00", 4, "12.00", 10)))
    assert [event.is_quote for event in of(AccountFilled, told)] == [True, True]
    assert (market.net(CAROL), market.net(DAVE)) == (-4, 4)
