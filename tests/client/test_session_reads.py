"""What a session asks over REST, and the terms it gives an order."""

import asyncio

import pytest
from msgspec import json
from tests.client.venue import KEY, Data, Venue, running

from itg.client import NotFoundError, Session, SyncSession
from itg.client.account import Account
from itg.client.frames import Frame
from itg.client.session import order_params
from itg.wire.v1.orders import PlaceOrderRequest, QuoteRequest

BATCH = "POST /exchange/orders/batch"
ORDER: Data = {
    "order_id": 7,
    "client_order_id": "1-1",
    "instrument_id": "SPX",
    "side": "buy",
    "quantity": 2,
    "order_type": "stop",
    "price": None,
    "time_in_force": None,
    "post_only": False,
    "stp": "cancel_incoming",
    "tag": "",
    "revision": 1,
    "status": "pending",
    "filled_quantity": 0,
    "leaves_quantity": 2,
    "average_price": None,
    "fees": 0.0,
    "accepted_us": 1,
    "seq": 1,
}
REFUSED: Data = {
    "type": "/problems/INVALID_PRICE",
    "title": "Invalid price",
    "status": 422,
    "detail": "off the grid",
    "code": "INVALID_PRICE",
}
PREVIEW: Data = {
    "is_valid": True,
    "fees": {"maker": -0.01, "taker": 0.02, "expected": 0.04},
    "fills": [{"price": 10.0, "quantity": 2}],
    "resting_quantity": 1,
}


def request(**terms: object) -> PlaceOrderRequest:
    plain = {"instrument_id": "SPX", "side": "buy", "quantity": 2, **terms}
    return json.decode(json.encode(plain), type=PlaceOrderRequest)


async def test_a_batch_names_its_orders_and_returns_each_answer() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.rest_bodies[BATCH] = {"items": [{"order": ORDER}, {"problem": REFUSED}]}
        told = await session.place_batch([request(), request(client_order_id="mine")])
    placed, refused = told.items
    assert placed.order is not None
    assert refused.problem is not None
    assert (placed.order.status, refused.problem.code) == ("pending", "INVALID_PRICE")
    ((_, sent),) = venue.rest_received
    names = [order["client_order_id"] for order in json.decode(sent)["orders"]]
    assert names == ["1-1", "mine"]


async def test_a_preview_sends_the_terms_of_the_order_it_speaks_of() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.rest_bodies["POST /exchange/orders/preview"] = PREVIEW
        seen = await session.preview("SPX", "buy", 3, 10.0, stop_price=9.0, display_quantity=1)
    assert (seen.is_valid, seen.fees.expected, seen.fills[0].quantity) == (True, 0.04, 2)
    ((_, sent),) = venue.rest_received
    assert json.decode(sent) == json.decode(
        json.encode(order_params("SPX", "buy", 3, 10.0, {"stop_price": 9.0, "display_quantity": 1}))
    )


@pytest.mark.parametrize(
    ("price", "terms", "order_type"),
    [
        (1.0, {}, "limit"),
        (None, {}, "market"),
        (None, {"stop_price": 2.0}, "stop"),
        (1.0, {"stop_price": 2.0}, "stop_limit"),
        (None, {"order_type": "limit"}, "limit"),
    ],
)
def test_the_type_of_an_order_follows_its_prices_unless_it_is_given(
    price: float | None, terms: Data, order_type: str
) -> None:
    assert order_params("SPX", "buy", 1, price, terms).order_type == order_type  # type: ignore[arg-type]  # the terms of the case


@pytest.mark.parametrize(
    ("order", "path"),
    [(7, "/exchange/orders/7"), ("a/b c", "/exchange/orders/by-client-id/a/b c")],
)
async def test_an_order_is_explained_by_either_id(order: int | str, path: str) -> None:
    because = {"code": "accepted", "text": "Accepted into the market.", "seq": 3}
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        venue.rest_bodies[f"GET {path}/explanation"] = {
            "order_id": 7,
            "client_order_id": None,
            "status": "working",
            "reasons": [because],
            "is_complete": True,
        }
        venue.rest_bodies[f"GET {path}/events"] = {
            "items": [{"seq": 3, "type": "order.accepted", "order": ORDER}],
            "is_complete": True,
        }
        explained = await session.explain(order)
        told = await session.order_events(order)
    assert [(reason.code, reason.seq) for reason in explained.reasons] == [("accepted", 3)]
    assert told.items[0].order is not None
    assert told.items[0].type == "order.accepted"


async def test_what_is_not_there_is_raised() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        with pytest.raises(NotFoundError):
            await session.explain(99)


async def test_a_protection_is_set_read_and_reset_over_the_socket() -> None:
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        told = await session.set_protection(500, contracts_max=20, delta_max=1.5)
        assert (told.window_ms, told.contracts_max, told.delta_max) == (500, 20, 1.5)
        assert await session.protection() == told
        assert await session.reset_protection() == told


async def test_quotes_replace_all_others_unless_they_are_kept() -> None:
    quotes = [QuoteRequest(instrument_id="SPX", bid=1.0, bid_quantity=1)]
    async with running(Venue()) as venue, Session(venue.url, KEY) as session:
        await session.set_quotes(quotes)
        await session.set_quotes(quotes, others="keep")
    sent = [params["others"] for method, params in venue.received if method == "quote.set"]
    assert sent == ["pull", "keep"]


async def test_a_script_has_the_same_words() -> None:
    async with running(Venue()) as venue:
        venue.rest_bodies[BATCH] = {"items": [{"order": ORDER}]}
        venue.rest_bodies["POST /exchange/orders/preview"] = PREVIEW
        venue.rest_bodies["POST /exchange/kill-switch"] = {
            "is_active": False,
            "team_id": "t1",
            "order_ids": [1],
        }

        def script() -> None:
            with SyncSession(venue.url, KEY) as session:
                (item,) = session.place_batch([request()]).items
                assert item.order is not None
                assert session.preview("SPX", "buy", 3).resting_quantity == 1
                assert session.set_protection(5).window_ms == 5
                assert session.protection() == session.reset_protection()
                assert session.kill_switch(is_active=False).order_ids == [1]
                with pytest.raises(NotFoundError):
                    session.explain("nobody")
                with pytest.raises(NotFoundError):
                    session.order_events("nobody")

        await asyncio.get_running_loop().run_in_executor(None, script)
    sent = dict(venue.rest_received)
    assert json.decode(sent["POST /exchange/kill-switch"])["is_active"] is False


def test_an_order_that_was_activated_works_in_the_account() -> None:
    account = Account()
    for kind, status in (("order.accepted", "pending"), ("order.activated", "working")):
        data = json.encode({"order": {**ORDER, "status": status}})
        account.fold(frame(kind, data))
        assert account.orders[7].status == status
    account.fold(frame("order.expired", json.encode({"order": {**ORDER, "status": "expired"}})))
    assert account.orders == {}


def frame(kind: str, data: bytes) -> Frame:
    text = (
        b'{"channel":"private","type":"%b","seq":1,"epoch":1,"ts_us":1,"game_us":1,"data":%b}'
        % (kind.encode(), data)
    )
    return json.decode(text, type=Frame)
