"""A round told again is what its viewer saw, from any point of it."""

from itertools import pairwise

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from tests.dice import Dice
from tests.gateway.house import ADMIN_KEY, House, Json, Team
from tests.gateway.informed import LEAD_S, WARNED, InformedHouse

from itg.game.asking import SETUP
from itg.game.contract import CreateGame
from itg.kernel.ids import TeamId
from itg.kernel.money import Cash
from itg.positions.contract import ConfigurePositions, PrivateEvent
from itg.translate.account import private_push
from itg.translate.replay_state import OwnState
from itg.translate.round_replay import (
    CONTENTS,
    RoundReplay,
    chunk_name,
    own_chunk_name,
    stretch_of,
)

OVER = {"filled", "canceled", "expired"}
REPLAY = "/game/rounds/1/replay"


async def contents(team: Team, query: str = "") -> Json:
    answer = await team.call("GET", REPLAY + query)
    assert answer.status == 200, answer.json
    return answer.json


async def chunks(team: Team) -> list[Json]:
    told = await contents(team)
    return [(await team.call("GET", f"{REPLAY}/{n}")).json for n in range(len(told["chunks"]))]


def frames(steps: list[Json], channel: str) -> list[Json]:
    return [each for step in steps for each in step["frames"] if each["channel"] == channel]


async def traded(house: House) -> tuple[Team, Team]:
    alpha = await house.register("Tulip Traders", WARNED)
    beta = await house.register("Vega Bonds")
    await house.open_market()
    await alpha.place("sell", 3, 10.0, client_order_id="tulip-1")
    await beta.place("buy", 2, 10.0)
    return alpha, beta


async def end(house: House) -> None:
    await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)


async def test_the_timeline_tells_a_fill_at_its_whole_price() -> None:
    async with House() as house:
        alpha, beta = await house.register("Tulip Traders", WARNED), await house.register("Beta")
        await house.open_market()
        await alpha.place("sell", 1, 12_345.67)
        await beta.place("buy", 1, 12_345.67)
        await end(house)
        told = await contents(beta)
    fill = next(m["text"] for m in told["markers"] if m["kind"] == "fill")
    assert fill.endswith(" at 12345.67")


async def test_a_replay_tells_a_book_as_the_socket_did() -> None:
    async with House() as house:
        alpha, beta = await traded(house)
        instrument = (await alpha.call("GET", "/exchange/orders?status=all")).json["items"][0][
            "instrument_id"
        ]
        async with alpha.socket(f"book.{instrument}.raw") as socket:
            await beta.place("buy", 4, 9.0)
            live = await socket.push(f"book.{instrument}.raw", "delta")
        await end(house)
        (chunk,) = await chunks(alpha)
        told = frames(chunk["steps"], f"book.{instrument}")
        levels = [[price, quantity] for price, quantity, _ in live["data"]["bids"]]
        assert levels in [each["data"]["bids"] for each in told if each["type"] == "delta"]
        assert [each["data"]["price"] for each in frames(chunk["steps"], "trades.*")] == [10.0]


async def test_own_steps_are_the_private_stream_and_no_other_team_s() -> None:
    async with House() as house:
        alpha, beta = await traded(house)
        await end(house)
        (mine,) = await chunks(alpha)
        (theirs,) = await chunks(beta)
        assert mine["steps"] == theirs["steps"]
        own = frames(mine["own"]["steps"], "private")
        assert {"order.accepted", "fill", "position"} <= {each["type"] for each in own}
        fill = next(each for each in own if each["type"] == "fill")
        assert (fill["data"]["side"], fill["data"]["last_quantity"]) == ("sell", 2)
        assert b"tulip-1" not in msgspec.json.encode(theirs)
        assert mine["own"]["snapshot"]["team_id"] == alpha.team_id


async def test_an_own_step_names_its_command_and_another_s_is_not_told() -> None:
    async with House() as house:
        alpha, beta = await traded(house)
        await end(house)
        (mine,) = await chunks(alpha)
        (theirs,) = await chunks(beta)
        placed = next(s for s in mine["own"]["steps"] if s.get("cause", {}).get("by") == "own")
        assert placed["cause"]["client_order_id"] == "tulip-1"
        same = [step for step in theirs["steps"] if step["seq"] == placed["seq"]]
        assert [step["cause"] for step in same] == [None]


async def test_the_timeline_has_phases_and_own_fills() -> None:
    async with House() as house:
        alpha, _ = await traded(house)
        await end(house)
        told = await contents(alpha)
        kinds = [marker["kind"] for marker in told["markers"]]
        assert "phase" in kinds
        assert next(m["text"] for m in told["markers"] if m["kind"] == "fill").startswith("sold 2")
        assert [m["seq"] for m in told["markers"]] == sorted(m["seq"] for m in told["markers"])
        assert told["team_id"] == alpha.team_id
        assert all(a["to_seq"] < b["from_seq"] for a, b in pairwise(told["chunks"]))


async def test_a_signal_is_in_its_role_s_replay_alone() -> None:
    async with InformedHouse() as house:
        warned = await house.register("Tulip Traders", WARNED)
        other = await house.register("Vega Bonds")
        await house.open_market()
        async with warned.socket("signals") as socket:
            await house.trigger(effective_in_s=LEAD_S + 2)
            await socket.push("signals", "volatility")
        await house.organize("POST", "/admin/rounds/1/end")
        told = [frames(chunk["own"]["steps"], "signals") for chunk in await chunks(warned)]
        assert sum(map(len, told)) == 1
        assert not any(frames(chunk["own"]["steps"], "signals") for chunk in await chunks(other))


async def test_whose_replay_it_is_is_asked_as_everywhere() -> None:
    async with House() as house:
        alpha, beta = await traded(house)
        early = await alpha.call("GET", REPLAY)
        assert (early.status, early.json["code"]) == (409, "ROUND_WRONG_STATUS")
        await end(house)
        for team_id in (beta.team_id, "t99"):
            for path in (REPLAY, f"{REPLAY}/0"):
                answer = await alpha.call("GET", f"{path}?team_id={team_id}")
                assert (answer.status, answer.json["code"]) == (404, "TEAM_NOT_FOUND")
        own = await alpha.call("GET", f"{REPLAY}/0")
        read = await house.call("GET", f"{REPLAY}/0?team_id={alpha.team_id}", key=ADMIN_KEY)
        assert read.body == own.body
        public = await house.call("GET", f"{REPLAY}/0", key=ADMIN_KEY)
        assert public.json["own"] is None
        assert public.json["steps"] == own.json["steps"]
        beyond = await alpha.call("GET", f"{REPLAY}/77")
        assert (beyond.status, beyond.json["code"]) == (404, "CHUNK_NOT_FOUND")


async def test_each_keyframe_is_what_the_chunk_before_it_led_to() -> None:
    dice = Dice(7)
    async with House() as house:
        teams = await traded(house)
        for _ in range(60):
            price = 10 + dice.randrange(-4, 5) / 2
            await dice.choice(teams).place(
                dice.choice(["buy", "sell"]), 1 + dice.randrange(9), price
            )
        await end(house)
        journal, codec = house.gateway.pump.journal, house.gateway.pump.codec
        stretch = stretch_of(journal, codec, 1)
        assert stretch is not None
        kept: dict[str, bytes] = {}
        RoundReplay(1, stretch, kept.__setitem__, steps_max=7).read(journal, codec)
        count = len(msgspec.json.decode(kept[CONTENTS])["chunks"])
        for team in teams:
            account_id = house.gateway.directory.account_of(TeamId(team.team_id))
            assert account_id is not None
            told = [
                {
                    **msgspec.json.decode(kept[chunk_name(n)]),
                    "own": msgspec.json.decode(kept[own_chunk_name(n, account_id)]),
                }
                for n in range(count)
            ]
            assert len(told) > 5
            for before, after in pairwise(told):
                assert books(before) == books({**after, "steps": []})
                assert working(before["own"]) == working({**after["own"], "steps": []})


async def test_an_own_snapshot_is_what_the_socket_would_have_shown() -> None:
    async with House(amend=richer) as house:
        maker, taker = await house.register("maker"), await house.register("taker")
        cash = (await maker.call("GET", "/positions/me")).json["cash"]
        await house.open_market()
        one, other = house.instruments[-2:]
        quotes = [quote(one, 10.0, 11.0), quote(other, 10.0, 10.5), quote("SPX", 4_390.0, 4_400.0)]
        for asked in (quotes, quotes[:2]):  # the third is pulled again
            answer = await maker.call("PUT", "/exchange/quotes", {"quotes": asked})
            assert len(answer.json["quotes"]) == len(asked)
        await maker.place("sell", 3, 10.4)
        for name, quantity in ((one, 4), (other, 12)):  # part of a quote's side, and all of one
            await taker.place("sell", quantity, 10.0, instrument_id=name, time_in_force="ioc")
        await taker.place("buy", 2, 10.4)
        path, given = f"/admin/teams/{maker.team_id}/adjust", {"cash": 1_000.5, "reason": "a slip"}
        assert (await house.call("POST", path, given, key=ADMIN_KEY)).status == 200
        async with maker.socket("private") as socket:
            live = await socket.push("private", "snapshot")
        await end(house)
        (chunk,) = await chunks(maker)
        assert chunk["own"]["snapshot"]["cash"] == cash == 5_000.0
        own = OwnState(maker.team_id, cash)
        events = [o for r in house.records for o in r.outputs if isinstance(o, PrivateEvent)]
        for event in events:
            if event.account_id == maker.team_id and event.private_seq <= live["seq"]:
                own.fold(private_push(event)[1])
    told = msgspec.json.decode(msgspec.json.encode(own.snapshot()))
    assert len(told["orders"]) == 1
    assert {q["instrument_id"]: (q["bid_quantity"], q["ask_quantity"]) for q in told["quotes"]} == {
        one: (8, 12), other: (0, 12)
    }  # fmt: skip
    assert told == live["data"]


async def test_a_keyframe_has_the_trades_as_they_counted_there() -> None:
    async with House() as house:
        maker, taker = await house.register("maker"), await house.register("taker")
        await house.open_market()
        await maker.place("sell", 3, 10.0)
        for _ in range(3):
            await taker.place("buy", 1, 10.0)
        for trade_id, body in ((1, {}), (2, {"price": 10.5})):
            path, given = f"/admin/trades/{trade_id}/bust", {"reason": "a slip", **body}
            assert (await house.call("POST", path, given, key=ADMIN_KEY)).status == 200
        await end(house)
        journal, codec = house.gateway.pump.journal, house.gateway.pump.codec
        stretch = stretch_of(journal, codec, 1)
        assert stretch is not None
        kept: dict[str, bytes] = {}
        RoundReplay(1, stretch, kept.__setitem__, steps_max=1).read(journal, codec)
    count = len(msgspec.json.decode(kept[CONTENTS])["chunks"])
    whole = [msgspec.json.decode(kept[chunk_name(n)])["keyframe"]["trades"] for n in range(count)]
    told = [[(trade["trade_id"], trade["price"]) for trade in trades] for trades in whole]
    assert [(1, 10.0), (2, 10.0), (3, 10.0)] in told
    assert told[-1] == [(2, 10.5), (3, 10.0)]


def richer(create: CreateGame) -> CreateGame:
    """Give every role 5,000 USD to begin with."""
    setup = []
    for raw in create.setup:
        ask = SETUP.decode(raw)
        if isinstance(ask, ConfigurePositions):
            roles = tuple(replace(role, starting_cash=Cash(50_000_000)) for role in ask.roles)
            ask = replace(ask, roles=roles)
        setup.append(Raw(msgspec.msgpack.encode(ask)))
    return replace(create, setup=tuple(setup))


def quote(instrument_id: str, bid: float, ask: float) -> Json:
    sides = {"bid": bid, "bid_quantity": 12, "ask": ask, "ask_quantity": 12}
    return {"instrument_id": instrument_id, **sides}


def books(chunk: Json) -> dict[tuple[str, str], dict[float, int]]:
    """Return every side's levels after a chunk, from its keyframe and its frames."""
    sides: dict[tuple[str, str], dict[float, int]] = {}
    whole = chunk["keyframe"]["books"]
    told = [
        frame["data"]
        for step in chunk["steps"]
        for frame in step["frames"]
        if frame["channel"].startswith("book.")
    ]
    for book in (*whole, *told):
        for side in ("bids", "asks"):
            levels = sides.setdefault((book["instrument_id"], side), {})
            levels.update((price, quantity) for price, quantity in book[side])
    kept = {key: {p: q for p, q in levels.items() if q} for key, levels in sides.items()}
    return {key: levels for key, levels in kept.items() if levels}


def working(own: Json) -> dict[int, tuple[int, str]]:
    """Return what is left of each working order after a chunk's own steps."""
    orders = {o["order_id"]: (o["leaves_quantity"], o["status"]) for o in own["snapshot"]["orders"]}
    for frame in frames(own["steps"], "private"):
        data = frame["data"].get("order") or frame["data"]
        if "leaves_quantity" in data:
            orders[data["order_id"]] = (data["leaves_quantity"], data["status"])
    return {number: told for number, told in orders.items() if told[1] not in OVER}
