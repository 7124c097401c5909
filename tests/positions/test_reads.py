from typing import TypeVar, get_args

import pytest
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    MULTIPLIER,
    PUT,
    SPX,
    SPY_CALL,
    START,
    TRADER,
    Scene,
    cancel,
    marks,
    of,
    order,
    quotes,
    role,
    two_sided,
    usd,
)

from itg.kernel.ids import AccountId, OrderId, Seq
from itg.kernel.messages import Query, Reply
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_S, Nanos
from itg.positions.contract import (
    AccountMissing,
    AccountState,
    AnyConstraint,
    Balances,
    Budgets,
    ExposureLimit,
    Fills,
    FoundOrder,
    GetAccountState,
    GetBalances,
    GetBudgets,
    GetFills,
    GetLimits,
    GetOrder,
    GetOrders,
    GetPositions,
    GetPrivateEvents,
    GetQuotes,
    GetRoles,
    Limits,
    LimitUse,
    OrderRateLimit,
    Orders,
    PortfolioLimit,
    PositionLimit,
    PrivateEvent,
    PrivateEvents,
    QuoteRateLimit,
    Roles,
    UnderlyingLimit,
    ValidateOrder,
    Verdict,
)
from itg.positions.core.accounts import DONE_ORDERS_MAX
from itg.positions.core.mailbox import MAILBOX_EVENTS_MAX
from itg.positions.core.rules import rule_of

R = TypeVar("R", bound=Reply)


def read(market: Scene, kind: type[R], query: Query) -> R:
    reply = market.ask(query)
    assert isinstance(reply, kind)
    return reply


def test_every_kind_of_constraint_has_a_rule() -> None:
    for kind in get_args(AnyConstraint):
        assert rule_of.dispatch(kind) is not rule_of.dispatch(object), kind


def test_orders_are_paged_by_id_and_filtered() -> None:
    market = Scene()
    ids = [market.rest(order(instrument_id=i, tag=t)) for i in (SPY_CALL, CALL, PUT) for t in "ab"]
    market.send(cancel(ALICE, ids[2]))

    def page(**filters: object) -> list[OrderId]:
        reply = read(market, Orders, GetOrders(account_id=ALICE, **filters))  # type: ignore[arg-type]  # named fields of the query
        return [found.order_id for found in reply.orders]

    working = sorted(set(ids) - {ids[2]})
    assert page() == working
    assert page(working=None) == sorted(ids)
    assert page(working=False) == [ids[2]]
    assert page(instrument_id=SPY_CALL) == ids[:2]
    assert page(tag="b") == sorted(ids[1::2])
    assert page(count=2) == working[:2]
    assert page(after_order_id=working[1]) == working[2:]
    accepted = read(market, FoundOrder, GetOrder(account_id=ALICE, order_id=ids[3])).order
    assert accepted is not None
    assert page(since_seq=accepted.accepted_seq) == ids[4:]


def test_limits_tell_use_worst_case_and_headroom_in_the_roles_order() -> None:
    rules = (
        ExposureLimit(max_quantity=100),
        PositionLimit(max_quantity=50),
        PortfolioLimit(max_quantity=80),
        UnderlyingLimit(max_quantity=10),
    )
    market = Scene(role(TRADER, *rules))
    assert len(read(market, Limits, GetLimits(account_id=ALICE)).limits) == 2
    market.rest(order(BOB, "sell", 5))
    market.rest(order(ALICE, "buy", 30))
    market.rest(order(ALICE, "sell", 8, "12.00", PUT))
    market.rest(order(ALICE, "sell", 4, "12.00", SPX))
    limits = read(market, Limits, GetLimits(account_id=ALICE)).limits

    def use(kind: str, instrument: str | None, numbers: tuple[int, int, int, int]) -> LimitUse:
        limit, used, worst_case, headroom = numbers
        return LimitUse(
            kind=kind,
            instrument_id=instrument,  # type: ignore[arg-type]  # an id of this scene
            limit=limit,
            used=used,
            worst_case=worst_case,
            headroom=headroom,
        )

    assert limits == (
        use("exposure_limit", None, (100, 5, 38, 62)),
        use("position_limit", CALL, (50, 5, 30, 20)),
        use("position_limit", PUT, (50, 0, 8, 42)),
        use("portfolio_limit", None, (80, 5, 38, 42)),
        use("underlying_limit", SPX, (10, 0, 4, 6)),
    )


def test_budgets_tell_what_is_left_at_a_time() -> None:
    rates = (
        OrderRateLimit(orders_per_s=5, cancels_per_s=10),
        QuoteRateLimit(series_per_s=20, burst=40),
    )
    market = Scene(role(TRADER, *rates, quotes=True))
    market.rest(order(price="1.00"))
    market.send(quotes(ALICE, two_sided("2.00", 1, None, 0)))

    def left(at: Nanos) -> list[tuple[str, int, int, int]]:
        reply = read(market, Budgets, GetBudgets(account_id=ALICE, game_ns=at))
        return [(b.kind, b.per_s, b.burst, b.remaining) for b in reply.budgets]

    assert left(START) == [("orders", 5, 5, 4), ("cancels", 10, 10, 10), ("quotes", 20, 40, 39)]
    assert [row[3] for row in left(Nanos(START + NS_PER_S))] == [5, 10, 40]
    assert read(Scene(), Budgets, GetBudgets(account_id=ALICE, game_ns=START)).budgets == ()


def test_a_verdict_is_what_the_order_would_meet_and_costs_nothing() -> None:
    rules = (OrderRateLimit(orders_per_s=1, cancels_per_s=1), PositionLimit(max_quantity=50))
    market = Scene(role(TRADER, *rules))
    before = market.positions.snapshot()
    for quantity, code in ((50, None), (51, "POSITION_LIMIT_EXCEEDED"), (0, "INVALID_QUANTITY")):
        ask = ValidateOrder(order=order(quantity=quantity), game_ns=START)
        refusal = read(market, Verdict, ask).refusal
        assert (refusal.code if refusal else None) == code
    assert market.positions.snapshot() == before


def test_a_verdict_knows_client_order_ids() -> None:
    market = Scene()
    market.rest(order(cid="1"))
    market.place(order(cid="2", quantity=0))

    def verdict(cid: str, quantity: int) -> str | None:
        ask = ValidateOrder(order=order(cid=cid, quantity=quantity), game_ns=START)
        refusal = read(market, Verdict, ask).refusal
        return refusal.code if refusal else None

    assert verdict("1", 1) is None
    assert verdict("1", 2) == "CLIENT_ORDER_ID_CONFLICT"
    assert verdict("2", 0) == "INVALID_QUANTITY"


def test_positions_come_in_listing_order_with_totals() -> None:
    market = Scene(role(TRADER, fees=(100, 200)))
    for instrument_id in (PUT, CALL):
        market.rest(order(BOB, "sell", 2, "10.00", instrument_id))
        market.rest(order(ALICE, "buy", 2, "10.00", instrument_id))
    held = market.holdings(ALICE)
    assert [p.instrument_id for p in held.positions] == [CALL, PUT]
    assert [p.unrealized_pnl for p in held.positions] == [None, None]
    market.send(marks(call="11.00", put="9.50"))
    held = market.holdings(ALICE)
    assert [p.unrealized_pnl for p in held.positions] == [
        2 * 10_000 * MULTIPLIER,
        -2 * 5_000 * MULTIPLIER,
    ]
    assert held.unrealized_pnl == 10_000 * MULTIPLIER
    assert held.fees == 4 * 200
    assert held.cash == role(TRADER).starting_cash - 4 * usd("10.00") * MULTIPLIER - 800
    assert market.holdings(BOB).realized_pnl == 0


def test_balances_value_positions_at_their_marks_or_cost() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 2))
    market.rest(order(ALICE, "buy", 2))
    start = role(TRADER).starting_cash

    def equities() -> list[Cash]:
        return [b.equity for b in read(market, Balances, GetBalances()).accounts[:2]]

    assert equities() == [start, start]
    market.send(marks(call="11.00"))
    gain = 2 * 10_000 * MULTIPLIER
    assert equities() == [start + gain, start - gain]
    alice = read(market, Balances, GetBalances()).accounts[0]
    assert (alice.contracts_traded, alice.orders) == (2, 1)
    assert alice.net_quantities == ((CALL, 2),)


def test_fills_are_read_after_a_seq_and_by_instrument() -> None:
    market = Scene()
    for instrument_id in (CALL, PUT, CALL):
        market.rest(order(BOB, "sell", 2, "10.00", instrument_id))
        market.rest(order(ALICE, "buy", 2, "10.00", instrument_id))
    fills = read(market, Fills, GetFills(account_id=ALICE)).fills
    assert [fill.instrument_id for fill in fills] == [CALL, PUT, CALL]
    after = read(market, Fills, GetFills(account_id=ALICE, since_seq=fills[0].seq)).fills
    assert after == fills[1:]
    puts = read(market, Fills, GetFills(account_id=ALICE, instrument_id=PUT)).fills
    assert puts == fills[1:2]
    assert read(market, Fills, GetFills(account_id=ALICE, count=1)).fills == fills[:1]


def test_the_state_of_an_account_is_all_that_stands_at_one_seq() -> None:
    market = Scene(role(TRADER, quotes=True))
    order_id = market.rest(order(price="1.00"))
    market.send(quotes(ALICE, two_sided("2.00", 1, None, 0)))
    state = read(market, AccountState, GetAccountState(account_id=ALICE))
    assert [o.order_id for o in state.orders] == [order_id]
    assert [quote.bid for quote in state.quotes] == [usd("2.00")]
    assert state.private_seq == 2


def test_the_roles_are_told_as_they_were_set() -> None:
    rules = role(TRADER, PositionLimit(max_quantity=50))
    assert read(Scene(rules), Roles, GetRoles()).roles == (rules,)


@pytest.mark.parametrize(
    "query",
    [
        GetOrders(account_id=AccountId("x")),
        GetOrder(account_id=AccountId("x")),
        GetQuotes(account_id=AccountId("x")),
        GetFills(account_id=AccountId("x")),
        GetPositions(account_id=AccountId("x")),
        GetLimits(account_id=AccountId("x")),
        GetBudgets(account_id=AccountId("x"), game_ns=START),
        GetPrivateEvents(account_id=AccountId("x"), after_seq=Seq(0)),
        GetAccountState(account_id=AccountId("x")),
        ValidateOrder(order=order(AccountId("x")), game_ns=START),
    ],
)
def test_a_query_of_an_account_nobody_opened_says_so(query: Query) -> None:
    assert read(Scene(), AccountMissing, query).account_id == "x"


def test_the_mailbox_replays_what_was_told_after_a_seq() -> None:
    market = Scene()
    for _ in range(3):
        market.rest(order())
    told = [event for event in of(PrivateEvent, market.told) if event.account_id == ALICE]
    for after in range(4):
        reply = read(
            market, PrivateEvents, GetPrivateEvents(account_id=ALICE, after_seq=Seq(after))
        )
        assert list(reply.events) == told[after:]
        assert not reply.too_old


def test_the_mailbox_keeps_the_last_events_and_says_when_older_are_asked_for() -> None:
    market = Scene()
    market.rest(order())
    for _ in range(MAILBOX_EVENTS_MAX):
        market.send(order(quantity=0))
    gone = read(market, PrivateEvents, GetPrivateEvents(account_id=ALICE, after_seq=Seq(0)))
    assert gone.too_old
    assert len(gone.events) == MAILBOX_EVENTS_MAX
    kept = read(market, PrivateEvents, GetPrivateEvents(account_id=ALICE, after_seq=Seq(1)))
    assert not kept.too_old
    assert kept.events == gone.events
    data = market.positions.snapshot()
    market.positions.restore(data)
    assert market.positions.snapshot() == data


def test_the_oldest_done_orders_are_forgotten_and_working_ones_never() -> None:
    market = Scene()
    resting = market.rest(order(price="1.00"))
    first = market.rest(order(price=None))
    for _ in range(DONE_ORDERS_MAX):
        market.send(order(price=None))

    def found(order_id: OrderId) -> bool:
        query = GetOrder(account_id=ALICE, order_id=order_id)
        return read(market, FoundOrder, query).order is not None

    assert not found(first)
    assert found(OrderId(first + 1))
    assert found(resting)
