"""With a node down, what does not need it goes on; what does is refused or waits, and says so.

One row each of the table in docs/reference/services.md.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from msgspec.structs import replace
from tests.compose.test_relay import FaultyBus
from tests.game.scoring.recorded import classic
from tests.gateway.degrading import (
    assert_unavailable,
    opened,
    quote_in,
    restart,
    stop,
    until_book,
)
from tests.gateway.house import ADMIN_KEY, Answered, House, Team, socket_of
from tests.runtime.carriers import keep
from tests.waiting import until

from itg.adapters.http_server import HttpServer
from itg.compose.relay import Relay
from itg.exchange.contract import TradeExecuted
from itg.game.contract import CreateGame
from itg.gateway import Gateway, build_app
from itg.gateway.settings import GatewaySettings
from itg.gateway.steward import RemoteSteward
from itg.runtime.bus import Bus, BusDownError, BusNumbers
from itg.runtime.envelope import Record
from itg.runtime.journal import MemoryJournal, MemoryStore

pytestmark = pytest.mark.gate


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "topology", "apart")


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def test_without_a_part_of_the_world_all_else_works(house: House) -> None:
    team = await opened(house)
    await stop(house, "news", "signals", "retail")
    taken = await team.place("buy", 5, 11.0, stp="allow")
    assert (taken.status, taken.json["status"]) == (201, "filled")
    for path in ("/positions/me", "/exchange/orders", "/prices", "/game/scores", "/exchange/fills"):
        assert (await team.call("GET", path)).status == 200, path
    book = await team.call("GET", f"/exchange/orderbook/{taken.json['instrument_id']}")
    assert (book.status, book.json["asks"]) == (200, [])
    assert (await house.register("beta")).team_id


async def test_without_market_data_all_trade_and_prices_are_flagged_as_stale() -> None:
    async with House("demo") as house:
        team = await house.register("reader", "hedge_fund")
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        async with team.socket("prices") as socket:
            moving = await socket.push("prices", "prices")
            assert [row["is_stale"] for row in moving["data"]["prices"]] == [False] * len(
                house.gateway.directory.shards
            )
            await stop(house, "market_data")
            async with asyncio.timeout(10):
                while not (await socket.push("prices", "prices"))["data"]["prices"][0]["is_stale"]:
                    pass
        for row in (await team.call("GET", "/prices")).json["items"]:
            assert row["is_stale"]
            one = await team.call("GET", f"/prices/{row['underlying_id']}")
            assert (one.status, one.json) == (200, row)
        async with team.socket("prices") as socket:
            snapshot = await socket.push("prices", "snapshot")
            assert all(row["is_stale"] for row in snapshot["data"]["prices"])
        assert_unavailable(await team.call("GET", "/prices/SPX/history?interval=1m"))
        assert_unavailable(await team.call("GET", "/market/chains/SPX"))
        assert (await team.call("GET", "/exchange/orderbooks?underlying=SPX")).status == 200
        assert (await team.call("GET", "/positions/me")).status == 200
        # Whatever the rules say to it at this hour, somebody who vets orders says it.
        told = await team.place("buy", 1, 0.05)
        assert told.status not in {503, 504}, told.body


SILENT = """
extends = "demo"
[protection]
stale_halt_s = 3
"""


async def test_a_market_that_waits_for_prices_halts_without_them_and_reopens_with_them(
    tmp_path: Path,
) -> None:
    file = tmp_path / "careful.toml"
    file.write_text(SILENT, encoding="utf-8")
    async with House(str(file)) as house:
        team = await house.register("alpha", "market_maker")
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        for phase in ("opening_auction", "continuous"):
            assert (await house.phase(phase)).status == 200
        async with team.socket("prices") as socket:
            await socket.push("prices", "prices")
        await stop(house, "market_data")
        for row in await until_phases(house, "halted"):
            assert [halt["halt_cause"] for halt in row["halts"]] == ["stale_prices"]
        # The last price is what an order is held to; it waits for the auction.
        price = (await team.call("GET", "/prices/SPX")).json["price"]
        far = await team.place("buy", 1, 2 * price, instrument_id="SPX")
        assert far.json.get("code") == "PRICE_OUTSIDE_BAND", far.body
        assert (await team.place("buy", 1, price, instrument_id="SPX")).status == 201
        await restart(house, "market_data")
        await until_phases(house, "continuous")


async def until_phases(house: House, phase: str) -> list[dict[str, Any]]:
    """Read the market's status until each underlying is in this phase."""
    async with asyncio.timeout(20):
        while True:
            rows = (await house.call("GET", "/exchange/status", key=ADMIN_KEY)).json["underlyings"]
            if {row["phase"] for row in rows} == {phase}:
                return cast("list[dict[str, Any]]", rows)


async def test_without_the_game_known_teams_trade_and_nobody_registers(house: House) -> None:
    team = await opened(house)
    unseen = await house.register("beta")
    await stop(house, "game")
    assert (await team.place("buy", 1, 9.0)).status == 201
    late = await house.call(
        "POST", "/game/teams/register", {"team_name": "late", "role": "market_maker"}
    )
    assert_unavailable(late)
    assert_unavailable(await house.call("POST", "/admin/rounds/1/end", {}, key=ADMIN_KEY))
    # Who was never seen here cannot be told from who has no key at all.
    assert_unavailable(await unseen.call("GET", "/positions/me"))


def scored(create: CreateGame) -> CreateGame:
    scoring = replace(classic(), pars=(), round_weights_ppm=())
    return replace(create, rules=replace(create.rules, scoring=scoring))


async def test_without_the_game_scores_are_those_of_before_and_flagged() -> None:
    async with House(amend=scored) as house:
        team = await opened(house)
        fresh = (await team.call("GET", "/game/scores")).json
        own = (await team.call("GET", f"/game/scores/{team.team_id}")).json
        assert not fresh["is_stale"]
        assert not own["is_stale"]
        await stop(house, "game")
        stale = (await team.call("GET", "/game/scores")).json
        assert stale.pop("is_stale")
        assert all(team.pop("is_stale") is False for team in stale["items"] + fresh["items"])
        assert stale == {name: value for name, value in fresh.items() if name != "is_stale"}
        assert (await team.call("GET", f"/game/scores/{team.team_id}")).json["is_stale"]
        await restart(house, "game")
        assert not (await team.call("GET", "/game/scores")).json["is_stale"]


async def test_a_key_is_good_for_so_long_after_the_game_was_heard_of_and_no_longer() -> None:
    settings = GatewaySettings(known_keys_s=3.0, heartbeat_s=0.05)
    async with House(settings=settings) as house:
        team = await opened(house)
        await stop(house, "game")
        assert (await team.call("GET", "/positions/me")).status == 200
        async with asyncio.timeout(10):
            while (await house.call("GET", "/prices", key=ADMIN_KEY)).status == 200:
                pass
        assert_unavailable(await team.call("GET", "/positions/me"))
        assert_unavailable(await team.place("buy", 1, 9.0))
        await restart(house, "game")
        async with asyncio.timeout(10):
            while (await house.call("GET", "/prices", key=ADMIN_KEY)).status == 503:
                pass
        assert (await team.call("GET", "/positions/me")).status == 200


async def test_without_positions_new_orders_are_refused_and_books_are_read(house: House) -> None:
    team = await opened(house)
    await stop(house, "positions")
    assert_unavailable(await team.place("buy", 1, 9.0))
    assert (await team.call("GET", "/positions/me")).status == 503
    book = await team.call("GET", f"/exchange/orderbook/{house.instruments[-1]}")
    assert [level["price"] for level in book.json["asks"]] == [11.0]
    for path in ("/prices", "/exchange/instruments", "/game/scores"):
        assert (await team.call("GET", path)).status == 200, path
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await house.http.ws_connect(house.url + "/ws", headers={"X-API-Key": team.key})


async def test_without_the_exchange_orders_are_refused_at_once_and_history_is_read(
    house: House,
) -> None:
    team = await opened(house)
    await stop(house, "exchange.0")
    order_id = (await team.call("GET", "/exchange/orders")).json["items"][0]["order_id"]
    asks: tuple[Callable[[], Awaitable[Answered]], ...] = (
        lambda: team.place("buy", 1, 9.0),
        lambda: team.place("buy", 1, 9.0, client_order_id="mine"),
        lambda: team.call("PATCH", f"/exchange/orders/{order_id}", {"price": 11.5}),
        lambda: team.call("PATCH", "/exchange/orders/by-client-id/ask", {"price": 11.5}),
        lambda: team.call("DELETE", f"/exchange/orders/{order_id}"),
        lambda: team.call("DELETE", "/exchange/orders/by-client-id/ask"),
        lambda: team.call("PUT", "/exchange/quotes", {"quotes": [quote_in(house)]}),
    )
    for ask in asks:
        began = asyncio.get_running_loop().time()
        assert_unavailable(await ask())
        assert asyncio.get_running_loop().time() - began < GatewaySettings().cancel_deadline_s
    paths = ("/positions/me", "/exchange/fills", "/prices", "/exchange/instruments", "/game/scores")
    for path in paths:
        assert (await team.call("GET", path)).status == 200, path
    read = await team.call("GET", f"/exchange/orders/{order_id}")
    assert (read.status, read.json["status"], read.json["queue_ahead"]) == (200, "working", None)
    assert_unavailable(await team.call("GET", f"/exchange/orderbook/{house.instruments[-1]}"))
    unknown = await team.call("GET", "/exchange/orders/by-client-id/mine")
    assert unknown.status == 404, "503 was the truth: positions never heard of it"
    await restart(house, "exchange.0")
    placed = await team.place("buy", 1, 9.0, client_order_id="mine")
    assert placed.status == 201
    assert "idempotent-replayed" not in placed.headers


async def test_a_mass_cancel_is_kept_for_an_exchange_that_is_down() -> None:
    async with House(settings=GatewaySettings(cancel_deadline_s=0.3)) as house:
        team = await opened(house)
        await stop(house, "exchange.0")
        late = await team.call("DELETE", "/exchange/orders")
        assert (late.status, late.json["code"]) == (504, "PROCESSING_TIMEOUT")
        await restart(house, "exchange.0")
        await until_book(house, [], [])


async def test_an_order_that_may_have_been_taken_is_never_told_as_refused(house: House) -> None:
    team = await opened(house)
    refused = await team.place("buy", 0, 9.0, client_order_id="none")
    assert refused.status == 422
    assert house.ensemble is not None
    ear = house.ensemble.wiring.ear("exchange.0", "positions")
    house.ensemble.carrier.loses = lambda to, _: to == ear
    late = await team.place("buy", 1, 9.0, client_order_id="mine")
    assert (late.status, late.json["code"]) == (504, "PROCESSING_TIMEOUT")
    await stop(house, "exchange.0")
    house.ensemble.carrier.loses = keep
    # What is known has its answer, what nobody knows stays unknown.
    again = await team.place("buy", 1, 9.0, client_order_id="mine")
    assert (again.status, again.json["code"]) == (504, "PROCESSING_TIMEOUT")
    known = await team.place("sell", 5, 11.0, client_order_id="ask")
    assert (known.status, known.headers["idempotent-replayed"]) == (201, "true")
    none = await team.place("buy", 0, 9.0, client_order_id="none")
    assert (none.status, none.json["code"]) == (422, refused.json["code"])
    other = await team.place("buy", 2, 9.0, client_order_id="mine")
    assert other.status in {409, 504}
    await restart(house, "exchange.0")
    await until_book(house, [9.0], [11.0])
    again = await team.place("buy", 1, 9.0, client_order_id="mine")
    assert (again.status, again.json["status"]) == (201, "working")
    assert again.headers["idempotent-replayed"] == "true"


LIMIT = 50
LIMITED = f"""
extends = "bare"
[[roles]]
role = "market_maker"
registrable = true
maker_fee = 0.0
taker_fee = 0.0
constraints = [{{ kind = "position_limit", max_quantity = {LIMIT} }}]
"""


async def test_a_limit_holds_though_both_die_between_the_reservation_and_the_match(
    tmp_path: Path,
) -> None:
    file = tmp_path / "limited.toml"
    file.write_text(LIMITED, encoding="utf-8")
    async with House(str(file), settings=GatewaySettings(order_deadline_s=0.5)) as house:
        team = await opened(house)
        assert house.ensemble is not None
        # What positions reserves from here on does not reach the exchange before that dies.
        ear = house.ensemble.wiring.ear("exchange.0", "positions")
        house.ensemble.carrier.loses = lambda to, _: to == ear
        for part in range(2):
            late = await team.place("buy", LIMIT // 2, 9.0, client_order_id=f"half-{part}")
            assert (late.status, late.json["code"]) == (504, "PROCESSING_TIMEOUT")
        await stop(house, "exchange.0", "positions")
        house.ensemble.carrier.loses = keep
        for name in ("positions", "exchange.0"):
            await house.ensemble.restart(name)
        callees = house.gateway.reach.callees.values()
        await until(lambda: all(callee.takes_calls for callee in callees))
        over = await team.place("buy", 1, 9.0)
        assert (over.status, over.json["code"]) == (422, "POSITION_LIMIT_EXCEEDED")
        await until_book(house, [9.0], [11.0])
        for part in range(2):
            again = await team.place("buy", LIMIT // 2, 9.0, client_order_id=f"half-{part}")
            assert (again.status, again.json["status"]) == (201, "working")
        over = await team.place("buy", 1, 9.0)
        assert (over.status, over.json["code"]) == (422, "POSITION_LIMIT_EXCEEDED")
        assert (await team.call("DELETE", "/exchange/orders/by-client-id/half-0")).status == 200
        assert (await team.place("buy", 1, 9.0)).status == 201


@asynccontextmanager
async def another_door(house: House) -> AsyncIterator[House]:
    """Open a second gateway before the nodes of a house, as if it were a house of its own."""
    assert house.ensemble is not None
    joined, second = house.ensemble.door("second"), copy(house)

    def publish(records: Sequence[Record]) -> None:
        if second.gateway is not house.gateway:
            second.gateway.publish(records)

    await joined.start(publish, on_return=lambda: None, deadline_s=5)
    second.gateway = Gateway(joined, steward=RemoteSteward(joined.note))
    await second.gateway.start()
    second.server = HttpServer(build_app(second.gateway), "127.0.0.1", 0)
    await second.server.start()
    async with aiohttp.ClientSession() as second.http:
        yield second
    await second.gateway.stop()
    await second.server.stop()
    await joined.stop()


async def test_without_one_gateway_another_serves_and_sockets_resume_there(house: House) -> None:
    team = await opened(house)
    async with another_door(house) as second:
        async with team.socket("private") as socket:
            snapshot = await socket.push("private", "snapshot")
            await house.gateway.stop()
        assert_unavailable(await team.call("GET", "/positions/me"))
        missed = await Team(second, team.key, team.team_id).place("buy", 1, 9.0)
        assert missed.status == 201
        async with socket_of(second, team.key) as socket:
            point = {"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
            wanted = {"channels": ["private"], "resume": {"private": point}}
            await socket.request("subscribe", wanted)
            told = await socket.push("private", "order.accepted")
        assert told["data"]["order"]["order_id"] == missed.json["order_id"]
        assert told["seq"] == snapshot["seq"] + 1


async def test_without_the_bus_orders_are_journalled_and_it_catches_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(House, "topology", "beside")
    store, bus, is_down = MemoryStore(), FaultyBus(room=1_000_000), True

    async def connect() -> Bus:
        if is_down:
            raise BusDownError("no answer")
        return bus

    async with House(journal=MemoryJournal.opened(store)) as house:
        numbers = house.gateway.bus = BusNumbers(game="toy")
        relay = Relay(MemoryJournal(store), house.machine.codec, connect, numbers)
        running = asyncio.ensure_future(relay.run())
        team = await opened(house)
        taken = await team.place("buy", 5, 11.0, stp="allow")
        assert (taken.status, taken.json["status"]) == (201, "filled")
        told = (await house.call("GET", "/health/ready")).json
        assert (told["status"], told["bus"]["is_up"]) == ("ready", False)
        assert told["bus"]["behind"] == house.pump.released_seq
        is_down = False
        await bus.has(max(record.seq for record in house.records if record.outputs))
        relay.end()
        await running
        assert any(isinstance(each.body, TradeExecuted) for _, each in bus._log)
        assert numbers.is_up
