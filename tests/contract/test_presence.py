"""Who is on the bus is heard by whoever asks there, by our own command or any client of NATS."""

import asyncio
import json
from collections.abc import AsyncIterator

import nats
import pytest
from msgspec.json import decode
from nats.aio.client import Client
from nats.aio.msg import Msg
from tests.brokers import nats_server, own_nats_server

from itg.adapters.nats_bus import NatsSettings
from itg.adapters.nats_carrier import NatsCarrier
from itg.adapters.nats_presence import who_answers
from itg.adapters.nats_server import NatsServer
from itg.cli import app, exits
from itg.kernel.errors import ConfigurationError
from itg.runtime.presence import Answered, Presence, Present

__all__ = ["nats_server", "own_nats_server"]

pytestmark = pytest.mark.nats

CORE = Presence(
    kind="node",
    game="demo-1a2b3c4d",
    node="core",
    version="0.1.0",
    build="0123456789ab",
    pid=4711,
    services=("exchange.0", "positions"),
    subject="itg.link.demo-1a2b3c4d.node.core",
)
DOOR = Presence(
    kind="gateway",
    game="demo-1a2b3c4d",
    node="127.0.0.1:8001",
    version="0.1.0",
    build="0123456789ab",
    pid=4712,
)


async def announced(server: NatsServer, presence: Presence, answered: Answered) -> NatsCarrier:
    carrier = await NatsCarrier.connect(NatsSettings(url=server.url))
    await carrier.announce(presence, answered)
    return carrier


async def until_found(settings: NatsSettings, count: int) -> list[Present]:
    async with asyncio.timeout(30):
        while len(found := await who_answers(settings)) < count:
            pass
    return found


@pytest.fixture
async def asker(own_nats_server: NatsServer) -> AsyncIterator[Client]:
    client = await nats.connect(own_nats_server.url)
    yield client
    await client.close()


async def asked(client: Client, subject: str) -> dict[str, object]:
    answer = await client.request(subject, b"", timeout=20)
    told = json.loads(answer.data)
    assert isinstance(told, dict)
    return told


async def test_a_node_and_a_gateway_are_found_with_what_they_are(
    own_nats_server: NatsServer,
) -> None:
    settings = NatsSettings(url=own_nats_server.url)
    assert await who_answers(settings) == []
    door = await announced(own_nats_server, DOOR, Answered())
    core = await announced(own_nats_server, CORE, Answered())
    found = await until_found(settings, 2)
    assert [each.presence for each in found] == [CORE, DOOR]
    await core.close()
    await door.close()
    async with asyncio.timeout(30):
        while await who_answers(settings):
            pass


async def test_its_numbers_are_those_of_the_requests_it_took(own_nats_server: NatsServer) -> None:
    answered = Answered()
    core = await announced(own_nats_server, CORE, answered)
    settings = NatsSettings(url=own_nats_server.url)
    (before,) = await until_found(settings, 1)
    assert (before.requests, before.errors, before.mean_us) == (0, 0, 0)
    answered.end(answered.begin())
    answered.refuse(answered.begin(), "too many wait")
    answered.total_ns = 3_000_000
    (after,) = await until_found(settings, 1)
    assert (after.requests, after.errors, after.mean_us) == (2, 1, 1_500)
    assert after.last_error == "too many wait"
    await core.close()


async def test_any_client_of_nats_pings_it_and_reads_its_info_and_stats(
    own_nats_server: NatsServer, asker: Client
) -> None:
    core = await announced(own_nats_server, CORE, Answered())
    ping = await asked(asker, "$SRV.PING.itg-node")
    assert (ping["type"], ping["version"]) == ("io.nats.micro.v1.ping_response", CORE.version)
    told = await asked(asker, f"$SRV.INFO.itg-node.{ping['id']}")
    assert told["metadata"] == {
        "game": CORE.game,
        "node": "core",
        "services": "exchange.0,positions",
        "build": CORE.build,
        "pid": "4711",
    }
    assert [end["subject"] for end in told["endpoints"]] == [CORE.subject]  # type: ignore[attr-defined]
    stats = await asked(asker, "$SRV.STATS")
    assert [end["num_requests"] for end in stats["endpoints"]] == [0]  # type: ignore[attr-defined]
    await core.close()


async def test_it_answers_to_inboxes_alone(own_nats_server: NatsServer, asker: Client) -> None:
    core = await announced(own_nats_server, CORE, Answered())
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(message: Msg) -> None:
        heard.put_nowait(message.subject)

    await asker.subscribe(">", cb=hear)
    for verb in ("PING", "INFO", "STATS"):
        await asker.publish(f"$SRV.{verb}", reply="itg.v1.demo-1a2b3c4d.tape.0.trade_printed.SPX")
        # Answers come in the order of the questions: what an inbox gets is behind them.
        await asked(asker, f"$SRV.{verb}")
    subjects = [heard.get_nowait() for _ in range(heard.qsize())]
    assert not [subject for subject in subjects if subject.startswith("itg.")]
    await core.close()


async def test_after_an_outage_of_the_server_it_answers_again(own_nats_server: NatsServer) -> None:
    core = await announced(own_nats_server, CORE, Answered())
    await asyncio.to_thread(own_nats_server.kill)
    await asyncio.to_thread(own_nats_server.start)
    settings = NatsSettings(url=own_nats_server.url)
    await until_found(settings, 1)
    await core.close()


async def test_another_program_s_service_is_left_out(
    own_nats_server: NatsServer, asker: Client
) -> None:
    async def answer(message: Msg) -> None:
        await message.respond(b'{"name": "weather", "version": "1.0.0"}')

    await asker.subscribe("$SRV.STATS", cb=answer)
    await asker.flush()
    assert await who_answers(NatsSettings(url=own_nats_server.url)) == []


@pytest.mark.timeout(180)
async def test_the_command_lists_them_and_says_where_nobody_is(
    own_nats_server: NatsServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    url = own_nats_server.url
    assert await asyncio.to_thread(app, ["ps", "--nats", url]) == exits.FAILED
    assert "no process of a game answers" in capsys.readouterr().out
    core = await announced(own_nats_server, CORE, Answered())
    (present,) = await until_found(NatsSettings(url=url), 1)
    async with asyncio.timeout(30):
        while await asyncio.to_thread(app, ["ps", "--nats", url, "--json"]) != exits.DONE:
            capsys.readouterr()
    assert decode(capsys.readouterr().out, type=list[Present]) == [present]
    async with asyncio.timeout(30):
        while await asyncio.to_thread(app, ["ps", "--nats", url]) != exits.DONE:
            capsys.readouterr()
    _, row = capsys.readouterr().out.splitlines()
    assert row.split() == [
        *("demo-1a2b3c4d", "core", "exchange.0,", "positions", "0.1.0", "0123456789ab", "4711"),
        *("0", "0", "0"),
    ]
    await core.close()


async def test_no_server_is_told_without_the_password() -> None:
    with pytest.raises(ConfigurationError, match=r"answers at 127\.0\.0\.1:1 ") as told:
        await who_answers(NatsSettings(url="nats://me:secret@127.0.0.1:1"))
    assert "secret" not in str(told.value)
