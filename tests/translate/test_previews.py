"""Previews and protections: what the services say, in the wire's words and units."""

from itg.exchange.contract import OrderPreview
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, InstrumentId, Role, Seq, Shard
from itg.kernel.money import Cash, Price
from itg.kernel.times import Nanos
from itg.kernel.words import OrderType, SelfTradePolicy, Side, TimeInForce
from itg.positions.contract import (
    Limits,
    LimitUse,
    QuoteProtection,
    ReserveOrder,
    RoleRules,
    SetQuoteProtection,
    Verdict,
)
from itg.translate.previews import place_order, preview_body
from itg.translate.protection import protection_body, set_quote_protection
from itg.wire.v1.orders import ProtectionBody, ProtectionRequest

ME, NAME = AccountId("t1"), InstrumentId("SPX")
ORDER = ReserveOrder(account_id=ME, instrument_id=NAME, side=Side.BUY, quantity=5)
RULES = RoleRules(role=Role("hedge_fund"), maker_fee=Cash(-100), taker_fee=Cash(200))
FINE = Verdict(refusal=None, private_seq=Seq(1))
MET = OrderPreview(
    fills=((Price(100_000), 2), (Price(100_100), 1)), resting_quantity=2, would_pend=True
)


def use(kind: str, instrument_id: InstrumentId | None) -> LimitUse:
    return LimitUse(
        kind=kind, instrument_id=instrument_id, limit=50, used=1, worst_case=2, headroom=48
    )


LIMITS = Limits(
    limits=(
        use("position_limit", NAME),
        use("position_limit", InstrumentId("SPY")),
        use("portfolio_limit", None),
    ),
    private_seq=Seq(1),
)


def test_the_question_to_the_exchange_has_every_term_of_the_order() -> None:
    order = ReserveOrder(
        account_id=ME,
        instrument_id=NAME,
        side=Side.SELL,
        quantity=5,
        order_type=OrderType.STOP_LIMIT,
        price=Price(1),
        time_in_force=TimeInForce.GTT,
        post_only=True,
        tag="t",
        stop_price=Price(2),
        display_quantity=3,
        expires_ns=Nanos(4),
    )
    placed = place_order(order, Shard(1), SelfTradePolicy.CANCEL_BOTH)
    assert (placed.shard, placed.stp) == (1, SelfTradePolicy.CANCEL_BOTH)
    for name in set(ReserveOrder.__struct_fields__) - {"stp", "client_order_id"}:
        assert getattr(placed, name) == getattr(order, name), name


def test_a_preview_has_fills_fees_and_the_limits_of_its_instrument() -> None:
    body = preview_body(ORDER, FINE, MET, RULES, LIMITS)
    assert (body.is_valid, body.advisory, body.code) == (True, True, None)
    assert [(fill.price, fill.quantity) for fill in body.fills] == [(10.0, 2), (10.01, 1)]
    assert (body.fees.maker, body.fees.taker, body.fees.expected) == (-0.01, 0.02, 0.06)
    assert (body.resting_quantity, body.would_pend) == (2, True)
    assert [(row.kind, row.instrument_id) for row in body.limits] == [
        ("position_limit", "SPX"),
        ("portfolio_limit", None),
    ]


def test_what_either_service_refuses_trades_nowhere() -> None:
    by_rule = Refusal(code="POSITION_LIMIT_EXCEEDED", detail="too much", limit=50)
    by_exchange = Refusal(code="PRICE_OUTSIDE_BAND", detail="far", allowed=12_500)
    first = preview_body(ORDER, Verdict(refusal=by_rule, private_seq=Seq(1)), MET, RULES, LIMITS)
    assert (first.is_valid, first.code, first.limit) == (False, "POSITION_LIMIT_EXCEEDED", 50)
    assert (first.fills, first.resting_quantity, first.fees.expected) == ([], 0, 0.0)
    refused = OrderPreview(refusal=by_exchange)
    second = preview_body(ORDER, FINE, refused, RULES, LIMITS)
    assert (second.is_valid, second.code, second.allowed) == (False, "PRICE_OUTSIDE_BAND", 1.25)


def test_an_instrument_that_is_not_listed_has_no_book_to_preview() -> None:
    unknown = Refusal(code="INVALID_INSTRUMENT", detail="none", field="instrument_id")
    verdict = Verdict(refusal=unknown, private_seq=Seq(1))
    assert preview_body(ORDER, verdict, None, RULES, LIMITS).code == "INVALID_INSTRUMENT"


def test_a_protection_is_told_in_the_units_it_was_set_in() -> None:
    request = ProtectionRequest(window_ms=500, contracts_max=20, delta_max=1.5)
    command = set_quote_protection(ME, request)
    assert command == SetQuoteProtection(
        account_id=ME, window_ns=Nanos(500_000_000), contracts_max=20, delta_max=1_500_000
    )
    told = QuoteProtection(
        window_ns=command.window_ns,
        contracts_max=20,
        delta_max=command.delta_max,
        contracts_traded=3,
        delta_traded=-250_000,
        is_tripped=True,
    )
    assert protection_body(told) == ProtectionBody(
        window_ms=500,
        contracts_max=20,
        delta_max=1.5,
        contracts_traded=3,
        delta_traded=-0.25,
        is_tripped=True,
    )


def test_no_protection_and_one_without_a_window_are_off() -> None:
    assert protection_body(None) == ProtectionBody()
    assert protection_body(QuoteProtection(window_ns=Nanos(0))) == ProtectionBody()


def test_the_smallest_delta_is_still_a_limit() -> None:
    request = ProtectionRequest(window_ms=1, delta_max=1e-9)
    assert set_quote_protection(ME, request).delta_max == 1
