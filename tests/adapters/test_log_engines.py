"""What Kafka and RabbitMQ alone do to a bus: restarts, lost disks, second writers, strangers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from rstream.amqp import amqp_decoder
from tests.brokers import kafka_broker, own_kafka_broker
from tests.bus_engines import Level
from tests.contract.test_bus import all_of, envelope, is_heard, taken
from tests.kafka_broker import KafkaBroker
from tests.rabbitmq_broker import RabbitmqBroker
from tests.runtime.toys import Saluted, Waved

from itg.adapters.kafka_log import KafkaLog
from itg.adapters.log import FIRST, Entry, Log, LogSettings
from itg.adapters.log_bus import LogBus
from itg.adapters.rabbitmq_link import Link
from itg.adapters.rabbitmq_log import RabbitmqLog
from itg.adapters.rabbitmq_message import ForeignMessageError, decoded, encoded
from itg.kernel.ids import Seq, Shard
from itg.runtime.bus import BusDownError
from itg.runtime.envelope import Envelope

__all__ = ["kafka_broker", "own_kafka_broker"]

GAME = "toy"
ALL = "itg.v1.toy.>"
KAFKA = [pytest.mark.kafka, pytest.mark.system]
RABBITMQ = [pytest.mark.rabbitmq, pytest.mark.system]
Broker = KafkaBroker | RabbitmqBroker
of_each = pytest.mark.parametrize(
    "broker",
    [
        pytest.param("kafka_broker", marks=KAFKA),
        pytest.param("rabbitmq_broker", marks=RABBITMQ),
    ],
)


def log_at(broker: Broker, game: str = GAME, url: str = "") -> Log:
    settings = LogSettings(url=url or broker.url, answer_s=2.0)
    kind = KafkaLog if isinstance(broker, KafkaBroker) else RabbitmqLog
    return kind(game, settings)


@asynccontextmanager
async def bus_at(broker: Broker, game: str = GAME) -> AsyncIterator[LogBus]:
    bus = await LogBus.connect(game, [Waved, Saluted, Level], log_at(broker, game), [Level])
    try:
        yield bus
    finally:
        await bus.close()


async def publish_at_last(bus: LogBus, envelopes: Sequence[Envelope]) -> None:
    """Publish as a relay does: what the bus does not hold yet, until it does."""
    async with asyncio.timeout(40):
        while True:
            try:
                last = await bus.last()
                held = 0 if last is None else last.seq
                await bus.publish([e for e in envelopes if e.seq > held])
            except BusDownError:
                with suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.Event().wait(), 0.1)
            else:
                return


async def read_until(stream: AsyncIterator[Sequence[Envelope]], seq: int) -> list[int]:
    got: list[int] = []
    async with asyncio.timeout(55):
        async for batch in stream:
            got += [e.seq for e in batch]
            if got[-1] >= seq:
                break
    return got


@pytest.mark.rabbitmq
@pytest.mark.gate
@pytest.mark.timeout(180)  # RabbitMQ starts three times in it
async def test_restarts_of_the_broker_lose_and_reorder_nothing(
    rabbitmq_broker: RabbitmqBroker,
) -> None:
    game, pattern = "restarts", "itg.v1.restarts.>"
    facts = [envelope(seq) for seq in range(1, 901)]
    async with bus_at(rabbitmq_broker, game) as bus, bus_at(rabbitmq_broker, game) as other:
        reading = asyncio.ensure_future(read_until(other.subscribe(pattern, {}), 900))
        await bus.publish(facts[:300])
        # In order first: RabbitMQ may forget a stream that it made moments before it is killed.
        for ending, count in ((rabbitmq_broker.end, 600), (rabbitmq_broker.kill, 900)):
            publishing = asyncio.ensure_future(publish_at_last(bus, facts[:count]))
            await asyncio.sleep(0)
            await asyncio.to_thread(ending)
            await asyncio.to_thread(rabbitmq_broker.start)
            await publishing
            await publish_at_last(bus, facts[:count])
        assert await reading == list(range(1, 901))
        assert [e.seq for e in await taken(other, pattern, 900)] == list(range(1, 901))


@pytest.mark.kafka
@pytest.mark.system
async def test_a_broker_that_lost_everything_is_filled_again_and_read_on(
    own_kafka_broker: KafkaBroker,
) -> None:
    async with bus_at(own_kafka_broker) as bus, bus_at(own_kafka_broker) as other:
        await bus.publish([envelope(seq) for seq in range(1, 11)])
        stream = other.subscribe(ALL, {})
        assert await read_until(stream, 10) == list(range(1, 11))
        stream = other.subscribe(ALL, {("bank", 0): Seq(10)})
        reading = asyncio.ensure_future(read_until(stream, 30))
        own_kafka_broker.kill()
        with pytest.raises(BusDownError, match=rf"127\.0\.0\.1:{own_kafka_broker.port}"):
            await bus.publish([envelope(11)])
        own_kafka_broker.start()
        await publish_at_last(bus, [envelope(seq) for seq in range(1, 31)])
        assert await reading == list(range(11, 31))
        assert [e.seq for e in await taken(other, ALL, 30)] == list(range(1, 31))


@pytest.mark.rabbitmq
@pytest.mark.system
async def test_a_reader_goes_on_in_a_stream_that_was_filled_again(
    rabbitmq_broker: RabbitmqBroker,
) -> None:
    async with bus_at(rabbitmq_broker, "again") as bus:
        await bus.publish([envelope(seq) for seq in range(1, 11)])
        stream = bus.subscribe("itg.v1.again.>", {})
        assert (await anext(stream))[0].seq == 1
        link = await Link.opened(LogSettings(url=rabbitmq_broker.url), "itg_again")
        await link._client.delete_stream("itg_again")
        await link.close()
        with pytest.raises(BusDownError):
            await bus.publish([envelope(11)])
        await publish_at_last(bus, [envelope(seq) for seq in range(1, 16)])
        assert await read_until(stream, 15) == [11, 12, 13, 14, 15]


@pytest.mark.rabbitmq
@pytest.mark.system
async def test_a_listener_goes_on_after_an_outage(rabbitmq_broker: RabbitmqBroker) -> None:
    async with bus_at(rabbitmq_broker, "listened") as bus:
        heard: list[Envelope] = []
        listening = asyncio.ensure_future(all_of(bus.listen("itg.v1.listened.>"), heard))
        await is_heard(bus, listening, heard)
        link = await Link.opened(LogSettings(url=rabbitmq_broker.url), "itg_listened")
        await link._client.delete_stream("itg_listened")
        await link.close()
        with pytest.raises(BusDownError):
            await bus.publish([envelope(1)])
        heard.clear()
        await is_heard(bus, listening, heard)
    await listening


@pytest.mark.kafka
@pytest.mark.system
async def test_a_second_writer_shuts_the_first_one_out(kafka_broker: KafkaBroker) -> None:
    async with bus_at(kafka_broker, "two") as bus, bus_at(kafka_broker, "two") as again:
        await bus.publish([envelope(1), envelope(2)])
        await again.publish([envelope(seq) for seq in range(1, 5)])
        with pytest.raises(BusDownError, match=r"(?i)fenced"):
            await bus.publish([envelope(5)])
        assert [e.seq for e in await taken(again, "itg.v1.two.>", 4)] == [1, 2, 3, 4]


@pytest.mark.rabbitmq
@pytest.mark.system
async def test_two_writers_of_one_journal_leave_no_hole(rabbitmq_broker: RabbitmqBroker) -> None:
    async with bus_at(rabbitmq_broker, "two") as bus, bus_at(rabbitmq_broker, "two") as again:
        facts = [envelope(seq) for seq in range(1, 301)]
        await bus.publish(facts[:100])
        last = await again.last()
        assert last is not None
        assert last.seq == 100

        async def write(writer: LogBus) -> None:
            for first in range(100, 300, 20):
                await writer.publish(facts[first : first + 20])

        await asyncio.gather(write(bus), write(again))
        got = [e.seq for e in await taken(bus, "itg.v1.two.>", 300)]
        assert got == list(range(1, 301))


@of_each
async def test_the_newest_fact_is_found_behind_any_amount_of_state(
    broker: str, request: pytest.FixtureRequest
) -> None:
    async with bus_at(request.getfixturevalue(broker), f"state-{broker}") as bus:
        state = [envelope(9, body=Level(shard=Shard(0), height=n)) for n in range(400)]
        await bus.publish([envelope(1), envelope(2, source="herald"), *state])
        newest = await bus.last()
        assert newest is not None
        assert (newest.source, newest.seq) == ("herald", 2)


@of_each
async def test_a_bus_that_is_not_there_says_so_without_its_password(
    broker: str, request: pytest.FixtureRequest
) -> None:
    at: Broker = request.getfixturevalue(broker)
    scheme = at.url.partition("://")[0]
    log = log_at(at, url=f"{scheme}://itg:secret@127.0.0.1:1")
    with pytest.raises(BusDownError, match=r"127\.0\.0\.1:1") as told:
        await LogBus.connect(GAME, [Waved], log)
    assert "secret" not in str(told.value)


@pytest.mark.rabbitmq
@pytest.mark.system
async def test_a_refused_password_is_told_as_that(rabbitmq_broker: RabbitmqBroker) -> None:
    log = log_at(rabbitmq_broker, url=rabbitmq_broker.url.replace("//", "//itg:wrong@"))
    with pytest.raises(BusDownError, match=r"(?i)authentication|sasl"):
        await LogBus.connect(GAME, [Waved], log)


@pytest.mark.kafka
@pytest.mark.system
async def test_a_message_of_kafka_needs_no_code_of_ours_to_be_read(
    kafka_broker: KafkaBroker,
) -> None:
    async with bus_at(kafka_broker, "plain") as bus:
        await bus.publish([envelope(7, shard=2, trace_id="0198-trace")])
    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{kafka_broker.port}", "group.id": "x"})
    consumer.assign([TopicPartition("itg_plain", 0, 0)])
    message = await asyncio.to_thread(consumer.poll, 10)
    assert message is not None
    beside = dict(message.headers() or ())
    assert beside["Itg-Subject"] == b"itg.v1.plain.bank.2.waved.all"
    assert beside["Itg-Event-Id"] == b"bank:plain:2:7"
    assert_told(message.value())
    await asyncio.to_thread(consumer.close)


@pytest.mark.rabbitmq
@pytest.mark.system
async def test_a_message_of_rabbitmq_needs_no_code_of_ours_to_be_read(
    rabbitmq_broker: RabbitmqBroker,
) -> None:
    async with bus_at(rabbitmq_broker, "plain") as bus:
        await bus.publish([envelope(7, shard=2, trace_id="0198-trace")])
    log = log_at(rabbitmq_broker, "plain")
    async for entries in log.read(FIRST):
        message = amqp_decoder(encoded(entries[0]))
        break
    await log.close()
    assert message.properties.subject == b"itg.v1.plain.bank.2.waved.all"
    assert message.properties.message_id == b"bank:plain:2:7"
    assert_told(bytes(message.body))


def assert_told(payload: object) -> None:
    assert isinstance(payload, bytes)
    told = msgspec.msgpack.decode(payload)
    assert told["body"] == {"type": "Waved", "shard": 2, "to": "x"}
    assert (told["seq"], told["trace_id"]) == (7, "0198-trace")


entries_ = st.builds(
    Entry,
    subject=st.text(max_size=60),
    event_id=st.text(max_size=60),
    life=st.text(max_size=20),
    data=st.binary(max_size=400),
    offset=st.integers(0, 2**62),
)


@given(entry=entries_)
def test_an_entry_is_the_same_behind_its_message(entry: Entry) -> None:
    assert decoded(encoded(entry), entry.offset) == entry


@given(entry=entries_)
def test_the_client_of_rabbitmq_reads_the_messages_that_are_written_here(entry: Entry) -> None:
    message = amqp_decoder(encoded(entry))
    assert (message.properties.message_id or b"").decode() == entry.event_id
    assert message.properties.subject.decode() == entry.subject
    assert message.application_properties == {b"Itg-Life": entry.life.encode()}
    assert bytes(message.body) == entry.data


@given(message=st.binary(max_size=100))
def test_a_message_of_somebody_else_is_refused_as_that(message: bytes) -> None:
    with pytest.raises(ForeignMessageError, match="message 5 of the stream"):
        decoded(message, 5)
