"""What a callee that is slow, stuck or lossy may cost: bounds, a breaker, a budget, a deadline."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.carriers import LossyCarrier, keep
from tests.runtime.test_following import QUERIES, Node
from tests.runtime.toys import GetTotal, deposit
from tests.waiting import until

from itg.kernel.messages import Reply
from itg.runtime.calls import BreakerState, CallLimits, CircuitBreaker, RetryBudget
from itg.runtime.followed import Ends, FollowedPump
from itg.runtime.link import Ask, Submit, asked, heard_by_node
from itg.runtime.pump_port import FateUnknownError, OverloadedError, PumpStoppedError

LIMITS = CallLimits(failures_max=3, pause_s=1.5, in_flight_max=8, retry_s=0.2, retries_saved=2)


class Time:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def breaker() -> tuple[CircuitBreaker, Time]:
    time = Time()
    return CircuitBreaker(LIMITS, time), time


def opened() -> tuple[CircuitBreaker, Time]:
    made, time = breaker()
    for _ in range(LIMITS.failures_max):
        made.pass_through()
        made.fail()
    return made, time


@given(st.lists(st.booleans(), max_size=40))
def test_a_breaker_opens_with_so_many_failures_in_a_row_and_not_before(answers: list[bool]) -> None:
    made, _ = breaker()
    in_a_row = 0
    for is_answered in answers:
        if made.wait_ms():
            break
        made.pass_through()
        (made.succeed if is_answered else made.fail)()
        in_a_row = 0 if is_answered else in_a_row + 1
        assert (made.state is BreakerState.OPEN) == (in_a_row >= LIMITS.failures_max)


def test_after_a_pause_one_call_is_let_through_to_see() -> None:
    made, time = opened()
    assert made.wait_ms() == pytest.approx(1_500, abs=1)
    time.s += 1.49
    assert made.wait_ms() > 0
    time.s += 0.02
    assert (made.state, made.wait_ms()) == (BreakerState.HALF_OPEN, 0)
    made.pass_through()
    assert made.wait_ms() > 0, "the others wait for what it sees"
    made.succeed()
    assert (made.state, made.wait_ms()) == (BreakerState.CLOSED, 0)


def test_a_call_that_sees_nothing_opens_it_again_at_once() -> None:
    made, time = opened()
    time.s += 1.6
    made.pass_through()
    made.fail()
    assert made.state is BreakerState.OPEN
    time.s += 1.6
    made.pass_through()
    # One whose answer nobody counts does not keep it half open for ever.
    time.s += 1.6
    assert made.wait_ms() == 0


def test_failures_of_calls_from_before_do_not_keep_it_open_for_longer() -> None:
    made, time = opened()
    time.s += 1.4
    made.fail()
    time.s += 0.2
    assert made.wait_ms() == 0


@given(st.integers(0, 400))
def test_second_tries_stay_within_a_tenth_of_the_first_and_what_was_saved(first: int) -> None:
    budget = RetryBudget(CallLimits())
    tries = 0
    for _ in range(first):
        budget.earn()
        while budget.spend():
            tries += 1
    assert tries <= 10 + first * 0.1
    assert tries >= int(first * 0.1)


class Caller:
    """A follower with small bounds, and what became of its calls."""

    def __init__(self, carrier: LossyCarrier, node: Node) -> None:
        ends = Ends(carrier, "node", "door")
        world = node.world
        self.pump = FollowedPump(ends, world.machine.codec, QUERIES, world.journal, LIMITS)
        self.numbers = self.pump.callee.numbers
        self.refusals: list[Exception] = []
        self.replies: list[Reply] = []
        self.releases = 0

    def _count(self, _: object) -> None:
        self.releases += 1

    def send(self, deadline_s: float | None = 0.3, *, headroom: bool = False) -> None:
        self.pump.submit(
            deposit(1),
            on_release=self._count,
            on_refused=self.refusals.append,
            headroom=headroom,
            deadline_s=deadline_s,
        )

    def ask(self, deadline_s: float | None = 5.0) -> None:
        self.pump.ask(
            (GetTotal(),), lambda replies, _: self.replies.extend(replies), deadline_s=deadline_s
        )


@asynccontextmanager
async def calling() -> AsyncIterator[tuple[LossyCarrier, Node, Caller]]:
    carrier = LossyCarrier()
    async with asyncio.timeout(30), Node(carrier) as node:
        caller = Caller(carrier, node)
        await caller.pump.start(lambda _: None, on_return=lambda: None, deadline_s=5)
        yield carrier, node, caller
        await caller.pump.stop()


def calls(body: bytes) -> bool:
    """Tell whether a follower's bytes are a call, which a stuck node never answers."""
    return bool(body) and isinstance(heard_by_node(body), Submit | Ask)


def losing(count: int, kind: type) -> Callable[[str, bytes], bool]:
    left = count

    def loses(subject: str, body: bytes) -> bool:
        nonlocal left
        if not body or subject != "node" or not isinstance(heard_by_node(body), kind):
            return False
        left -= 1
        return left >= 0

    return loses


def stuck(subject: str, body: bytes) -> bool:
    return subject == "node" and calls(body)


async def test_a_query_that_was_lost_is_asked_once_more() -> None:
    async with calling() as (carrier, _, caller):
        carrier.loses = losing(1, Ask)
        caller.ask()
        await until(lambda: caller.replies)
        assert (len(caller.replies), caller.numbers.sent, caller.numbers.retried) == (1, 1, 1)
        assert caller.pump.callee.in_flight == 0


async def test_no_query_is_asked_a_third_time_and_none_beyond_the_budget() -> None:
    async with calling() as (carrier, _, caller):
        carrier.loses = stuck
        for _ in range(5):
            caller.ask(deadline_s=2.0)
        await until(lambda: caller.numbers.overdue == 5)
        assert caller.numbers.retried == LIMITS.retries_saved
        assert caller.replies == []
        assert caller.pump.is_idle


async def test_an_input_that_was_lost_is_not_sent_again_and_its_fate_is_unknown() -> None:
    async with calling() as (carrier, node, caller):
        carrier.loses = losing(1, Submit)
        caller.send()
        await until(lambda: caller.refusals)
        assert [type(error) for error in caller.refusals] == [FateUnknownError]
        assert (node.world.released, caller.releases) == ([], 0)
        assert caller.pump.callee.in_flight == 0


async def test_what_comes_after_its_deadline_is_dropped_and_the_caller_is_told() -> None:
    async with calling() as (carrier, node, caller):
        kept: list[bytes] = []

        def holds(subject: str, body: bytes) -> bool:
            if not stuck(subject, body):
                return False
            kept.append(body)
            return True

        carrier.loses = holds
        caller.send(deadline_s=0.4)
        caller.ask(deadline_s=0.4)
        await until(lambda: caller.numbers.overdue == 2)
        carrier.loses = keep
        for body in kept:
            await carrier.send("node", body)
        await until(lambda: caller.numbers.dropped >= 2)
        assert node.world.released == [], "the input has no effect"
        assert (caller.replies, caller.releases) == ([], 0)
        # What is in time is taken, and what has no deadline always is.
        caller.send(deadline_s=10.0)
        caller.send(deadline_s=None)
        await until(lambda: caller.releases == 2)


async def test_a_call_the_callee_dropped_before_the_caller_gave_up_was_certainly_not_taken() -> (
    None
):
    async with calling() as (_, node, caller):
        # As from a caller that believes the node's clock to be an hour behind.
        caller.pump._ahead_s -= 3_600.0
        caller.send(deadline_s=10.0)
        await until(lambda: caller.refusals)
        assert [type(error) for error in caller.refusals] == [OverloadedError]
        assert node.world.released == []


async def test_the_breaker_opens_towards_a_stuck_node_and_closes_when_it_answers() -> None:
    async with calling() as (carrier, _, caller):
        carrier.loses = stuck
        for _ in range(LIMITS.failures_max):
            caller.send()
        await until(lambda: len(caller.refusals) == LIMITS.failures_max)
        assert caller.pump.is_live, "its beats are heard all the same"
        assert caller.pump.callee.state is BreakerState.OPEN
        with pytest.raises(OverloadedError) as refused:
            caller.send()
        assert 0 < refused.value.retry_after_ms <= LIMITS.pause_s * 1_000 + 1
        with pytest.raises(PumpStoppedError):
            caller.ask()
        assert caller.numbers.open == 2
        carrier.loses = keep
        await until(lambda: caller.pump.callee.state is BreakerState.HALF_OPEN)
        caller.send(deadline_s=5.0)
        with pytest.raises(OverloadedError):
            caller.send()
        await until(lambda: caller.releases == 1)
        assert caller.pump.callee.takes_calls
        caller.send(deadline_s=5.0)
        await until(lambda: caller.releases == 2)


async def test_no_more_calls_are_under_way_than_may_be_and_cancels_have_room() -> None:
    async with calling() as (carrier, _, caller):
        carrier.loses = stuck
        for _ in range(LIMITS.in_flight_max // 2):
            caller.send(deadline_s=None)
            caller.ask(deadline_s=None)
        with pytest.raises(OverloadedError):
            caller.send()
        with pytest.raises(PumpStoppedError):
            caller.ask()
        for _ in range(LIMITS.in_flight_max // 4):
            caller.send(headroom=True)
        with pytest.raises(OverloadedError):
            caller.send(headroom=True)
        assert caller.numbers.full == 3
        # What had a deadline makes room when that has passed.
        await until(lambda: caller.refusals)
        assert caller.pump.callee.in_flight == LIMITS.in_flight_max


def test_what_older_builds_say_has_no_deadline() -> None:
    now = Submit("door", 1, "a", "t", has_headroom=False, body=b"x")
    assert now.due_s == 0.0
    assert isinstance(heard_by_node(asked(now)), Submit)
