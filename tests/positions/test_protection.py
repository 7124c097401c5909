"""Market-maker protection: what the quotes trade within a window pulls them all."""

import pytest
from tests.positions.scene import (
    ALICE,
    CALL,
    CAROL,
    MAKER,
    SPY_CALL,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    quotes,
    role,
    two_sided,
    usd,
)

from itg.exchange.contract import MassCancel
from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import CancelReason, InFreeze
from itg.positions.contract import (
    AccountOrderUpdated,
    AccountProtectionChanged,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    DeltaLimit,
    DeltaWeight,
    GetQuoteProtection,
    ProtectionState,
    QuoteProtection,
    QuoteTerms,
    ResetQuoteProtection,
    SetQuoteProtection,
)
from itg.positions.service import PositionsService

WINDOW = Nanos(NS_PER_S)
WEIGHTS = (
    DeltaWeight(UnderlyingId("SPX"), 1_000_000),
    DeltaWeight(UnderlyingId("SPY"), 100_000),
)


def protect(contracts_max: int | None = 10, delta_max: int | None = None) -> SetQuoteProtection:
    return SetQuoteProtection(
        account_id=CAROL, window_ns=WINDOW, contracts_max=contracts_max, delta_max=delta_max
    )


def scene(protection: SetQuoteProtection, *, weighed: bool = True) -> Scene:
    """Carol quotes 50 on both sides of the call, and of the SPY call, under a protection."""
    limit = (DeltaLimit(max_delta=10**12, weights=WEIGHTS),) if weighed else ()
    market = Scene(role(TRADER), role(MAKER, *limit, quotes=True))
    market.send(marks(500_000, call="10.00", spy_call="10.00"))
    market.send(protection)
    market.send(quotes(CAROL, two_sided("9.00", 50, "11.00", 50), in_spy()))
    return market


def in_spy() -> QuoteTerms:
    return QuoteTerms(
        instrument_id=SPY_CALL,
        bid=usd("9.00"),
        bid_quantity=50,
        ask=usd("11.00"),
        ask_quantity=50,
    )


def hit(
    market: Scene, quantity: int, side: str = "buy", instrument_id: InstrumentId = CALL
) -> list[QuoteProtection]:
    """Trade with Carol's quote; return what her protection said of it."""
    price = "11.00" if side == "buy" else "9.00"
    told = market.send(order(ALICE, side, quantity, price, instrument_id))
    return [event.protection for event in of(AccountProtectionChanged, told)]


def held(market: Scene) -> QuoteProtection | None:
    reply = market.ask(GetQuoteProtection(account_id=CAROL, game_ns=market.now))
    assert isinstance(reply, ProtectionState)
    return reply.protection


def test_setting_it_is_answered_with_what_it_is() -> None:
    told = Scene(role(TRADER), role(MAKER, quotes=True)).send(protect(10, 5_000_000))
    assert only(AccountProtectionChanged, told).protection == QuoteProtection(
        window_ns=WINDOW, contracts_max=10, delta_max=5_000_000
    )


def test_contracts_traded_within_the_window_trip_it() -> None:
    market = scene(protect(10))
    assert hit(market, 6) == []
    tripped = hit(market, 4, "sell")
    assert [(p.is_tripped, p.contracts_traded) for p in tripped] == [(True, 10)]


def test_what_lies_before_the_window_counts_no_more() -> None:
    market = scene(protect(10))
    hit(market, 9)
    market.send(marks(call="10.00"), NS_PER_S)
    assert held(market) == QuoteProtection(window_ns=WINDOW, contracts_max=10, delta_traded=0)
    assert hit(market, 9) == []


def test_the_windows_own_length_is_outside_it_and_an_instant_less_inside() -> None:
    market = scene(protect(10))
    hit(market, 9)
    market.send(marks(call="10.00"), NS_PER_S - 1)
    assert len(hit(market, 1)) == 1


def test_delta_counts_by_side_and_weight() -> None:
    market = scene(protect(None, 3_000_000))
    assert hit(market, 4) == []  # −4 × 0.5
    assert hit(market, 4, "sell") == []  # and back
    assert hit(market, 40, "buy", SPY_CALL) == []  # −40 × 0.5 × 0.1
    tripped = hit(market, 2)
    assert [p.delta_traded for p in tripped] == [-3_000_000]


def test_without_a_delta_limit_every_underlying_weighs_the_same() -> None:
    market = scene(protect(None, 20_000_000), weighed=False)
    assert [p.delta_traded for p in hit(market, 40, "buy", SPY_CALL)] == [-20_000_000]


def test_a_trip_pulls_all_quotes_and_leaves_orders() -> None:
    market = scene(protect(10))
    market.rest(order(CAROL, "buy", 1, "8.00"))
    told = market.send(order(ALICE, "buy", 10, "11.00"))
    swept = of(MassCancel, told)
    assert {(c.orders, c.quotes, c.reason, c.in_freeze) for c in swept} == {
        (False, True, CancelReason.QUOTE_PROTECTION, InFreeze.DEFER)
    }
    assert [command.shard for command in swept] == [0, 1]
    reasons = {event.cancel_reason for event in of(AccountQuoteUpdated, told)}
    assert reasons == {CancelReason.QUOTE_PROTECTION}
    assert not [e for e in of(AccountOrderUpdated, told) if e.account_id == CAROL]


def test_quotes_are_refused_until_it_is_reset_and_pulls_and_orders_pass() -> None:
    market = scene(protect(10))
    hit(market, 10)
    rejected = only(AccountQuoteRejected, market.send(quotes(CAROL, in_spy())))
    assert rejected.refusal.code == "QUOTE_PROTECTION_TRIPPED"
    pull = QuoteTerms(instrument_id=CALL)
    assert not of(AccountQuoteRejected, market.send(quotes(CAROL, pull)))
    assert market.refused(order(CAROL, "buy", 1, "8.00")) is None
    told = market.send(ResetQuoteProtection(account_id=CAROL))
    assert not only(AccountProtectionChanged, told).protection.is_tripped
    assert not of(AccountQuoteRejected, market.send(quotes(CAROL, in_spy())))


def test_after_a_reset_nothing_before_it_counts() -> None:
    market = scene(protect(10))
    hit(market, 9)
    market.send(ResetQuoteProtection(account_id=CAROL))
    assert hit(market, 9) == []


def test_setting_it_again_does_not_untrip_it() -> None:
    market = scene(protect(10))
    hit(market, 10)
    told = market.send(protect(1_000))
    assert only(AccountProtectionChanged, told).protection.is_tripped


def test_without_limits_it_is_off() -> None:
    market = scene(protect(10))
    hit(market, 10)
    told = market.send(protect(None))
    assert only(AccountProtectionChanged, told).protection == QuoteProtection(window_ns=Nanos(0))
    assert held(market) is None
    assert not of(AccountQuoteRejected, market.send(quotes(CAROL, in_spy())))


@pytest.mark.parametrize("before", [9, 10])
def test_a_restart_forgets_neither_the_window_nor_the_trip(before: int) -> None:
    market = scene(protect(10))
    hit(market, before)
    known = held(market)
    data = market.positions.snapshot()
    market.positions = PositionsService()
    market.positions.restore(data)
    assert held(market) == known
    assert market.positions.snapshot() == data
