"""What every carrier promises."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from msgspec.msgpack import encode
from tests.brokers import nats_server, own_nats_server
from tests.runtime.carriers import MemoryCarrier

from itg.adapters.address_book import AddressBook
from itg.adapters.http_carrier import LINK_PATH, HttpCarrier
from itg.adapters.nats_bus import NatsSettings
from itg.adapters.nats_carrier import NatsCarrier
from itg.adapters.nats_server import NatsServer
from itg.compose.internal import InternalPort
from itg.kernel.errors import ConfigurationError
from itg.runtime.carrier import Carrier, CarrierDownError
from itg.runtime.link import PIECE_BYTES_MAX

__all__ = ["nats_server", "own_nats_server"]
TOKEN = "itg_internal_for_a_test"


@pytest.fixture(params=["memory", "http", pytest.param("nats", marks=pytest.mark.nats)])
async def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Carrier]:
    if request.param == "memory":
        made: Carrier = MemoryCarrier()
    elif request.param == "http":
        made, port = await over_http(tmp_path)
    else:
        server: NatsServer = request.getfixturevalue("nats_server")
        made = await NatsCarrier.connect(NatsSettings(url=server.url))
    yield made
    await made.close()
    if request.param == "http":
        await port.stop()


async def over_http(directory: Path, token: str = TOKEN) -> tuple[HttpCarrier, InternalPort]:
    """Return a carrier whose port listens."""
    port = InternalPort(token, "127.0.0.1", 0)
    carrier = HttpCarrier(AddressBook(directory / "links"), port, token)
    await port.start()
    return carrier, port


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


async def test_over_http_each_process_hears_what_others_send_it_and_who_ends_is_forgotten(
    tmp_path: Path,
) -> None:
    (mouth, its_port), (ear, other_port) = await over_http(tmp_path), await over_http(tmp_path)
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await ear.hear("itg.link.test.two", heard.put_nowait)
    for number in range(100):
        await mouth.send("itg.link.test.two", b"%d" % number)
    async with asyncio.timeout(20):
        assert [await heard.get() for _ in range(100)] == [b"%d" % n for n in range(100)]
    await ear.close()
    await other_port.stop()
    again, port = await over_http(tmp_path)
    await again.hear("itg.link.test.two", heard.put_nowait)
    await mouth.send("itg.link.test.two", b"again")
    async with asyncio.timeout(20):
        assert await heard.get() == b"again"
    assert len(AddressBook(tmp_path / "links").cards()) == 1
    for carrier, listening in ((again, port), (mouth, its_port)):
        await carrier.close()
        await listening.stop()


async def test_over_http_the_last_words_before_the_end_are_heard(tmp_path: Path) -> None:
    (mouth, its_port), (ear, other_port) = await over_http(tmp_path), await over_http(tmp_path)
    heard: list[bytes] = []
    await ear.hear("itg.link.test.last", heard.append)
    sent = [bytes([number]) * 100_000 for number in range(100)]
    for body in sent:
        await mouth.send("itg.link.test.last", body)
    await mouth.close()
    assert heard == sent
    await ear.close()
    for port in (its_port, other_port):
        await port.stop()


async def test_over_http_who_cannot_look_where_others_are_is_told(tmp_path: Path) -> None:
    carrier, port = await over_http(tmp_path)
    (tmp_path / "links").rmdir()
    with pytest.raises(CarrierDownError, match="cannot look where others are"):
        await carrier.send("itg.link.test.lost", b"x")
    (tmp_path / "links").mkdir()
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await carrier.hear("itg.link.test.lost", heard.put_nowait)
    await carrier.send("itg.link.test.lost", b"again")
    async with asyncio.timeout(20):
        assert await heard.get() == b"again"
    await carrier.close()
    await port.stop()


async def test_over_http_an_address_where_nobody_listens_keeps_nobody_else_waiting(
    tmp_path: Path,
) -> None:
    (mouth, its_port), (ear, other_port) = await over_http(tmp_path), await over_http(tmp_path)
    AddressBook(tmp_path / "links").keep("http://127.0.0.1:1", ("itg.link.test.both",))
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await ear.hear("itg.link.test.both", heard.put_nowait)
    for number in range(500):
        await mouth.send("itg.link.test.both", b"%d" % number)
    async with asyncio.timeout(20):
        assert [await heard.get() for _ in range(500)] == [b"%d" % n for n in range(500)]
    for carrier, port in ((ear, other_port), (mouth, its_port)):
        await carrier.close()
        await port.stop()


async def test_over_http_a_stranger_and_what_is_no_message_are_refused(tmp_path: Path) -> None:
    carrier, port = await over_http(tmp_path)
    heard: list[bytes] = []
    await carrier.hear("itg.link.test.mine", heard.append)
    body = encode([("itg.link.test.mine", b"x")])
    async with aiohttp.ClientSession() as stranger:
        for token, sent, expected in (
            ("", body, 401),
            ("another", body, 401),
            (TOKEN, b"no list", 400),
            (TOKEN, body, 204),
        ):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            at = f"{port.url}{LINK_PATH}"
            async with stranger.post(at, data=sent, headers=headers) as answer:
                assert answer.status == expected
    assert heard == [b"x"]
    await carrier.close()
    await port.stop()


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
