"""What every carrier promises."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from tests.brokers import nats_server, own_nats_server
from tests.runtime.carriers import MemoryCarrier

from itg.adapters.nats_bus import NatsSettings
from itg.adapters.nats_carrier import NatsCarrier
from itg.adapters.nats_server import NatsServer
from itg.kernel.errors import ConfigurationError
from itg.runtime.carrier import Carrier, CarrierDownError
from itg.runtime.link import PIECE_BYTES_MAX

__all__ = ["nats_server", "own_nats_server"]


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.nats)])
async def carrier(request: pytest.FixtureRequest) -> AsyncIterator[Carrier]:
    if request.param == "memory":
        made: Carrier = MemoryCarrier()
    else:
        server: NatsServer = request.getfixturevalue("nats_server")
        made = await NatsCarrier.connect(NatsSettings(url=server.url))
    yield made
    await made.close()


async def test_one_sender_s_bytes_come_in_order_to_those_who_hear_the_subject(
    carrier: Carrier,
) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    others: list[bytes] = []
    await carrier.hear("itg.link.test.order", heard.put_nowait)
    await carrier.hear("itg.link.test.other", others.append)
    sent = [b"%d" % number for number in range(2_000)]
    for body in sent:
        await carrier.send("itg.link.test.order", body)
    async with asyncio.timeout(20):
        assert [await heard.get() for _ in sent] == sent
    assert others == []


async def test_a_piece_as_large_as_links_make_them_is_carried(carrier: Carrier) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await carrier.hear("itg.link.test.large", heard.put_nowait)
    body = bytes(range(256)) * (PIECE_BYTES_MAX // 256 + 1)
    await carrier.send("itg.link.test.large", body)
    async with asyncio.timeout(20):
        assert await heard.get() == body


async def test_what_nobody_hears_is_gone(carrier: Carrier) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await carrier.send("itg.link.test.late", b"before")
    await carrier.hear("itg.link.test.late", heard.put_nowait)
    await carrier.send("itg.link.test.late", b"after")
    async with asyncio.timeout(20):
        assert await heard.get() == b"after"


async def test_a_closed_carrier_takes_nothing(carrier: Carrier) -> None:
    await carrier.close()
    await carrier.close()
    with pytest.raises(CarrierDownError):
        await carrier.send("itg.link.test.closed", b"x")


@pytest.mark.nats
async def test_after_an_outage_of_the_server_it_carries_again(own_nats_server: NatsServer) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    carrier = await NatsCarrier.connect(NatsSettings(url=own_nats_server.url))
    await carrier.hear("itg.link.test.again", heard.put_nowait)
    await asyncio.to_thread(own_nats_server.kill)
    await asyncio.to_thread(own_nats_server.start)
    async with asyncio.timeout(20):
        while heard.empty():
            with suppress(CarrierDownError):
                await carrier.send("itg.link.test.again", b"x")
            await asyncio.sleep(0)
    await carrier.close()


def process_of(server: NatsServer) -> int:
    assert server._process is not None
    return server._process.pid


@pytest.mark.nats
async def test_what_is_heard_while_the_server_stands_still_is_heard_when_it_goes_on(
    own_nats_server: NatsServer,
) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    settings = NatsSettings(url=own_nats_server.url)
    ear, mouth = await NatsCarrier.connect(settings), await NatsCarrier.connect(settings)
    os.kill(process_of(own_nats_server), signal.SIGSTOP)
    try:
        await ear.hear("itg.link.test.still", heard.put_nowait)
    finally:
        os.kill(process_of(own_nats_server), signal.SIGCONT)
    async with asyncio.timeout(20):
        while heard.empty():
            await mouth.send("itg.link.test.still", b"x")
            await asyncio.sleep(0)
    await ear.close()
    await mouth.close()


@pytest.mark.nats
async def test_no_server_is_told_without_the_password() -> None:
    with pytest.raises(ConfigurationError, match=r"answers at 127\.0\.0\.1:1 ") as told:
        await NatsCarrier.connect(NatsSettings(url="nats://me:secret@127.0.0.1:1"))
    assert "secret" not in str(told.value)
