"""Deadlines, floods and overload: what is not done is said so, and nothing is lost in silence."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.house import Answered, House

from itg.gateway.buckets import Buckets
from itg.gateway.settings import GatewaySettings
from itg.gateway.waiting import RoomFullError, WaitingRoom
from itg.runtime.journal import Header, MemoryJournal, SealedBatch


class SlowDisk(MemoryJournal):
    """A memory journal whose medium can stop."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = threading.Event()
        self.runs.set()
        self.open(Header(code_fingerprint="", numeric_fingerprint=""))

    def append(self, batch: SealedBatch) -> None:
        assert self.runs.wait(30)
        super().append(batch)


@pytest_asyncio.fixture
async def slow() -> AsyncIterator[tuple[House, SlowDisk]]:
    disk = SlowDisk()
    settings = GatewaySettings(order_deadline_s=0.3, cancel_deadline_s=0.2, waiting_max=3)
    async with House(journal=disk, settings=settings) as house:
        yield house, disk
        disk.runs.set()


async def test_a_stopped_disk_gives_504_and_the_outcome_can_be_asked_later(
    slow: tuple[House, SlowDisk],
) -> None:
    house, disk = slow
    team = await house.register("alpha")
    await house.open_market()
    disk.runs.clear()
    late = await team.place("buy", 1, 1.0, client_order_id="late")
    assert (late.status, late.json["code"]) == (504, "PROCESSING_TIMEOUT")
    assert late.headers["x-request-id"] == late.json["request_id"]
    read = await team.call("GET", "/exchange/orders")
    assert (read.status, read.json["code"]) == (504, "PROCESSING_TIMEOUT")
    disk.runs.set()
    await house.gateway.settled()
    outcome = await team.call("GET", "/exchange/orders/by-client-id/late")
    assert (outcome.status, outcome.json["status"]) == (200, "working")


async def test_beyond_the_bound_requests_are_refused_and_cancels_have_room(
    slow: tuple[House, SlowDisk],
) -> None:
    house, disk = slow
    team = await house.register("alpha")
    await house.open_market()
    disk.runs.clear()
    answers = await asyncio.gather(*(team.place("buy", 1, 1.0) for _ in range(6)))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [503, 503, 503, 504, 504, 504]
    refused = next(answer for answer in answers if answer.status == 503)
    assert refused.json["code"] == "SERVICE_UNAVAILABLE"
    assert int(refused.headers["retry-after"]) >= 1
    disk.runs.set()
    await house.gateway.settled()
    # The three that were taken took effect; the three that were refused did not.
    assert len((await team.call("GET", "/exchange/orders")).json["items"]) == 3


async def test_a_flood_of_queries_is_429_and_other_teams_do_not_notice() -> None:
    async with House(settings=GatewaySettings(queries_per_s=5)) as house:
        flooding, other = await house.register("flood"), await house.register("other")
        answers = [await flooding.call("GET", "/positions/me") for _ in range(20)]
        refused = [answer for answer in answers if answer.status == 429]
        assert refused
        assert refused[0].json["code"] == "RATE_LIMIT_EXCEEDED"
        assert refused[0].json["retry_after_ms"] > 0
        assert int(refused[0].headers["retry-after"]) >= 1
        assert refused[0].headers["ratelimit"].startswith('"rate";r=0;t=')
        assert refused[0].headers["ratelimit-policy"] == '"rate";q=5;w=1'
        assert refused[0].json["limit"] == 5
        assert (await other.call("GET", "/positions/me")).status == 200


async def test_each_key_without_a_team_has_a_teams_queries_and_an_organizers_any() -> None:
    async with House("demo") as house:
        team = await house.register("alpha", "hedge_fund")
        await house.call("POST", "/admin/rounds/1/start", key="itg_admin")
        answers = [await team.place("buy", 1, 1.0) for _ in range(60)]
        by_rule = [a for a in answers if a.status == 429 and "more than" not in a.json["detail"]]
        by_door = [a for a in answers if a.status == 429 and "more than" in a.json["detail"]]
        assert by_rule
        assert by_rule[0].json["retry_after_ms"] > 0
        limits = (await team.call("GET", "/exchange/limits")).json["budgets"]
        assert {row["kind"] for row in limits} >= {"orders", "cancels", "queries"}
        # 4 × the role's 5 orders a second × the demo's speed: 60 at once pass the door.
        assert not by_door
        for _ in range(80):
            assert (await team.call("DELETE", "/exchange/orders")).status == 200


async def test_an_address_with_many_bad_keys_must_wait_and_a_good_key_still_works() -> None:
    settings = GatewaySettings(failed_keys_burst=3)
    async with House(settings=settings) as house:
        team = await house.register("alpha")
        statuses = [
            (await house.call("GET", "/positions/me", key=f"bad{n}")).status for n in range(6)
        ]
        assert statuses[:3] == [401, 401, 401]
        assert 429 in statuses
        assert (await team.call("GET", "/positions/me")).status == 200


async def test_a_waiting_room_calls_the_late_and_frees_the_seats_of_the_rest() -> None:
    room = WaitingRoom(4)
    called: list[str] = []
    late = asyncio.Event()

    def call_short() -> None:
        called.append("short")
        late.set()

    short = room.enter(0.01, call_short, headroom=False)
    long = room.enter(10.0, lambda: called.append("long"), headroom=False)
    gone = room.enter(0.01, lambda: called.append("gone"), headroom=False)
    assert room.leave(gone)
    assert not room.leave(gone)
    await asyncio.wait_for(late.wait(), 5)
    assert called == ["short"]
    assert not room.leave(short)
    assert room.leave(long)
    room.close()


async def test_a_waiting_room_keeps_a_quarter_more_for_cancels() -> None:
    room = WaitingRoom(4)
    for _ in range(4):
        room.enter(10.0, lambda: None, headroom=False)
    with pytest.raises(RoomFullError):
        room.enter(10.0, lambda: None, headroom=False)
    room.enter(10.0, lambda: None, headroom=True)
    with pytest.raises(RoomFullError):
        room.enter(10.0, lambda: None, headroom=True)
    room.close()


async def test_an_act_that_reads_back_what_it_did_needs_no_room_of_its_own() -> None:
    disk = SlowDisk()
    settings = GatewaySettings(waiting_max=4)
    async with House(journal=disk, settings=settings) as house:
        team = await house.register("alpha")
        await house.open_market()
        disk.runs.clear()
        # The act is first in line, and the room is full, headroom included, when its turn comes.
        calls = [team.call("POST", "/exchange/kill-switch", {"is_active": True})]
        calls += [team.place("buy", 1, 1.0) for _ in range(3)]
        calls += [team.call("DELETE", "/exchange/orders")]
        tasks: list[asyncio.Task[Answered]] = []
        for call in calls:
            tasks.append(asyncio.create_task(call))
            while len(house.gateway.waiting) < len(tasks):
                await house.call("GET", "/health/live")
        disk.runs.set()
        answers = await asyncio.gather(*tasks)
        assert house.pump.failure is None
        assert (answers[0].status, answers[0].json["is_active"]) == (200, True)
        assert answers[4].status == 200


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.lists(st.floats(0, 0.5), min_size=1, max_size=60),
)
def test_a_bucket_never_gives_more_than_its_burst_and_its_rate(
    per_s: int, burst: int, waits: list[float]
) -> None:
    now = 100.0
    buckets = Buckets[str](per_s, burst, lambda: now)
    taken = 0
    for wait in waits:
        now += wait
        refused = buckets.take("a")
        taken += refused is None
        assert taken <= burst + (now - 100.0) * per_s + 1e-6
        if refused is not None:
            now += refused / 1_000
            assert buckets.take("a") is None, "after the wait there is a token"
            taken += 1
    assert 0 <= buckets.remaining("a") <= burst
