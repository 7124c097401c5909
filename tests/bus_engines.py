"""One bus of each engine for the conformance suite, and one that drops the oldest soon."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest
from tests.kafka_broker import ForgetfulBroker, KafkaBroker
from tests.rabbitmq_broker import RabbitmqBroker
from tests.runtime.toys import Saluted, Waved

from itg.adapters.kafka_log import KafkaLog
from itg.adapters.log import LogSettings
from itg.adapters.log_bus import LogBus
from itg.adapters.nats_bus import NatsBus, NatsSettings
from itg.adapters.nats_server import NatsServer
from itg.adapters.nats_stream import Bounds
from itg.adapters.rabbitmq_log import RabbitmqLog
from itg.kernel.ids import Shard
from itg.kernel.messages import Event
from itg.runtime.bus import Bus
from itg.runtime.memory_bus import MemoryBus

KEPT = 100


class Level(Event, frozen=True, kw_only=True):
    """State: the next one replaces it."""

    shard: Shard
    height: int


KINDS: list[type[Event]] = [Waved, Saluted, Level]


class Bounded(NamedTuple):
    """A bus that drops the oldest, what fills it, and how many of these it keeps at most.

    One that keeps exactly so many is read after each publication, any other now and then: it is
    filled by large bodies, and read from its beginning.
    """

    bus: Bus
    body: Event
    kept: int
    is_exact: bool


async def bounded_engine(request: pytest.FixtureRequest, game: str) -> Bounded:
    if request.param in BOUNDED:
        engine = await BOUNDED[request.param](request, game)
        return Bounded(engine, Saluted(to="x" * 256 * 1024, times_left=0), 24, is_exact=False)
    engine = await ENGINE[request.param](request, game)
    return Bounded(engine, Waved(shard=Shard(0), to="x"), KEPT, is_exact=True)


async def memory_engine(_: pytest.FixtureRequest, game: str) -> Bus:
    return MemoryBus(game, passing=[Level], kept=KEPT)


async def nats_engine(request: pytest.FixtureRequest, game: str) -> Bus:
    server: NatsServer = request.getfixturevalue("nats_server")
    settings = NatsSettings(url=server.url, bounds=Bounds(kept_messages=KEPT), ahead=20)
    return await NatsBus.connect(game, KINDS, settings, [Level])


async def kafka_engine(request: pytest.FixtureRequest, game: str) -> Bus:
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    log = KafkaLog(game, LogSettings(url=broker.url))
    return await LogBus.connect(game, KINDS, log, [Level])


async def rabbitmq_engine(request: pytest.FixtureRequest, game: str) -> Bus:
    broker: RabbitmqBroker = request.getfixturevalue("rabbitmq_broker")
    log = RabbitmqLog(game, LogSettings(url=broker.url))
    return await LogBus.connect(game, KINDS, log, [Level])


async def bounded_kafka(request: pytest.FixtureRequest, game: str) -> Bus:
    broker: ForgetfulBroker = request.getfixturevalue("forgetful_broker")
    broker.mention(f"itg_{game}")
    log = KafkaLog(game, LogSettings(url=broker.url, ahead_bytes=MEGABYTE))
    return await LogBus.connect(game, KINDS, log, [Level])


async def bounded_rabbitmq(request: pytest.FixtureRequest, game: str) -> Bus:
    broker: RabbitmqBroker = request.getfixturevalue("rabbitmq_broker")
    bounds = LogSettings(url=broker.url, kept_bytes=4 * MEGABYTE, segment_bytes=MEGABYTE)
    return await LogBus.connect(game, KINDS, RabbitmqLog(game, bounds), [Level])


MEGABYTE = 1024 * 1024
Make = Callable[[pytest.FixtureRequest, str], Awaitable[Bus]]
ENGINE: dict[str, Make] = {
    "memory": memory_engine,
    "nats": nats_engine,
    "kafka": kafka_engine,
    "rabbitmq": rabbitmq_engine,
}
BOUNDED: dict[str, Make] = {"kafka": bounded_kafka, "rabbitmq": bounded_rabbitmq}
