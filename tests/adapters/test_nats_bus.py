"""What NATS alone can do to a bus: restarts, lost disks, a second writer, other people's eyes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import msgspec
import nats
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.brokers import nats_server, own_nats_server
from tests.contract.test_bus import envelope, taken
from tests.runtime.toys import Saluted, Waved

from itg.adapters.nats_bus import NatsBus, NatsSettings
from itg.adapters.nats_server import BrokerError, NatsServer
from itg.kernel.ids import Seq
from itg.runtime.bus import BusDownError
from itg.runtime.envelope import Envelope

__all__ = ["nats_server", "own_nats_server"]
pytestmark = pytest.mark.nats

GAME = "toy"
ALL = "itg.v1.toy.>"


@asynccontextmanager
async def bus_at(server: NatsServer) -> AsyncIterator[NatsBus]:
    settings = NatsSettings(url=server.url, answer_s=1.0)
    bus = await NatsBus.connect(GAME, [Waved, Saluted], settings)
    try:
        yield bus
    finally:
        await bus.close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker of a test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "server.pem", folder / "server.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


async def publish_at_last(bus: NatsBus, envelopes: Sequence[Envelope]) -> None:
    """Publish as a relay does: the same again until it is held."""
    async with asyncio.timeout(20):
        while True:
            try:
                await bus.publish(envelopes)
            except BusDownError:
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.05)
            else:
                return


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_a_restart_of_the_broker_loses_and_reorders_nothing(
    own_nats_server: NatsServer, ending: str
) -> None:
    async with bus_at(own_nats_server) as bus, bus_at(own_nats_server) as other:
        reading = asyncio.ensure_future(taken(other, ALL, 900))
        for first in range(1, 301, 50):
            await bus.publish([envelope(seq) for seq in range(first, first + 50)])
        publishing = asyncio.ensure_future(
            publish_at_last(bus, [envelope(seq) for seq in range(301, 601)])
        )
        await asyncio.sleep(0)
        getattr(own_nats_server, ending)()
        own_nats_server.start()
        await publishing
        await publish_at_last(bus, [envelope(seq) for seq in range(601, 901)])
        assert [e.seq for e in await reading] == list(range(1, 901))
        assert [e.seq for e in await taken(other, ALL, 900)] == list(range(1, 901))


async def test_a_bus_that_is_down_says_so_at_once_and_without_its_password(
    own_nats_server: NatsServer,
) -> None:
    async with bus_at(own_nats_server) as bus:
        await bus.publish([envelope(1)])
        own_nats_server.kill()
        with pytest.raises(BusDownError, match=rf"127\.0\.0\.1:{own_nats_server.port}"):
            await bus.publish([envelope(2)])
    secret = own_nats_server.url.replace("//", "//itg:secret@")
    with pytest.raises(BusDownError) as told:
        await NatsBus.connect(GAME, [Waved], NatsSettings(url=secret))
    assert "secret" not in str(told.value)


async def test_a_refused_password_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "right")
    config = tmp_path / "users.conf"
    config.write_text("authorization { user: itg, password: $TOKEN }", encoding="utf-8")
    server = NatsServer(tmp_path / "nats", config=config)
    server.start()
    try:
        wrong = NatsSettings(url=server.url.replace("//", "//itg:wrong@"))
        with pytest.raises(BusDownError, match=r"(?i)authorization"):
            await NatsBus.connect(GAME, [Waved], wrong)
    finally:
        server.stop()


async def test_tls_trusts_the_named_authority_alone(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    config = tmp_path / "tls.conf"
    config.write_text(f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}', encoding="utf-8")
    server = NatsServer(tmp_path / "nats", config=config)
    server.start()
    try:
        url = server.url.replace("nats://", "tls://")
        settings = NatsSettings(url=url, ca=str(certificate))
        bus = await NatsBus.connect(GAME, [Waved], settings)
        await bus.publish([envelope(1)])
        assert [e.seq for e in await taken(bus, ALL, 1)] == [1]
        await bus.close()
        with pytest.raises(BusDownError, match=r"(?i)certificate"):
            await NatsBus.connect(GAME, [Waved], NatsSettings(url=url))
    finally:
        server.stop()


async def test_what_is_held_is_not_taken_twice_from_another_connection(
    own_nats_server: NatsServer,
) -> None:
    async with bus_at(own_nats_server) as bus, bus_at(own_nats_server) as again:
        await bus.publish([envelope(1), envelope(2)])
        await again.publish([envelope(seq) for seq in range(1, 5)])
        # The first writer's idea of where the stream ends is out of date: it is refused, not mixed.
        with pytest.raises(BusDownError, match="wrong last sequence"):
            await bus.publish([envelope(5)])
        await bus.publish([envelope(4), envelope(5)])
        assert [e.seq for e in await taken(again, ALL, 5)] == [1, 2, 3, 4, 5]


async def test_a_stream_that_vanished_is_filled_again_and_read_on(
    own_nats_server: NatsServer,
) -> None:
    async with bus_at(own_nats_server) as bus:
        await bus.publish([envelope(seq) for seq in range(1, 11)])
        stream = bus.subscribe(ALL, {})
        assert (await anext(stream))[0].seq == 1
        client = await nats.connect(own_nats_server.url)
        await client.jetstream().delete_stream("itg_toy")
        await client.close()
        with pytest.raises(BusDownError):
            await bus.publish([envelope(11)])
        assert await bus.last() is None
        await bus.publish([envelope(seq) for seq in range(1, 16)])
        got: list[Seq] = []
        async with asyncio.timeout(15):
            async for batch in stream:
                got += [e.seq for e in batch]
                if got[-1] == 15:
                    break
        assert got[-5:] == [11, 12, 13, 14, 15]
        assert got == sorted(set(got))


async def test_a_message_needs_no_code_of_ours_to_be_read(nats_server: NatsServer) -> None:
    client = await nats.connect(nats_server.url)
    heard = await client.subscribe("itg.v1.toy.bank.*.waved.>")
    await client.flush()
    async with bus_at(nats_server) as bus:
        await bus.publish([envelope(7, shard=2, trace_id="0198-trace")])
    message = await heard.next_msg(timeout=5)
    assert message.subject == "itg.v1.toy.bank.2.waved.all"
    assert message.headers is not None
    assert message.headers["Nats-Msg-Id"] == "bank:toy:2:7"
    told = msgspec.msgpack.decode(message.data)
    assert told["body"] == {"type": "Waved", "shard": 2, "to": "x"}
    assert (told["seq"], told["trace_id"]) == (7, "0198-trace")
    await client.close()


async def test_the_stream_is_bounded_and_counts_duplicates(nats_server: NatsServer) -> None:
    async with bus_at(nats_server) as bus:
        await bus.publish([envelope(1)])
    client = await nats.connect(nats_server.url)
    config = (await client.jetstream().stream_info("itg_toy")).config
    assert (config.max_bytes, config.duplicate_window) == (2 * 1024**3, 10.0)
    assert config.storage == "file"
    await client.close()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    config = tmp_path / "broken.conf"
    config.write_text("authorization {", encoding="utf-8")
    server = NatsServer(tmp_path / "nats", config=config)
    with pytest.raises(BrokerError, match="did not start"):
        server.start()
