from tests.positions.scene import (
    ALICE,
    BOB,
    PUT,
    SPY_CALL,
    TRADER,
    Scene,
    cancel,
    of,
    only,
    order,
    replace,
    role,
    usd,
)

from itg.exchange.contract import CancelOrder, MassCancel, MassCanceled
from itg.kernel.ids import AccountId, ClientOrderId, OrderId, Shard, UnderlyingId
from itg.kernel.times import NS_PER_MS, NS_PER_S
from itg.kernel.words import CancelReason, Liquidity, OrderStatus, Phase, Side
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountPositionChanged,
    AccountReplaceRejected,
    ConnectionOpened,
    OpenAccount,
    OpenConnection,
    OrderChange,
    OrderRateLimit,
    PrivateEvent,
    RequestCancel,
    RequestMassCancel,
    ReserveReplace,
)

FIVE_A_SECOND = OrderRateLimit(orders_per_s=5, cancels_per_s=10)


def test_acceptance_precedes_fills_and_both_sides_hear_of_a_trade() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 3))
    told = market.send(order(ALICE, "buy", 2))
    private = [event for event in told if isinstance(event, PrivateEvent)]
    assert [(type(event), event.account_id) for event in private] == [
        (AccountOrderUpdated, ALICE),
        (AccountFilled, BOB),
        (AccountFilled, ALICE),
        (AccountPositionChanged, BOB),
        (AccountPositionChanged, ALICE),
    ]
    makers, takers = of(AccountFilled, told)
    assert (makers.fill.liquidity, takers.fill.liquidity) == (Liquidity.MAKER, Liquidity.TAKER)
    assert (makers.fill.side, takers.fill.side) == (Side.SELL, Side.BUY)
    assert makers.fill.trade_id == takers.fill.trade_id
    assert makers.fill.fill_id != takers.fill.fill_id
    assert (makers.status, makers.leaves_quantity) == (OrderStatus.PARTIALLY_FILLED, 1)
    assert (takers.status, takers.leaves_quantity) == (OrderStatus.FILLED, 0)


def test_an_orders_average_price_is_of_its_fills_with_halves_up() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 1, "9.00"))
    market.rest(order(BOB, "sell", 1, "9.0001"))
    filled = of(AccountFilled, market.send(order(ALICE, "buy", 2)))[-1]
    assert filled.average_price == usd("9.0001")


def test_a_replace_keeps_the_id_and_raises_the_revision() -> None:
    market = Scene()
    order_id = market.rest(order(quantity=5))
    told = market.send(replace(ALICE, order_id, quantity=3, price="9.00"))
    update = only(AccountOrderUpdated, told)
    assert update.change is OrderChange.REPLACED
    assert (update.order.order_id, update.order.revision) == (order_id, 2)
    assert (update.order.quantity, update.order.leaves_quantity) == (3, 3)
    assert update.order.price == usd("9.00")


def test_a_replace_that_crosses_trades_as_taker() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 3, "10.50"))
    order_id = market.rest(order(ALICE, "buy", 3))
    told = market.send(replace(ALICE, order_id, price="10.50"))
    assert [type(e) for e in told if isinstance(e, AccountOrderUpdated | AccountFilled)] == [
        AccountOrderUpdated,
        AccountFilled,
        AccountFilled,
    ]
    assert market.net(ALICE) == 3


def test_a_cancel_ends_an_order_once() -> None:
    market = Scene()
    order_id = market.rest(order(quantity=4))
    update = only(AccountOrderUpdated, market.send(cancel(ALICE, order_id)))
    assert (update.change, update.cancel_reason) == (OrderChange.CANCELED, CancelReason.REQUESTED)
    assert (update.order.status, update.order.leaves_quantity) == (OrderStatus.CANCELED, 0)
    again = only(AccountCancelRejected, market.send(cancel(ALICE, order_id)))
    assert again.refusal.code == "ORDER_ALREADY_DONE"


def test_an_order_is_found_by_its_client_order_id() -> None:
    market = Scene()
    market.rest(order(cid="a-1", quantity=4))
    name = ClientOrderId("a-1")
    told = market.send(ReserveReplace(account_id=ALICE, orig_client_order_id=name, quantity=2))
    assert only(AccountOrderUpdated, told).order.quantity == 2
    told = market.send(RequestCancel(account_id=ALICE, orig_client_order_id=name))
    assert only(AccountOrderUpdated, told).change is OrderChange.CANCELED
    told = market.send(RequestCancel(account_id=ALICE, orig_client_order_id=name))
    assert only(AccountCancelRejected, told).refusal.code == "ORDER_ALREADY_DONE"


def test_anothers_order_is_not_found() -> None:
    market = Scene()
    order_id = market.rest(order(ALICE, cid="a-1"))
    told = market.send(cancel(BOB, order_id))
    assert only(AccountCancelRejected, told).refusal.code == "ORDER_NOT_FOUND"
    told = market.send(replace(BOB, order_id, quantity=2))
    assert only(AccountReplaceRejected, told).refusal.code == "ORDER_NOT_FOUND"
    told = market.send(RequestCancel(account_id=BOB, orig_client_order_id=ClientOrderId("a-1")))
    assert only(AccountCancelRejected, told).refusal.code == "ORDER_NOT_FOUND"


def test_a_cancel_the_exchange_refuses_is_told() -> None:
    market = Scene(phase=Phase.PRE_OPEN)
    order_id = market.rest(order())
    market.enter(Phase.OPENING_AUCTION)
    told = market.send(cancel(ALICE, order_id))
    assert only(CancelOrder, told).order_id == order_id
    assert only(AccountCancelRejected, told).refusal.code == "WRONG_PHASE"


def test_a_cancel_sent_straight_to_the_exchange_is_learned_from_its_event() -> None:
    market = Scene()
    order_id = market.rest(order())
    told = market.send(CancelOrder(shard=Shard(0), account_id=ALICE, order_id=order_id))
    assert only(AccountOrderUpdated, told).change is OrderChange.CANCELED
    told = market.send(CancelOrder(shard=Shard(0), account_id=ALICE, order_id=OrderId(99)))
    assert only(AccountCancelRejected, told).order_id == 99


def test_the_close_ends_every_working_order_with_a_report() -> None:
    market = Scene()
    first, second = market.rest(order()), market.rest(order(BOB, "sell", 2, "12.00"))
    told = market.enter(Phase.CLOSED)
    ended = {u.order.order_id: u.cancel_reason for u in of(AccountOrderUpdated, told)}
    assert ended == dict.fromkeys((first, second), CancelReason.MARKET_CLOSED)


def test_a_mass_cancel_takes_what_matches_on_the_shards_concerned() -> None:
    market = Scene()
    kept = market.rest(order(tag="keep", instrument_id=PUT))
    market.rest(order(tag="go"))
    market.rest(order(tag="go", instrument_id=SPY_CALL))
    told = market.send(RequestMassCancel(account_id=ALICE, tag="go"))
    assert [command.shard for command in of(MassCancel, told)] == [0, 1]
    assert sum(len(done.order_ids) for done in of(MassCanceled, told)) == 2
    told = market.send(RequestMassCancel(account_id=ALICE, underlying_id=UnderlyingId("SPY")))
    assert [command.shard for command in of(MassCancel, told)] == [1]
    assert not of(AccountOrderUpdated, told)
    told = market.send(RequestMassCancel(account_id=ALICE, instrument_id=PUT))
    assert [done.order_ids for done in of(MassCanceled, told)] == [(kept,)]


def test_a_self_trade_that_is_allowed_pays_both_fees_and_moves_no_position() -> None:
    market = Scene(role(TRADER, fees=(100, 300)))
    market.rest(order(BOB, "sell", 5, "8.00"))
    market.rest(order(ALICE, "buy", 5, "8.00"))
    before = market.holdings(ALICE)
    market.rest(order(ALICE, "sell", 3, "11.00"))
    told = market.send(order(ALICE, "buy", 3, "11.00", stp="allow"))
    assert [event.fill.fee for event in of(AccountFilled, told)] == [300, 900]
    after = market.holdings(ALICE)
    assert [p.net_quantity for p in after.positions] == [5]
    assert after.positions[0].average_price == before.positions[0].average_price
    assert after.realized_pnl == before.realized_pnl
    assert after.cash == before.cash - 1200
    assert market.worst_case(ALICE, "position_limit") == 0
    assert len(of(AccountPositionChanged, told)) == 1


def test_fees_are_the_roles_by_liquidity() -> None:
    market = Scene(role(TRADER, fees=(-200, 100)))
    market.rest(order(BOB, "sell", 5))
    told = market.send(order(ALICE, "buy", 5))
    fees = {event.account_id: event.fill.fee for event in of(AccountFilled, told)}
    assert fees == {BOB: -1000, ALICE: 500}


def test_auction_fills_pay_the_maker_rate_on_both_sides() -> None:
    market = Scene(role(TRADER, fees=(-200, 100)), phase=Phase.PRE_OPEN)
    market.rest(order(BOB, "sell", 5))
    market.rest(order(ALICE, "buy", 5))
    told = market.enter(Phase.CONTINUOUS)
    fills = of(AccountFilled, told)
    assert {event.fill.liquidity for event in fills} == {Liquidity.AUCTION}
    assert [event.fill.fee for event in fills] == [-1000, -1000]
    assert (market.net(ALICE), market.net(BOB)) == (5, -5)


def test_rates_are_a_seconds_worth_on_the_messages_time() -> None:
    market = Scene(role(TRADER, OrderRateLimit(orders_per_s=10, cancels_per_s=20)))
    market.send(OpenAccount(account_id=AccountId("late"), role=TRADER), 999 * NS_PER_MS)
    codes = [market.refused(order(price="1.00"), NS_PER_MS // 2) for _ in range(13)]
    assert codes == [None] * 10 + ["RATE_LIMIT_EXCEEDED"] * 3
    refusal = market.place(order()).refusal
    assert refusal is not None
    assert (refusal.limit, refusal.retry_after_ms) == (10, 94)
    assert market.refused(order(), 93 * NS_PER_MS) == "RATE_LIMIT_EXCEEDED"
    assert market.refused(order(), NS_PER_MS) is None


def test_an_order_refused_for_rate_takes_no_token_and_any_other_refusal_does() -> None:
    market = Scene(role(TRADER, FIVE_A_SECOND))
    for _ in range(5):
        assert market.refused(order(quantity=0)) == "INVALID_QUANTITY"
    for _ in range(50):
        assert market.refused(order()) == "RATE_LIMIT_EXCEEDED"
    assert market.refused(order(), NS_PER_S // 5) is None


def test_cancels_have_a_budget_of_their_own() -> None:
    market = Scene(role(TRADER, FIVE_A_SECOND))
    orders = [market.rest(order()) for _ in range(5)]
    assert market.refused(order()) == "RATE_LIMIT_EXCEEDED"
    codes = [
        [e.refusal.code for e in of(AccountCancelRejected, market.send(cancel(ALICE, order_id)))]
        for order_id in orders * 3
    ]
    assert codes[:5] == [[]] * 5
    assert codes[5:10] == [["ORDER_ALREADY_DONE"]] * 5
    assert codes[10:] == [["RATE_LIMIT_EXCEEDED"]] * 5


def test_mass_cancels_are_never_metered() -> None:
    market = Scene(role(TRADER, OrderRateLimit(orders_per_s=1, cancels_per_s=1)))
    for _ in range(20):
        told = market.send(RequestMassCancel(account_id=ALICE))
        assert len(of(MassCanceled, told)) == 2


def test_connections_are_counted_by_account() -> None:
    market = Scene()
    numbers = [
        only(ConnectionOpened, market.send(OpenConnection(account_id=account))).connection_number
        for account in (ALICE, BOB, ALICE)
    ]
    assert numbers == [1, 1, 2]


def test_an_account_opened_twice_stays_as_it_is() -> None:
    market = Scene()
    market.rest(order())
    before = market.positions.snapshot()
    assert market.send(OpenAccount(account_id=ALICE, role=TRADER)) == ()
    assert market.positions.snapshot() == before


def test_an_account_nobody_opened_is_refused_and_forgotten() -> None:
    market = Scene()
    before = market.positions.snapshot()
    stranger = AccountId("stranger")
    told = market.send(order(stranger))
    assert only(AccountOrderRejected, told).refusal.code == "ACCOUNT_NOT_FOUND"
    told = market.send(cancel(stranger, 1))
    assert only(AccountCancelRejected, told).refusal.code == "ORDER_NOT_FOUND"
    assert market.positions.snapshot() == before
