"""News on the wire: everybody hears headlines and chances, the organizer's hand is audited."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import House
from tests.gateway.informed import TABLE, InformedHouse

FED, CALM = (row.headline_id for row in TABLE)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[InformedHouse]:
    async with InformedHouse() as running:
        await running.open_market()
        yield running


async def test_a_triggered_headline_is_heard_by_everybody_and_stays_readable(
    house: InformedHouse,
) -> None:
    team = await house.register("alpha")
    async with team.socket("events") as socket:
        assert (await socket.push("events", "snapshot"))["data"] == {"news": []}
        answer = await house.trigger(reason="a drill")
        push = await socket.push("events", "news")
    assert answer.status == 201, answer.body
    assert answer.json["news_id"] == push["data"]["news_id"]
    assert answer.json["has_signal"] is False
    assert push["data"] | {"game_us": 0} == {
        "seq": 1,
        "news_id": answer.json["news_id"],
        "headline_id": FED,
        "headline": TABLE[0].headline,
        "origin": "organizer",
        "game_us": 0,
    }
    listed = (await team.call("GET", "/events")).json
    assert listed == {"items": [push["data"]], "next_cursor": None}
    assert (push["seq"], push["game_us"]) == (1, push["data"]["game_us"])


async def test_since_seq_and_cursors_page_through_the_headlines(house: InformedHouse) -> None:
    team = await house.register("alpha")
    for _ in range(5):
        assert (await house.trigger(CALM)).status == 201
    everything = (await team.call("GET", "/events")).json["items"]
    assert [item["seq"] for item in everything] == [1, 2, 3, 4, 5]
    assert (await team.call("GET", "/events?since_seq=3")).json["items"] == everything[3:]
    pages, cursor = [], ""
    while cursor is not None:
        page = (await team.call("GET", f"/events?limit=2{cursor and f'&cursor={cursor}'}")).json
        pages.append(len(page["items"]))
        cursor = page["next_cursor"]
    assert pages == [2, 2, 1]


async def test_the_snapshot_holds_the_last_fifty(house: InformedHouse) -> None:
    team = await house.register("alpha")
    items = [{"after_s": 0.0, "headline_id": CALM} for _ in range(60)]
    async with team.socket("events") as socket:
        await house.organize("POST", "/events/replay", {"items": items})
        for _ in range(60):
            await socket.push("events", "news")
    async with team.socket("events") as socket:
        snapshot = await socket.push("events", "snapshot")
    assert [news["seq"] for news in snapshot["data"]["news"]] == [*range(11, 61)]
    assert snapshot["seq"] == 60


async def test_the_table_is_public_with_its_chances_and_arrivals(house: InformedHouse) -> None:
    team = await house.register("alpha")
    table = (await team.call("GET", "/events/table")).json
    assert table["items"][0] == {
        "headline_id": FED,
        "headline": TABLE[0].headline,
        "weight": 1.0,
        "shift": 0.85,
        "jump": 0.6,
        "sign": "either",
        "size_min": 0.01,
        "size_max": 0.03,
    }
    assert table["arrivals"]["gap_min_s"] == 500_000.0
    assert table["arrivals"]["weights"] == [{"start_s": 0, "weight": 1.0}]


async def test_scheduled_news_is_the_organizers_to_read_and_to_withdraw(
    house: InformedHouse,
) -> None:
    at_us = house.clock.game_ns() // 1_000 + 3_600_000_000
    body = {"headline_id": CALM, "effective_us": at_us, "is_shift": True, "jump": -0.02}
    made = await house.organize("POST", "/events/scheduled", body)
    assert made.status == 201, made.body
    assert made.json == {
        "news_id": made.json["news_id"],
        "headline_id": CALM,
        "headline": TABLE[1].headline,
        "effective_us": at_us,
        "origin": "organizer",
        "has_signal": True,
    }
    waiting = (await house.organize("GET", "/events/scheduled")).json["items"]
    assert made.json in waiting
    path = f"/events/scheduled/{made.json['news_id']}"
    withdrawn = await house.organize("DELETE", f"{path}?reason=enough")
    assert (withdrawn.status, withdrawn.json) == (200, {"news_id": made.json["news_id"]})
    assert made.json not in (await house.organize("GET", "/events/scheduled")).json["items"]
    again = await house.organize("DELETE", path)
    assert (again.status, again.json["code"]) == (404, "NEWS_NOT_FOUND")
    trail = (await house.organize("GET", "/admin/audit")).json["items"]
    acts = [(row["act"], row["reason"], row["code"]) for row in trail if "news" in row["act"]]
    assert acts == [
        ("news.announce", "", None),
        ("news.withdraw", "enough", None),
        ("news.withdraw", "", "NEWS_NOT_FOUND"),
    ]


async def test_an_unknown_headline_is_told_the_nearest(house: InformedHouse) -> None:
    answer = await house.trigger("emergency-fed-meting")
    assert (answer.status, answer.json["code"]) == (404, "HEADLINE_NOT_FOUND")
    assert f"'{FED}'" in answer.json["detail"]
    body = {"items": [{"after_s": 0.0, "headline_id": CALM}, {"after_s": 1.0, "headline_id": "x"}]}
    refused = await house.organize("POST", "/events/replay", body)
    assert refused.status == 404
    assert "/items/1/headline_id" in refused.json["detail"]


async def test_a_history_is_replayed_by_id_by_text_and_with_texts_of_its_own(
    house: InformedHouse,
) -> None:
    team = await house.register("alpha")
    items = [
        {"after_s": 0.0, "headline": TABLE[1].headline},
        {"after_s": 1.0, "headline_id": FED, "headline": "Central bank meets", "jump": 0.01},
        {"after_s": 2.0, "headline": "Moon landing"},
    ]
    async with team.socket("events") as socket:
        answer = await house.organize("POST", "/events/replay", {"items": items})
        assert (answer.status, len(answer.json["items"])) == (201, 3), answer.body
        heard = [(await socket.push("events", "news"))["data"] for _ in items]
    assert [(news["headline_id"], news["headline"], news["origin"]) for news in heard] == [
        (CALM, TABLE[1].headline, "replay"),
        (FED, "Central bank meets", "replay"),
        ("unlisted", "Moon landing", "replay"),
    ]
    nameless = await house.organize("POST", "/events/replay", {"items": [{"after_s": 0.0}]})
    assert (nameless.status, nameless.json["errors"][0]["pointer"]) == (400, "/items/0")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/events/trigger"),
        ("GET", "/events/scheduled"),
        ("POST", "/events/scheduled"),
        ("DELETE", "/events/scheduled/1"),
        ("POST", "/events/replay"),
    ],
)
async def test_a_team_moves_no_news(house: InformedHouse, method: str, path: str) -> None:
    team = await house.register("alpha", "hedge_fund")
    answer = await team.call(method, path, {"headline_id": FED} if method == "POST" else None)
    assert (answer.status, answer.json["code"]) == (403, "SCOPE_MISSING")


async def test_news_in_the_past_or_without_a_round_is_refused(house: InformedHouse) -> None:
    late = await house.organize(
        "POST", "/events/scheduled", {"headline_id": FED, "effective_us": 1}
    )
    assert (late.status, late.json["code"]) == (409, "NEWS_WRONG_TIME")
    assert late.json["errors"][0]["pointer"] == "/effective_us"
    await house.organize("POST", "/admin/rounds/1/end")
    assert (await house.trigger()).json["code"] == "NEWS_WRONG_TIME"


async def test_where_no_news_comes_the_lists_are_empty_and_nothing_can_be_announced() -> None:
    async with House() as bare:
        team = await bare.register("alpha")
        assert (await team.call("GET", "/events")).json == {"items": [], "next_cursor": None}
        table = (await team.call("GET", "/events/table")).json
        assert table == {"items": [], "arrivals": None}
        async with team.socket("events") as socket:
            assert (await socket.push("events", "snapshot"))["data"] == {"news": []}
