"""The client's buckets against the server's, and what waits for them."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from itg.client.commands import CANCELS, FREE, ORDERS, BotCommand, Lanes
from itg.client.pacing import SECOND_US, Pacer
from itg.wire.v1.orders import BudgetBody, QuoteRequest, QuotesRequest
from itg.wire.v1.socket import CancelParams

BUDGET = BudgetBody(kind="orders", per_s=10, burst=10, remaining=10)


class ServerBucket:
    """The rule itself: `burst` tokens, refilled at `per_s` of game time, in exact fractions."""

    def __init__(self, budget: BudgetBody) -> None:
        self.budget = budget
        self.level = budget.burst * SECOND_US
        self.at_us = 0

    def takes(self, at_us: int) -> bool:
        gained = (at_us - self.at_us) * self.budget.per_s
        self.level = min(self.level + gained, self.budget.burst * SECOND_US)
        self.at_us = at_us
        self.level -= SECOND_US
        return self.level >= 0


@given(st.lists(st.integers(0, 400_000), max_size=80), st.integers(1, 20))
def test_a_paced_sender_in_lock_step_is_never_refused(waits: list[int], per_s: int) -> None:
    budget = structs.replace(BUDGET, per_s=per_s, burst=per_s, remaining=per_s)
    pacer, server, now = Pacer([budget], has_jitter=False), ServerBucket(budget), 1
    for wait in waits:
        now += wait
        while pacer.take("orders", 1, now):
            assert server.takes(now)


@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 300_000)), max_size=80))
def test_a_paced_sender_is_not_refused_when_messages_arrive_late(
    waits: list[tuple[int, int]],
) -> None:
    pacer, server, now, arrived = Pacer([BUDGET]), ServerBucket(BUDGET), 1, 0
    for wait, delay in waits:
        now += wait
        while pacer.take("orders", 1, now):
            arrived = max(arrived, now + delay)
            assert server.takes(arrived)


def test_waiting_as_long_as_told_is_enough_and_not_too_much() -> None:
    pacer, now = Pacer([BUDGET], has_jitter=False), SECOND_US
    while pacer.take("orders", 1, now):
        pass
    wait_us = pacer.wait_us("orders", 3, now)
    assert wait_us == 300_000
    assert not pacer.take("orders", 3, now + wait_us - 1)
    assert pacer.take("orders", 3, now + wait_us)


def test_a_request_above_the_burst_costs_the_burst() -> None:
    pacer = Pacer([BUDGET], has_jitter=False)
    assert pacer.take("orders", 60, SECOND_US)
    assert pacer.wait_us("orders", 60, SECOND_US) == SECOND_US


def test_a_blocked_kind_waits_until_the_server_s_word() -> None:
    pacer = Pacer([BUDGET])
    pacer.block("orders", 3 * SECOND_US)
    assert not pacer.take("orders", 1, 2 * SECOND_US)
    assert pacer.take("orders", 1, 3 * SECOND_US)


def test_kinds_without_a_budget_are_free() -> None:
    pacer = Pacer([BUDGET])
    assert pacer.take("cancels", 10_000, 1)
    assert (pacer.available("cancels", 1), pacer.wait_us("cancels", 9, 1)) == (None, 0)


def command(name: str) -> BotCommand:
    return BotCommand(method=name, params=CancelParams(order_id=1))


def quote(name: str, bid: float) -> QuoteRequest:
    return QuoteRequest(instrument_id=name, bid=bid, bid_quantity=10)


def test_cancels_pass_orders_that_wait_for_their_budget() -> None:
    lanes, pacer = Lanes(), Pacer([structs.replace(BUDGET, remaining=1)], has_jitter=False)
    for name in ("first", "second"):
        lanes.add(ORDERS, command(name))
    lanes.add(CANCELS, command("cancel"))
    lanes.add(FREE, command("all"))
    assert [c.method for c in lanes.release(pacer, 1)] == ["all", "cancel", "first"]
    assert len(lanes) == 1
    assert [c.method for c in lanes.release(pacer, 1 + SECOND_US // 10)] == ["second"]


def test_only_the_newest_quote_of_an_instrument_waits() -> None:
    lanes = Lanes()
    for name, bid in (("X", 1.0), ("Y", 2.0), ("X", 3.0)):
        lanes.add_quote(quote(name, bid))
    (sent,) = lanes.release(Pacer(), 1)
    assert sent.params == QuotesRequest(quotes=[quote("Y", 2.0), quote("X", 3.0)], others="keep")
    assert lanes.release(Pacer(), 1) == []


def test_quotes_leave_as_their_budget_allows() -> None:
    budget = BudgetBody(kind="quotes", per_s=2, burst=2, remaining=2)
    lanes, pacer = Lanes(), Pacer([budget], has_jitter=False)
    for name in "ABC":
        lanes.add_quote(quote(name, 1.0))
    sizes = []
    for game_us in (1, 1, 1 + SECOND_US):
        for released in lanes.release(pacer, game_us):
            assert isinstance(released.params, QuotesRequest)
            sizes.append(len(released.params.quotes))
    assert sizes == [2, 1]


def test_a_pulled_quote_is_not_sent() -> None:
    lanes = Lanes()
    for name in "ABC":
        lanes.add_quote(quote(name, 1.0))
    lanes.drop_quotes("B")
    assert len(lanes) == 2
    lanes.drop_quotes(None)
    assert len(lanes) == 0


def test_a_full_lane_takes_nothing_more() -> None:
    lanes = Lanes()
    taken = [lanes.add(ORDERS, command("o")) for _ in range(300)]
    assert (taken.count(True), taken[0], taken[-1]) == (256, True, False)
    assert len(lanes.release(Pacer(), 1)) == 128
