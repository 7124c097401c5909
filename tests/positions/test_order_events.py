"""The story of one order, as far as the mailbox reaches back."""

from tests.positions.scene import ALICE, BOB, Scene, cancel, order, replace

from itg.kernel.ids import ClientOrderId, OrderId, Seq
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountReplaceRejected,
    Fills,
    GetFills,
    GetOrderEvents,
    OrderEvents,
    RequestMassCancel,
)
from itg.positions.core.mailbox import MAILBOX_EVENTS_MAX


def story(
    market: Scene, order_id: OrderId | None = None, client_order_id: str | None = None
) -> OrderEvents:
    key = None if client_order_id is None else ClientOrderId(client_order_id)
    reply = market.ask(GetOrderEvents(account_id=ALICE, order_id=order_id, client_order_id=key))
    assert isinstance(reply, OrderEvents)
    return reply


def test_it_is_everything_that_was_told_of_the_order_and_nothing_else() -> None:
    market = Scene()
    working = market.rest(order(ALICE, "buy", 5, "9.00", cid="a-1"))
    market.rest(order(ALICE, "buy", 5, "8.00"))
    market.send(replace(ALICE, working, quantity=4))
    market.send(order(BOB, "sell", 3, "9.00"))
    market.send(replace(ALICE, working, quantity=2))
    market.send(cancel(ALICE, working))
    market.send(cancel(ALICE, working))
    told = story(market, working)
    assert told.is_complete
    assert [type(event) for event in told.events] == [
        AccountOrderUpdated,
        AccountOrderUpdated,
        AccountFilled,
        AccountReplaceRejected,
        AccountOrderUpdated,
        AccountCancelRejected,
    ]
    assert story(market, client_order_id="a-1") == told


def test_a_refused_order_has_its_refusal() -> None:
    market = Scene()
    market.place(order(ALICE, "buy", 0, "9.00", cid="a-1"))
    told = story(market, client_order_id="a-1")
    assert told.is_complete
    assert [type(event) for event in told.events] == [AccountOrderRejected]


def test_an_order_nobody_knows_has_none() -> None:
    assert story(Scene(), OrderId(77)).events == ()
    assert not story(Scene(), client_order_id="a-1").is_complete


def test_one_that_began_before_the_mailbox_is_incomplete() -> None:
    market = Scene()
    working = market.rest(order(ALICE, "buy", 5, "9.00"))
    for _ in range(MAILBOX_EVENTS_MAX):
        market.positions.handle(market.now, cancel(ALICE, 77))
    market.send(RequestMassCancel(account_id=ALICE))
    told = story(market, working)
    assert [type(event) for event in told.events] == [AccountOrderUpdated]
    assert not told.is_complete


def fills_of(market: Scene, since_seq: int | None = None) -> Fills:
    since = None if since_seq is None else Seq(since_seq)
    reply = market.ask(GetFills(account_id=ALICE, since_seq=since))
    assert isinstance(reply, Fills)
    return reply


def test_fills_say_whether_earlier_ones_are_gone() -> None:
    market = Scene()
    market.rest(order(ALICE, "buy", 5, "9.00"))
    market.send(order(BOB, "sell", 3, "9.00"))
    before = fills_of(market)
    assert (len(before.fills), before.is_complete) == (1, True)
    for _ in range(MAILBOX_EVENTS_MAX + 1 - before.private_seq):
        market.positions.handle(market.now, cancel(ALICE, 77))
    assert not fills_of(market).is_complete
    # What is gone is event 1: who has it misses nothing.
    assert not fills_of(market, since_seq=0).is_complete
    assert fills_of(market, since_seq=1).is_complete
