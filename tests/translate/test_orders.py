"""Requests into commands: nothing is inferred, nothing is dropped in silence."""

import pytest
from msgspec import structs

from itg.kernel.ids import AccountId
from itg.translate.numbers import UnfitFieldError
from itg.translate.orders import reserve_order, reserve_quotes
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
    )
    command = reserve_order(ME, sent)
    assert (command.account_id, command.instrument_id) == ("t1", "SPX")
    assert (command.side.value, command.quantity, command.price) == ("buy", 1, 10_000)
    assert command.time_in_force is not None
    assert command.stp is not None
    assert (command.time_in_force.value, command.stp.value) == ("ioc", "cancel_both")
    assert (command.post_only, command.client_order_id, command.tag) == (True, "a", "b")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"display_quantity": 1}, "/display_quantity"),
        ({"stop_price": 1.0}, "/stop_price"),
        ({"expires_us": 1}, "/expires_us"),
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
