"""Requests into commands: nothing is inferred, nothing is dropped in silence."""

from typing import Literal

import pytest
from msgspec import structs

from itg.kernel.ids import AccountId, InstrumentId, OrderId, Seq
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import OrderStatus, OrderType, Side, TimeInForce
from itg.positions.contract import OrderState
from itg.translate.numbers import UnfitFieldError
from itg.translate.orders import order_body, reserve_order, reserve_quotes
from itg.wire.v1.orders import PlaceOrderRequest, QuoteRequest, QuotesRequest

ME = AccountId("t1")


def order(**fields: object) -> PlaceOrderRequest:
    plain = PlaceOrderRequest(instrument_id="SPX", side="buy", quantity=1, price=1.0)
    return structs.replace(plain, **fields)


def test_every_field_of_a_placement_reaches_the_command() -> None:
    sent = order(
        order_type="limit",
        time_in_force="ioc",
        post_only=True,
        stp="cancel_both",
        client_order_id="a",
        tag="b",
        stop_price="1.25",
        display_quantity=2,
        expires_us=3,
    )
    command = reserve_order(ME, sent)
    assert (command.account_id, command.instrument_id) == ("t1", "SPX")
    assert (command.side.value, command.quantity, command.price) == ("buy", 1, 10_000)
    assert command.time_in_force is not None
    assert command.stp is not None
    assert (command.time_in_force.value, command.stp.value) == ("ioc", "cancel_both")
    assert (command.post_only, command.client_order_id, command.tag) == (True, "a", "b")
    assert (command.stop_price, command.display_quantity) == (12_500, 2)
    assert command.expires_ns == 3_000


@pytest.mark.parametrize(
    "fields",
    [
        {"order_type": "market"},
        {"order_type": "stop", "price": None},
        {"stop_price": 1.0},
        {"expires_us": 1},
        {"time_in_force": "gtt"},
        {"display_quantity": 5},
        {"quantity": 0},
    ],
)
def test_what_terms_agree_is_the_exchanges_to_judge(fields: dict[str, object]) -> None:
    assert reserve_order(ME, order(**fields)).account_id == ME


def test_an_orders_terms_come_back_as_they_were_sent() -> None:
    state = OrderState(
        order_id=OrderId(7),
        instrument_id=InstrumentId("SPX"),
        side=Side.SELL,
        quantity=9,
        order_type=OrderType.STOP_LIMIT,
        price=Price(10_000),
        time_in_force=TimeInForce.GTT,
        status=OrderStatus.PENDING,
        leaves_quantity=9,
        accepted_ns=Nanos(5_000),
        accepted_seq=Seq(1),
        stop_price=Price(12_500),
        display_quantity=2,
        expires_ns=Nanos(3_000),
    )
    body = order_body(state)
    assert (body.order_type, body.status, body.time_in_force) == ("stop_limit", "pending", "gtt")
    assert (body.stop_price, body.display_quantity, body.expires_us) == (1.25, 2, 3)


@pytest.mark.parametrize(("others", "pulls"), [("pull", True), ("keep", False)])
def test_quotes_not_named_are_pulled_unless_kept(
    others: Literal["pull", "keep"], *, pulls: bool
) -> None:
    assert reserve_quotes(ME, QuotesRequest(quotes=[], others=others)).pull_others is pulls
    assert reserve_quotes(ME, QuotesRequest(quotes=[])).pull_others


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"display_quantity": 1_000_001}, "/display_quantity"),
        ({"stop_price": 0.00001}, "/stop_price"),
        ({"stop_price": "1e3"}, "/stop_price"),
        ({"quantity": 1_000_001}, "/quantity"),
        ({"quantity": -1_000_001}, "/quantity"),
        ({"price": 0.00001}, "/price"),
    ],
)
def test_a_field_that_cannot_be_honored_is_refused_by_name(
    fields: dict[str, object], pointer: str
) -> None:
    with pytest.raises(UnfitFieldError) as refused:
        reserve_order(ME, order(**fields))
    assert refused.value.pointer == pointer


def test_an_instrument_may_be_quoted_once_in_a_request() -> None:
    quotes = [QuoteRequest(instrument_id="SPX", bid=1.0, bid_quantity=1) for _ in range(2)]
    with pytest.raises(UnfitFieldError) as refused:
        reserve_quotes(ME, QuotesRequest(quotes=quotes))
    assert refused.value.pointer == "/quotes/1/instrument_id"
