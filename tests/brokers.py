"""Real brokers for tests, on loopback: from wheels."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.kafka_broker import ForgetfulBroker, KafkaBroker

from itg.adapters.nats_server import NatsServer


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A nats-server that the tests of one process share, each with a game of its own."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server that a test may stop, kill and start again."""
    server = NatsServer(tmp_path / "nats")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker of Kafka's protocol that the tests of one process share."""
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def own_kafka_broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker of Kafka's protocol that a test may kill and start again, with nothing left."""
    broker = KafkaBroker(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def forgetful_broker() -> ForgetfulBroker:
    """A broker of Kafka's protocol that keeps the last 5 MiB of a topic."""
    return ForgetfulBroker()
