"""A served game on a real bus, read by others: nothing missing, nothing private to the public."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest
from msgspec import convert
from msgspec.structs import replace
from nats.js.errors import NotFoundError
from tests.ports import free_ports
from tests.system.server import GatewayProcess, Server

from itg.adapters.nats_bus import NatsBus, NatsSettings
from itg.adapters.nats_server import NatsServer
from itg.compose.bus_facts import PASSING_KINDS, envelopes_of, fact_kinds
from itg.compose.discovery import answering
from itg.compose.relay_child import BusSettings
from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq
from itg.runtime.envelope import Envelope
from itg.runtime.journal import read
from itg.runtime.presence import Present

pytestmark = [pytest.mark.nats, pytest.mark.system]

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
CONSUMER = Path(__file__).with_name("plain_consumer.py")
PASSWORDS = {"market": "m-secret", "door": "d-secret", "service": "s-secret", "public": "p-secret"}


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    for user, password in PASSWORDS.items():
        monkeypatch.setenv(f"ITG_BUS_{user.upper()}", password)
    server = NatsServer(tmp_path / "nats", config=REFERENCE / "nats-permissions.conf")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def market(tmp_path: Path, broker: NatsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("ITG_BUS", url_of(broker, "market"))
    with Server(tmp_path / "data") as server:
        server.open_market()
        yield server


def url_of(broker: NatsServer, user: str) -> str:
    return broker.url.replace("//", f"//{user}:{PASSWORDS[user]}@")


def trade(market: Server, count: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Let two teams meet `count` times and return their ids and keys."""
    buyer, seller = market.register("Buyer", "hedge_fund"), market.register("Seller", "hedge_fund")
    for number in range(count):
        for key, side in ((seller[1], "sell"), (buyer[1], "buy")):
            order = {
                "instrument_id": "SPX",
                "side": side,
                "quantity": number + 1,
                "price": 4400 + number % 5,
            }
            assert market.call("POST", "/exchange/orders", order, key)[0] == 201
    return buyer, seller


def bus_of(market: Server) -> dict[str, object]:
    told = market.call("GET", "/health/ready")[1]["bus"]
    assert isinstance(told, dict)
    return told


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "it did not come true in time"


def caught_up(market: Server) -> bool:
    told = bus_of(market)
    return told["is_up"] is True and told["behind"] == 0


# A tape's own number, and what became of a trade since: a fact is as it was.
OF_REST = {"seq", "is_busted", "adjusted_price"}


def test_a_program_without_our_code_reads_the_trades_that_rest_tells(
    market: Server, broker: NatsServer
) -> None:
    (_, key), _ = trade(market, 20)
    wait_until(lambda: caught_up(market))
    _, page = market.call("GET", "/exchange/trades?instrument_id=SPX&limit=100", key=key)
    told = page["items"]
    assert isinstance(told, list)
    assert len(told) == 20
    document = REFERENCE / "bus.asyncapi.json"
    subject = f"itg.v1.{bus_of(market)['game']}.tape.*.trade_printed.*"
    ran = subprocess.run(
        [sys.executable, CONSUMER, broker.url, document, subject, "20", "service", "s-secret"],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert ran.returncode == 0, ran.stderr
    facts = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [
        {
            "trade_id": fact["body"]["trade_id"],
            "instrument_id": fact["body"]["instrument_id"],
            "price": fact["body"]["price"] / 10_000,
            "quantity": fact["body"]["quantity"],
            "aggressor_side": fact["body"]["aggressor_side"],
            "is_auction": fact["body"].get("is_auction", False),
            "game_us": fact["game_ns"] // 1_000,
        }
        for fact in facts
    ] == [{name: value for name, value in row.items() if name not in OF_REST} for row in told]
    assert {(fact["actor"], fact["trace_id"]) for fact in facts} == {("", "")}


async def test_the_public_hears_trades_and_nothing_private(
    market: Server, broker: NatsServer
) -> None:
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    public = await nats.connect(url_of(broker, "public"), error_cb=note)
    team = await nats.connect(url_of(broker, "service"))
    game = str(bus_of(market)["game"])
    heard = await public.subscribe(f"itg.v1.{game}.tape.*.trade_printed.*")
    private = await team.subscribe(f"itg.v1.{game}.positions.*.account_filled.*")
    await public.flush()
    await team.flush()
    for pattern in (
        ">",
        "itg.v1.>",
        f"itg.v1.{game}.positions.>",
        f"itg.v1.{game}.*.*.account_filled.*",
        f"itg.v1.{game}.exchange.*.trade_executed.*",
        f"itg.v1.{game}.market_data.*.regime_changed.*",
        "itg.link.>",
        f"itg.link.{game}.node",
    ):
        await public.subscribe(pattern)
    await public.publish(f"itg.v1.{game}.tape.0.trade_printed.SPX", b"forged")
    await public.publish(f"itg.link.{game}.node", b"forged")
    await public.publish(f"$JS.API.STREAM.INFO.itg_{game}", b"")
    await public.flush()
    (buyer, _), (seller, _) = await asyncio.to_thread(trade, market, 2)
    await heard.next_msg(timeout=10)
    words = {(await private.next_msg(timeout=10)).subject.rpartition(".")[2] for _ in range(2)}
    assert words == {buyer, seller}
    assert sum("permissions violation for subscription" in text.lower() for text in refused) == 8
    assert sum("permissions violation for publish" in text.lower() for text in refused) == 3
    await public.close()
    await team.close()


def test_a_gateway_needs_no_more_than_its_own_permissions(
    market: Server, broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITG_BUS", url_of(broker, "door"))
    with GatewayProcess(market.data) as gateway:
        _, key = gateway.register("Through a door", "hedge_fund")
        order = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4400.0}
        status, placed = gateway.call("POST", "/exchange/orders", order, key)
        assert status == 201, placed
        path = f"/exchange/orders/{placed['order_id']}"
        assert market.call("GET", path, key=key)[1]["status"] == "working"


@pytest.mark.timeout(240)
def test_a_gateway_serves_the_organizer_at_a_port_of_its_own_alone(
    market: Server, broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITG_BUS", url_of(broker, "door"))
    apart = Server(market.data)
    apart.port = free_ports()
    monkeypatch.setenv("ITG_ADMIN_PORT", str(apart.port))
    body = {"text": "From a door.", "reason": "its own port"}
    act = ("POST", "/admin/messages", body, market.admin_key)
    with GatewayProcess(market.data) as gateway:
        status, told = gateway.call(*act)
        assert (status, told["code"]) == (404, "ROUTE_NOT_FOUND")
        assert apart.call(*act)[0] == 201
        status, page = apart.call("GET", "/admin/audit", key=market.admin_key)
        assert status == 200
        rows = convert(page["items"], list[dict[str, object]])
        assert [row["act"] for row in rows if row["reason"] == body["reason"]] == ["message.send"]
        for path in ("/trade", "/openapi.json"):
            assert {d.call_raw("GET", path)[0] for d in (gateway, apart)} == {200}
        assert [d.call_raw("GET", "/admin")[0] for d in (gateway, apart)] == [404, 200]
        assert gateway.stop() == 0
    with pytest.raises(OSError, match="refused"):
        apart.call_raw("GET", "/health/live")


def until_answering(market: Server, broker: NatsServer, count: int) -> list[Present]:
    """Return who answers the user for programs of the organizer, once it is so many."""
    until = time.monotonic() + 60
    # Who is busy for longer than others are waited for is not in a list.
    while len(found := answering(BusSettings(url=url_of(broker, "service")), market.data)) != count:
        assert time.monotonic() < until, found
    return found


@pytest.mark.timeout(240)
def test_who_is_there_is_listed_with_its_services_and_the_requests_it_answered(
    market: Server, broker: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITG_BUS", url_of(broker, "door"))
    with GatewayProcess(market.data) as gateway:
        gateway.register("Through a door", "hedge_fund")
        node, door = until_answering(market, broker, 2)
        told = node.presence
        assert (told.kind, told.node, told.pid) == ("node", "game", market.pid)
        assert {"exchange.0", "positions", "game"} < set(told.services)
        assert (node.requests > 0, node.errors) == (True, 0)
        at = f"127.0.0.1:{gateway.port}"
        expected = replace(told, kind="gateway", node=at, pid=gateway.pid, services=(), subject="")
        assert door.presence == expected
    until_answering(market, broker, 1)
    with pytest.raises(ConfigurationError, match="may not ask who is there") as refused:
        answering(BusSettings(url=url_of(broker, "public")), market.data)
    assert PASSWORDS["public"] not in str(refused.value)


def test_killed_markets_and_brokers_leave_every_fact_once_and_in_order(
    market: Server, broker: NatsServer
) -> None:
    trade(market, 5)
    wait_until(lambda: caught_up(market))
    broker.kill()
    status, _ = market.call("GET", "/health/ready")
    assert status == 200
    wait_until(lambda: bus_of(market)["is_up"] is False)
    assert bus_of(market)["fault"]
    trade_again(market)
    market.kill()
    market.start()
    trade_again(market)
    broker.start()
    wait_until(lambda: caught_up(market))
    trade_again(market)
    wait_until(lambda: caught_up(market))
    game = str(bus_of(market)["game"])
    # The last of them is carried on the way out.
    trade_again(market)
    assert market.stop() == 0
    expected = facts_of(market.data)
    assert asyncio.run(held(url_of(broker, "service"), game, len(expected))) == expected


def trade_again(market: Server) -> None:
    name = f"Team {time.monotonic_ns()}"
    _, key = market.register(name, "hedge_fund")
    order = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4300}
    assert market.call("POST", "/exchange/orders", order, key)[0] == 201


def facts_of(data: Path) -> list[tuple[str, int, Seq, object]]:
    journal = opened_for_reading(data)
    try:
        records = list(read(journal, machine_of(journal).codec))
    finally:
        journal.close()
    return [
        shape(envelope)
        for record in records
        for envelope in envelopes_of(record, 0)
        if type(envelope.body) not in PASSING_KINDS
    ]


def shape(envelope: Envelope) -> tuple[str, int, Seq, object]:
    return envelope.source, envelope.shard, envelope.seq, envelope.body


async def held(url: str, game: str, count: int) -> list[tuple[str, int, Seq, object]]:
    settings = NatsSettings(url=url)
    bus = await NatsBus.connect(game, fact_kinds(), settings, PASSING_KINDS)
    got: list[tuple[str, int, Seq, object]] = []
    try:
        async with asyncio.timeout(20):
            async for batch in bus.subscribe(f"itg.v1.{game}.>", {}):
                got += map(shape, batch)
                if len(got) >= count:
                    return got
    finally:
        await bus.close()
    return got


@pytest.mark.skipif(sys.platform != "linux", reason="children are found under /proc")
def test_a_killed_relay_is_started_again_and_the_market_does_not_notice(market: Server) -> None:
    wait_until(lambda: caught_up(market))
    (relay,) = relays_of(market)
    os.kill(relay, signal.SIGKILL)
    trade_again(market)
    wait_until(lambda: relays_of(market) not in ([], [relay]) and caught_up(market))
    (second,) = relays_of(market)
    # Nobody is left behind by a market that is killed: the pipe ends.
    market.kill()
    wait_until(lambda: not is_alive(second))


def relays_of(market: Server) -> list[int]:
    assert market._process is not None
    parent = market._process.pid
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(state[1]) == parent and b"relay_program" in words:
            found.append(int(folder.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def test_a_stream_that_was_removed_is_filled_again(
    market: Server, broker: NatsServer
) -> None:
    await asyncio.to_thread(trade, market, 3)
    await asyncio.to_thread(wait_until, lambda: caught_up(market))
    game = str(bus_of(market)["game"])
    client = await nats.connect(url_of(broker, "market"))
    context = client.jetstream()
    count = (await context.stream_info(f"itg_{game}")).state.messages
    await context.delete_stream(f"itg_{game}")
    async with asyncio.timeout(20):
        while True:
            try:
                state = (await context.stream_info(f"itg_{game}")).state
            except NotFoundError:
                continue
            if state.messages == count:
                break
    await client.close()


def test_a_bus_that_cannot_be_is_refused_at_the_start(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "itg", "serve", "--data", str(tmp_path), "--bus", "amqp://x:y@host"],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert ran.returncode == 2
    assert "nats://host:port" in ran.stderr
    assert "x:y" not in ran.stderr
