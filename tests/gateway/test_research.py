"""Research keys: they read, they trade nothing, and export the history of rounds that are over."""

import csv
import sys
from io import BytesIO, StringIO
from pathlib import Path

import polars as pl
import pytest
from tests.gateway.house import ADMIN_KEY, House, socket_of
from tests.gateway.informed import LEAD_S, WARNED, InformedHouse

from itg.compose.lab import LabSettings, play
from itg.market_data.contract import PricesStepped
from itg.runtime.envelope import Record

EXPORT = "/game/rounds/1/export"


async def key_of(house: InformedHouse) -> str:
    issued = await house.organize("POST", "/admin/keys", {"key_name": "analyst", "reason": "study"})
    assert issued.status == 201, issued.body
    assert issued.json["scopes"] == ["read", "research"]
    return str(issued.json["api_key"])


async def test_a_research_key_reads_and_neither_trades_nor_organizes() -> None:
    async with InformedHouse() as house:
        key = await key_of(house)
        assert (await house.call("GET", "/events/table", key=key)).status == 200
        order = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 1.0}
        for path, body in (("/exchange/orders", order), ("/admin/keys", {"key_name": "another"})):
            refused = await house.call("POST", path, body, key=key)
            assert (refused.status, refused.json["code"]) == (403, "SCOPE_MISSING")
        trail = (await house.organize("GET", "/admin/audit")).json["items"]
        assert [(row["act"], row["subject"], row["reason"]) for row in trail] == [
            ("key.issue", "analyst", "study")
        ]
        assert all(key not in repr(record) for record in house.records)


async def test_the_history_of_an_ended_round_is_exported_as_it_was_told() -> None:
    async with InformedHouse() as house:
        key = await key_of(house)
        warned = await house.register("alpha", WARNED)
        await house.open_market()
        await warned.place("sell", 3, 10.0)
        await (await house.register("beta")).place("buy", 2, 10.0)
        async with socket_of(house, ADMIN_KEY, "/events/stream") as socket:
            await house.trigger(effective_in_s=LEAD_S + 2)
            await socket.push("events", "news")
        early = await house.call("GET", f"{EXPORT}?what=signals", key=key)
        assert (early.status, early.json["code"]) == (409, "ROUND_WRONG_STATUS")
        await house.organize("POST", "/admin/rounds/1/end")
        for what, path in (
            ("trades", "/exchange/trades"),
            ("events", "/events"),
            ("signals", "/signals"),
        ):
            told = (await warned.call("GET", path)).json["items"]
            assert told
            answer = await house.call("GET", f"{EXPORT}?what={what}", key=key)
            assert (answer.status, answer.headers["content-type"]) == (200, "text/csv")
            assert f"round-1-{what}.csv" in answer.headers["content-disposition"]
            rows = [*csv.DictReader(StringIO(answer.body.decode()))]
            assert [flat(as_it_was(item)) for item in told] == rows
            binary = await house.call("GET", f"{EXPORT}?what={what}&format=parquet", key=key)
            frame = pl.read_parquet(BytesIO(binary.body))
            assert frame.columns == [*rows[0]]
            assert [flat(row) for row in frame.to_dicts()] == rows


def as_it_was(item: dict[str, object]) -> dict[str, object]:
    """Return a trade of the tape without what became of it since."""
    return {
        name: cell for name, cell in item.items() if name not in {"is_busted", "adjusted_price"}
    }


def flat(item: dict[str, object]) -> dict[str, str]:
    cells: dict[str, object] = {}
    for name, value in item.items():
        parts = value.items() if isinstance(value, dict) else ()
        cells |= {f"{name}_{part}": cell for part, cell in parts} if parts else {name: value}
    return {name: str(cell) for name, cell in cells.items()}


async def test_an_export_of_nothing_is_an_empty_table_and_of_no_round_not_found() -> None:
    async with InformedHouse() as house:
        key = await key_of(house)
        await house.open_market()
        await house.organize("POST", "/admin/rounds/1/end")
        answer = await house.call("GET", f"{EXPORT}?what=prices", key=key)
        assert (answer.status, answer.body) == (200, b"\n")
        missing = await house.call("GET", "/game/rounds/9/export?what=trades", key=key)
        assert (missing.status, missing.json["code"]) == (404, "ROUND_NOT_FOUND")
        wrong = await house.call("GET", f"{EXPORT}?what=secrets", key=key)
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (400, "/what")
        team = await house.register("alpha", WARNED)
        assert (await team.call("GET", f"{EXPORT}?what=trades")).json["code"] == "SCOPE_MISSING"


async def test_parquet_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    async with InformedHouse() as house:
        key = await key_of(house)
        await house.open_market()
        await house.organize("POST", "/admin/rounds/1/end")
        answer = await house.call("GET", f"{EXPORT}?what=trades&format=parquet", key=key)
        assert (answer.status, answer.json["code"]) == (501, "EXPORT_UNAVAILABLE")
        assert "analytics" in answer.json["detail"]


DAY = """
extends = "demo"
title = "A short day"
[session]
pre_open_s = 6
freeze_s = 1
continuous_s = 20
[retail]
pre_open_s = 6
"""
# The jumps of the day are in its prices.
REPLAY = """
[market]
model = "replay"
recording = "path.parquet"
[market.jumps]
mean_per_session = 0
"""
SECONDS = 20
STEPS_PER_S = 4


async def test_a_read_key_takes_a_round_away_and_the_lab_plays_it_again(tmp_path: Path) -> None:
    day = tmp_path / "day.toml"
    day.write_text(DAY, encoding="utf-8")
    async with House(str(day), speed=6.0) as house:
        issue = {"key_name": "analyst", "reason": "study"}
        key = (await house.call("POST", "/admin/keys", issue, key=ADMIN_KEY)).json["api_key"]
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        while (await house.call("GET", "/game/rounds/1", key=ADMIN_KEY)).json["status"] != "ended":
            pass  # the organizer's key: a reader's has a budget
        tables = {}
        for what in ("spots", "trades", "orders", "signals"):
            path = f"{EXPORT}?what={what}&format=parquet"
            answer = await house.call("GET", path, key=key)
            assert answer.status == 200, answer.body
            tables[what] = pl.read_parquet(BytesIO(answer.body)) if answer.body else pl.DataFrame()
        books = await house.call("GET", f"{EXPORT}?what=orders&format=lobster", key=key)
        assert (books.status, books.headers["content-type"]) == (200, "application/zip")
    assert len(tables["trades"]) > 0
    assert len(tables["orders"]) > 0
    leader = tables["spots"].filter(pl.col("underlying_id") == "SPX")
    moving = leader.filter(pl.col("is_moving"))
    start = leader.filter(~pl.col("is_moving")).head(1)
    seconds = pl.concat([start, moving.gather_every(STEPS_PER_S, STEPS_PER_S - 1)]).select("price")
    assert len(seconds) == 1 + SECONDS
    seconds.write_parquet(tmp_path / "path.parquet")
    again = tmp_path / "again.toml"
    again.write_text(DAY + REPLAY, encoding="utf-8")
    told: list[float] = []

    def see(record: Record) -> None:
        told.extend(
            output.prices[0].index_price / 10_000
            for output in record.outputs
            if isinstance(output, PricesStepped) and output.is_moving
        )

    play(LabSettings(scenario=str(again)), see)
    assert len(told) == SECONDS * STEPS_PER_S
    replayed = told[STEPS_PER_S - 1 :: STEPS_PER_S]
    # A recording's row is the price at a second's begin: the last second has no end.
    for price, again_price in zip(seconds["price"][1:-1], replayed[:-1], strict=True):
        assert abs(again_price / price - 1) < 3e-4  # the print has noise of its own
