"""What a team and a researcher may take away from a round that is over, and what they may not."""

import asyncio
import csv
import sys
from io import BytesIO, StringIO
from zipfile import ZipFile

import msgspec
import polars as pl
import pytest
from tests.gateway.house import ADMIN_KEY, House, Json, Team
from tests.gateway.informed import LEAD_S, WARNED, InformedHouse

from itg.gateway.settings import GatewaySettings
from itg.positions.contract import PrivateEvent

LOG = "/game/rounds/1/log"
EXPORT = "/game/rounds/1/export"
BLOTTER = "/game/rounds/1/blotter"


async def ended(house: House) -> tuple[Team, Team]:
    """Play a round of two teams that trade once."""
    alpha = await house.register("Tulip Traders", WARNED)
    beta = await house.register("Vega Bonds")
    await house.open_market()
    await alpha.place("sell", 3, 10.0, client_order_id="tulip-1", tag="tulips")
    await beta.place("buy", 2, 10.0)
    await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
    return alpha, beta


def lines(body: bytes) -> list[Json]:
    return [msgspec.json.decode(line) for line in body.splitlines()]


async def research_key(house: House) -> str:
    body = {"key_name": "analyst", "reason": "study"}
    return str((await house.call("POST", "/admin/keys", body, key=ADMIN_KEY)).json["api_key"])


async def test_a_team_gets_every_private_event_of_the_round_in_order() -> None:
    async with House() as house:
        alpha, beta = await ended(house)
        for team in (alpha, beta):
            answer = await team.call("GET", LOG)
            assert (answer.status, answer.headers["content-type"]) == (200, "application/jsonl")
            told = [line for line in lines(answer.body) if line["channel"] == "private"]
            events = [
                output
                for record in house.records
                for output in record.outputs
                if isinstance(output, PrivateEvent) and output.account_id == team.team_id
            ]
            assert [line["seq"] for line in told] == [event.private_seq for event in events]
            assert {"order.accepted", "fill", "position"} <= {line["type"] for line in told}
            assert [line["game_us"] for line in told] == sorted(line["game_us"] for line in told)


async def test_a_log_is_what_the_socket_pushed() -> None:
    async with House() as house:
        alpha = await house.register("Tulip Traders")
        await house.open_market()
        async with alpha.socket("private") as socket:
            await alpha.place("sell", 3, 10.0)
            pushed = await socket.push("private", "order.accepted")
        await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
        (told,) = (
            line
            for line in lines((await alpha.call("GET", LOG)).body)
            if line["type"] == "order.accepted"
        )
        for name in ("seq", "ts_us", "game_us", "channel", "data"):
            assert told[name] == pushed[name], name


async def test_a_log_has_the_signals_of_the_teams_role() -> None:
    async with InformedHouse() as house:
        warned = await house.register("Tulip Traders", WARNED)
        other = await house.register("Vega Bonds")
        await house.open_market()
        async with warned.socket("signals") as socket:
            await house.trigger(effective_in_s=LEAD_S + 2)
            await socket.push("signals", "volatility")
        await house.organize("POST", "/admin/rounds/1/end")
        told = [line["channel"] for line in lines((await warned.call("GET", LOG)).body)]
        assert told.count("signals") == 1
        assert b"signals" not in (await other.call("GET", LOG)).body


async def test_another_teams_log_is_not_found_and_the_organizer_reads_any() -> None:
    async with House() as house:
        alpha, beta = await ended(house)
        own = await alpha.call("GET", LOG)
        assert own.body == (await alpha.call("GET", f"{LOG}?team_id=me")).body
        for team_id in (beta.team_id, "t99"):
            answer = await alpha.call("GET", f"{LOG}?team_id={team_id}")
            assert (answer.status, answer.json["code"]) == (404, "TEAM_NOT_FOUND")
        key = await research_key(house)
        answer = await house.call("GET", f"{LOG}?team_id={alpha.team_id}", key=key)
        assert (answer.status, answer.json["code"]) == (404, "TEAM_NOT_FOUND")
        read = await house.call("GET", f"{LOG}?team_id={alpha.team_id}", key=ADMIN_KEY)
        assert read.body == own.body
        nobody = await house.call("GET", LOG, key=ADMIN_KEY)
        assert nobody.json["code"] == "TEAM_KEY_NEEDED"


async def test_a_log_names_no_other_team() -> None:
    async with House() as house:
        alpha, beta = await ended(house)
        body = (await alpha.call("GET", LOG)).body.decode()
        assert "Vega" not in body
        assert f'"{beta.team_id}"' not in body


async def test_no_log_before_the_round_has_ended() -> None:
    async with House() as house:
        alpha = await house.register("Tulip Traders")
        await house.open_market()
        answer = await alpha.call("GET", LOG)
        assert (answer.status, answer.json["code"]) == (409, "ROUND_WRONG_STATUS")
        missing = await alpha.call("GET", "/game/rounds/7/log")
        assert (missing.status, missing.json["code"]) == (404, "ROUND_NOT_FOUND")


async def test_all_teams_get_their_logs_at_once() -> None:
    async with House() as house:
        teams = [await house.register(f"Team number {n}") for n in range(40)]
        await house.open_market()
        for team in teams:
            await team.place("buy", 1, 1.0)
        await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
        answers = await asyncio.gather(*(team.call("GET", LOG) for team in teams))
        assert [answer.status for answer in answers] == [200] * 40
        assert len({answer.body for answer in answers}) == 40
        for team, answer in zip(teams, answers, strict=True):
            assert f"-{team.team_id}.jsonl" in answer.headers["content-disposition"]


async def test_names_stand_in_exports_once_the_organizer_has_revealed_them() -> None:
    async with House() as house:
        alpha, beta = await ended(house)
        key = await research_key(house)
        for what in ("orders", "quotes", "trades", "positions", "pnl", "corrections", "news"):
            answer = await house.call("GET", f"{EXPORT}?what={what}", key=key)
            text = answer.body.decode()
            assert answer.status == 200
            assert not any(word in text for word in ("Tulip", "tulip", "Vega"))
            cells = {cell for line in csv.reader(StringIO(text)) for cell in line}
            assert cells.isdisjoint({alpha.team_id, beta.team_id})
        path = "/admin/rounds/1/reveal?reason=awards"
        refused = await alpha.call("POST", path)
        assert refused.json["code"] == "SCOPE_MISSING"
        revealed = await house.call("POST", path, key=ADMIN_KEY)
        assert (revealed.status, revealed.json["is_revealed"]) == (200, True)
        answer = await house.call("GET", f"{EXPORT}?what=trades", key=key)
        (row,) = csv.DictReader(StringIO(answer.body.decode()))
        assert (row["maker"], row["taker"]) == ("Tulip Traders", "Vega Bonds")
        trail = (await house.call("GET", "/admin/audit", key=ADMIN_KEY)).json["items"]
        (act,) = (entry for entry in trail if entry["act"] == "round.reveal")
        assert (act["subject"], act["reason"]) == ("1", "awards")
        again = await house.call("POST", path, key=ADMIN_KEY)
        assert (again.status, again.json["code"]) == (409, "ROUND_WRONG_STATUS")


async def test_a_running_round_is_not_revealed() -> None:
    async with House() as house:
        await house.open_market()
        answer = await house.call("POST", "/admin/rounds/1/reveal", key=ADMIN_KEY)
        assert (answer.status, answer.json["code"]) == (409, "ROUND_WRONG_STATUS")


async def test_order_books_are_exported_as_pairs_and_nothing_else_is() -> None:
    async with House() as house:
        await ended(house)
        key = await research_key(house)
        answer = await house.call("GET", f"{EXPORT}?what=orders&format=lobster", key=key)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/zip")
        with ZipFile(BytesIO(answer.body)) as archive:
            names = archive.namelist()
            messages = archive.read(names[0]).decode().splitlines()
            books = archive.read(names[1]).decode().splitlines()
        assert [name.rpartition("-")[2] for name in names] == ["message.csv", "10.csv"]
        assert [line.split(",")[1] for line in messages] == ["1", "4", "3"]
        assert len(books) == 3
        wrong = await house.call("GET", f"{EXPORT}?what=trades&format=lobster", key=key)
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (400, "/format")


async def test_the_key_of_bundles_is_public() -> None:
    async with House(settings=GatewaySettings(bundle_key="ab" * 32)) as house:
        answer = await house.call("GET", "/game/bundle-key")
        assert answer.json == {"algorithm": "Ed25519", "public_key": "ab" * 32}
    async with House() as house:
        assert (await house.call("GET", "/game/bundle-key")).json["public_key"] is None


async def test_a_team_takes_its_own_orders_and_fills_as_tables() -> None:
    async with House() as house:
        alpha, beta = await ended(house)
        for team, filled in ((alpha, "2"), (beta, "2")):
            texts = {}
            for what in ("orders", "fills"):
                answer = await team.call("GET", f"{BLOTTER}?what={what}")
                assert (answer.status, answer.headers["content-type"]) == (200, "text/csv")
                name = f"round-1-{team.team_id}-{what}.csv"
                assert name in answer.headers["content-disposition"]
                texts[what] = list(csv.DictReader(StringIO(answer.body.decode())))
                packed = await team.call("GET", f"{BLOTTER}?what={what}&format=parquet")
                frame = pl.read_parquet(BytesIO(packed.body))
                assert frame.columns == list(texts[what][0])
                assert frame.height == len(texts[what])
            (order,), (fill,) = texts["orders"], texts["fills"]
            assert (order["order_id"], order["filled_quantity"]) == (fill["order_id"], filled)
            own = (await team.call("GET", "/exchange/fills")).json["items"]
            assert [(int(fill["trade_id"]), float(fill["fee"]))] == [
                (one["trade_id"], one["fee"]) for one in own
            ]


async def test_a_teams_tables_are_its_own_and_the_organizers() -> None:
    async with House() as house:
        alpha, beta = await ended(house)
        asked = f"{BLOTTER}?what=fills&team_id={alpha.team_id}"
        assert (await beta.call("GET", asked)).json["code"] == "TEAM_NOT_FOUND"
        read = await house.call("GET", asked, key=ADMIN_KEY)
        assert read.body == (await alpha.call("GET", f"{BLOTTER}?what=fills")).body


async def test_without_the_library_tables_are_csv_and_the_server_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with House() as house:
        alpha, _ = await ended(house)
        formats = await alpha.call("GET", "/game/table-formats")
        assert formats.json["formats"] == ["csv", "parquet"]
        monkeypatch.setitem(sys.modules, "polars", None)
        formats = await alpha.call("GET", "/game/table-formats")
        assert formats.json["formats"] == ["csv"]
        refused = await alpha.call("GET", f"{BLOTTER}?what=orders&format=parquet")
        assert (refused.status, refused.json["code"]) == (501, "EXPORT_UNAVAILABLE")
        assert "analytics" in refused.json["detail"]
        assert (await alpha.call("GET", f"{BLOTTER}?what=orders")).status == 200
