"""The folded account: each private frame leaves what the server says it left."""

from msgspec import Raw, json, structs

from itg.client import Account
from itg.client.frames import Frame
from itg.wire.v1.account import (
    AdjustedPush,
    FillPush,
    OrderPush,
    PositionBody,
    PositionPush,
    PrivateSnapshot,
    QuotePush,
    ReseatedPush,
)
from itg.wire.v1.orders import Body, OrderBody, QuoteBody

ORDER = OrderBody(
    order_id=1, client_order_id="1-1", instrument_id="X", side="buy", quantity=10,
    order_type="limit", price=5.0, time_in_force="day", post_only=False, stp="cancel_incoming",
    tag="", revision=1, status="working", filled_quantity=0, leaves_quantity=10,
    average_price=None, fees=0.0, accepted_us=1, seq=1,
)  # fmt: skip
QUOTE = QuoteBody(
    instrument_id="X", bid_order_id=7, bid=4.0, bid_quantity=10, ask_order_id=8, ask=4.5,
    ask_quantity=12,
)  # fmt: skip
FILL = FillPush(
    fill_id=1, trade_id=1, order_id=1, client_order_id="1-1", instrument_id="X", side="buy",
    last_price=5.0, last_quantity=4, liquidity="maker", fee=-0.04, status="partially_filled",
    filled_quantity=4, leaves_quantity=6, average_price=5.0, is_quote=False,
)  # fmt: skip


def fold(account: Account, kind: str, data: Body) -> None:
    account.fold(Frame(channel="private", type=kind, data=Raw(json.encode(data))))


def test_a_fill_leaves_the_rest_of_its_order_with_its_fees() -> None:
    account = Account()
    fold(account, "order.accepted", OrderPush(order=ORDER))
    fold(account, "fill", FILL)
    fold(account, "fill", FILL)
    order = account.orders[1]
    assert (order.status, order.filled_quantity, order.leaves_quantity) == (
        "partially_filled",
        4,
        6,
    )
    assert (order.average_price, order.fees) == (5.0, -0.08)
    assert account.find("1-1") is order


def test_a_done_order_leaves() -> None:
    for kind, last in (
        ("fill", structs.replace(FILL, status="filled", leaves_quantity=0)),
        ("order.canceled", OrderPush(order=structs.replace(ORDER, status="canceled"))),
        ("order.expired", OrderPush(order=structs.replace(ORDER, status="expired"))),
    ):
        account = Account()
        fold(account, "order.accepted", OrderPush(order=ORDER))
        fold(account, kind, last)
        assert account.orders == {}
        assert account.find("1-1") is None


def test_a_fill_reduces_the_side_of_the_quote_it_hit() -> None:
    account = Account()
    fold(account, "quote", QuotePush(quote=QUOTE))
    hit = structs.replace(FILL, order_id=8, is_quote=True, side="sell", leaves_quantity=9)
    fold(account, "fill", hit)
    assert account.quotes["X"] == structs.replace(QUOTE, ask_quantity=9)
    fold(account, "fill", structs.replace(hit, leaves_quantity=0))
    assert account.quotes["X"] == structs.replace(
        QUOTE, ask_order_id=None, ask=None, ask_quantity=0
    )
    fold(account, "fill", structs.replace(hit, order_id=7, leaves_quantity=0))
    assert account.quotes == {}


def test_a_pulled_quote_leaves() -> None:
    account = Account()
    fold(account, "quote", QuotePush(quote=QUOTE))
    gone = QuoteBody(
        instrument_id="X", bid_order_id=None, bid=None, bid_quantity=0, ask_order_id=None,
        ask=None, ask_quantity=0,
    )  # fmt: skip
    fold(account, "quote", QuotePush(quote=gone, cancel_reason="requested"))
    assert account.quotes == {}


def test_working_counts_orders_and_quotes_of_a_side() -> None:
    account = Account()
    fold(account, "order.accepted", OrderPush(order=ORDER))
    fold(account, "quote", QuotePush(quote=QUOTE))
    assert (account.working("X", "buy"), account.working("X", "sell")) == (20, 12)
    assert account.working("Y", "buy") == 0


def test_a_position_brings_its_cash_and_a_snapshot_replaces_everything() -> None:
    account = Account()
    held = PositionBody(
        instrument_id="X", net_quantity=-3, average_price=5.0, realized_pnl=0.0,
        unrealized_pnl=None, fees=0.0,
    )  # fmt: skip
    fold(account, "order.accepted", OrderPush(order=ORDER))
    fold(account, "position", PositionPush(position=held, cash=1500.0))
    assert (account.net("X"), account.net("Y"), account.cash) == (-3, 0, 1500.0)
    snapshot = PrivateSnapshot(team_id="t9", orders=[], quotes=[QUOTE], positions=[], cash=1.0)
    fold(account, "snapshot", snapshot)
    assert (account.orders, account.positions, account.cash) == ({}, {}, 1.0)
    assert (account.team_id, list(account.quotes)) == ("t9", ["X"])


def test_a_new_seat_and_corrections_leave_the_cash_that_the_server_has() -> None:
    account = Account()
    account.take(ReseatedPush(role="hedge_fund", cash=20e6, cash_changed=5.0, handed_over=[]), 1)
    assert (account.cash, account.positions) == (20e6, {})
    account.take(AdjustedPush(cash=-0.3, instrument_id=None, quantity=0, price=0.0), 2)
    account.take(AdjustedPush(cash=0.1, instrument_id=None, quantity=0, price=0.0), 3)
    assert account.cash == 19_999_999.8
