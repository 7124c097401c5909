"""Signals on the wire: the entitled role hears every one, in order and once; nobody else any."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, House, Team, socket_of
from tests.gateway.informed import LEAD_S, TABLE, WARNED, InformedHouse

from itg.runtime.journal import Header, MemoryJournal

DELAY_S = LEAD_S + 2
UNWARNED = "market_maker"


@pytest_asyncio.fixture
async def house() -> AsyncIterator[InformedHouse]:
    async with InformedHouse() as running:
        await running.open_market()
        yield running


async def warn(house: InformedHouse, count: int = 1) -> None:
    """Let `count` signals be given; return when their news is out."""
    organizer = socket_of(house, ADMIN_KEY, "/events/stream")
    async with organizer as socket:
        for _ in range(count):
            answer = await house.trigger(effective_in_s=DELAY_S)
            assert (answer.status, answer.json["has_signal"]) == (201, True), answer.body
        for _ in range(count):
            await socket.push("events", "news")


async def signals_of(team: Team) -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await team.call("GET", "/signals")).json["items"]
    return items


async def test_the_warned_role_hears_a_forecast_before_its_news(house: InformedHouse) -> None:
    team = await house.register("alpha", WARNED)
    async with team.socket("signals", "events") as socket:
        answer = await house.trigger(effective_in_s=DELAY_S)
        signal = await socket.push("signals", "volatility")
        news = await socket.push("events", "news")
    data = signal["data"]
    assert (signal["seq"], signal["epoch"], data["seq"]) == (1, 1, 1)
    assert data["effective_us"] == answer.json["effective_us"] == news["game_us"]
    assert data["game_us"] == signal["game_us"] <= news["game_us"] - LEAD_S * 1_000_000
    assert (data["type"], data["role"], data["accuracy"]) == ("volatility", WARNED, 0.66)
    assert sum(data["probabilities"].values()) == pytest.approx(1.0, abs=2e-6)
    told = str(data)
    assert TABLE[0].headline not in told
    assert TABLE[0].headline_id not in told
    assert await signals_of(team) == [data]


async def test_every_session_of_the_role_hears_the_same_and_no_other_role_any(
    house: InformedHouse,
) -> None:
    warned = [await house.register(name, WARNED) for name in ("alpha", "beta")]
    other = await house.register("gamma", UNWARNED)
    async with (
        warned[0].socket("signals") as first,
        warned[1].socket("signals") as second,
        other.socket("signals") as deaf,
    ):
        await warn(house)
        heard = await first.push("signals", "volatility")
        assert await second.push("signals", "volatility") == heard
        await deaf.request("ping")
        assert [p["type"] for p in deaf.pushes if p["channel"] == "signals"] == ["snapshot"]
    assert await signals_of(other) == []
    assert (await other.call("GET", f"/signals?role={WARNED}")).json["code"] == "SCOPE_MISSING"


async def test_what_was_missed_comes_by_resuming_each_signal_once(house: InformedHouse) -> None:
    team = await house.register("alpha", WARNED)
    async with team.socket("signals") as socket:
        await warn(house)
        seen = await socket.push("signals", "volatility")
    await warn(house, 3)
    async with team.socket() as socket:
        params = {"channels": ["signals"], "resume": {"signals": {"epoch": 1, "seq": seen["seq"]}}}
        answer = await socket.request("subscribe", params)
        assert answer["result"]["channels"]["signals"] == {"epoch": 1, "seq": 4}
        missed = [await socket.push("signals", "volatility") for _ in range(3)]
        await warn(house)
        live = await socket.push("signals", "volatility")
    assert [frame["seq"] for frame in (*missed, live)] == [2, 3, 4, 5]
    assert [frame["data"] for frame in (seen, *missed, live)] == await signals_of(team)
    assert all(frame["game_us"] == frame["data"]["game_us"] for frame in missed)


@pytest.mark.parametrize("point", [{"epoch": 1, "seq": 99}, {"epoch": 7, "seq": 0}])
async def test_a_position_nobody_can_have_is_answered_with_a_snapshot(
    house: InformedHouse, point: dict[str, int]
) -> None:
    team = await house.register("alpha", WARNED)
    await warn(house)
    async with team.socket() as socket:
        await socket.request("subscribe", {"channels": ["signals"], "resume": {"signals": point}})
        await socket.push("signals", "resume.too_old")
        snapshot = await socket.push("signals", "snapshot")
    assert (snapshot["seq"], snapshot["data"]["signals"]) == (1, await signals_of(team))


async def test_after_a_restart_signals_go_on_counting_and_resume() -> None:
    journal = MemoryJournal.opened()
    async with InformedHouse(journal=journal) as house:
        await house.open_market()
        team = await house.register("alpha", WARNED)
        await warn(house, 2)
        before = await signals_of(team)
    successor = MemoryJournal(journal.store)
    successor.open(Header(code_fingerprint="", numeric_fingerprint=""))
    async with InformedHouse(journal=successor) as again:
        back = Team(again, team.key, team.team_id)
        async with back.socket() as socket:
            params = {"channels": ["signals"], "resume": {"signals": {"epoch": 1, "seq": 1}}}
            await socket.request("subscribe", params)
            missed = await socket.push("signals", "volatility")
        news = (await back.call("GET", "/events")).json["items"]
    assert (missed["seq"], missed["data"]) == (2, before[1])
    assert [item["seq"] for item in news] == [1, 2]


async def test_those_without_a_role_name_one_and_research_waits_for_the_end(
    house: InformedHouse,
) -> None:
    team = await house.register("alpha", WARNED)
    issued = await house.organize("POST", "/admin/keys", {"key_name": "analyst"})
    key = issued.json["api_key"]
    await warn(house)
    items = await signals_of(team)
    path = f"/signals?role={WARNED}"
    assert (await house.organize("GET", path)).json["items"] == items
    assert (await house.call("GET", path, key=key)).json["items"] == []
    nameless = await house.call("GET", "/signals", key=key)
    assert (nameless.status, nameless.json["errors"][0]["pointer"]) == (400, "/role")
    unknown = await house.call("GET", "/signals?role=jester", key=key)
    assert (unknown.status, unknown.json["code"]) == (422, "UNKNOWN_ROLE")
    await house.organize("POST", "/admin/rounds/1/end")
    assert (await house.call("GET", path, key=key)).json["items"] == items
    async with socket_of(house, key, "/signals/stream") as deaf:
        assert (await deaf.push("signals", "snapshot"))["data"] == {"signals": []}


async def test_signals_page_by_seq(house: InformedHouse) -> None:
    team = await house.register("alpha", WARNED)
    await warn(house, 3)
    items = await signals_of(team)
    assert (await team.call("GET", "/signals?since_seq=1")).json["items"] == items[1:]
    page = (await team.call("GET", "/signals?limit=2")).json
    rest = (await team.call("GET", f"/signals?limit=2&cursor={page['next_cursor']}")).json
    assert [*page["items"], *rest["items"]] == items
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("path", ["/prices/stream", "/events/stream", "/v1/signals/stream"])
async def test_a_stream_speaks_to_a_client_that_only_listens(
    house: InformedHouse, path: str
) -> None:
    team = await house.register("alpha", WARNED)
    channel = path.split("/")[-2]
    async with house.http.ws_connect(house.url + path, headers={"X-API-Key": team.key}) as raw:
        frames = [await raw.receive_json(timeout=10) for _ in range(2)]
        assert [(f["channel"], f["type"]) for f in frames] == [
            ("system", "hello"),
            (channel, "snapshot"),
        ]
        await warn(house)
        wanted = {"events": "news", "signals": "volatility", "prices": "heartbeat"}[channel]
        async with asyncio.timeout(10):
            while (await raw.receive_json())["type"] != wanted:
                pass


async def test_where_nobody_is_warned_everybody_may_subscribe_and_hears_nothing() -> None:
    async with House() as bare:
        team = await bare.register("alpha", WARNED)
        async with team.socket("signals") as socket:
            assert (await socket.push("signals", "snapshot"))["data"] == {"signals": []}
        assert (await team.call("GET", "/signals")).json == {"items": [], "next_cursor": None}
