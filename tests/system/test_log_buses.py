"""A served game whose facts go to Kafka or RabbitMQ: nothing missing, whatever breaks."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from tests.brokers import kafka_broker
from tests.kafka_broker import KafkaBroker
from tests.rabbitmq_broker import RabbitmqBroker
from tests.system.server import Server
from tests.system.test_message_bus import (
    bus_of,
    caught_up,
    facts_of,
    relays_of,
    shape,
    trade,
    wait_until,
)

from itg.compose.bus_engines import connected
from itg.compose.relay_child import BusSettings
from itg.kernel.ids import Seq

__all__ = ["kafka_broker"]
pytestmark = pytest.mark.system


@pytest.mark.timeout(150)  # a broker, a market and two relays start in it
@pytest.mark.skipif(sys.platform != "linux", reason="children are found under /proc")
@pytest.mark.parametrize(
    "broker",
    [
        pytest.param("kafka_broker", marks=pytest.mark.kafka),
        pytest.param("rabbitmq_broker", marks=pytest.mark.rabbitmq),
    ],
)
def test_every_fact_of_a_game_is_on_the_bus_once_and_in_order(
    broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    at: KafkaBroker | RabbitmqBroker = request.getfixturevalue(broker)
    with Server(tmp_path / "data", "bare", "--bus", at.url) as market:
        market.open_market()
        trade(market, 5)
        wait_until(lambda: caught_up(market))
        (relay,) = relays_of(market)
        os.kill(relay, signal.SIGKILL)
        market.register("Meanwhile", "hedge_fund")
        wait_until(lambda: relays_of(market) not in ([], [relay]) and caught_up(market))
        game = str(bus_of(market)["game"])
        # The last of them is carried on the way out.
        market.register("Last", "hedge_fund")
        assert market.stop() == 0
        expected = facts_of(market.data)
    assert asyncio.run(held(at.url, game, len(expected))) == expected


async def held(url: str, game: str, count: int) -> list[tuple[str, int, Seq, object]]:
    bus = await connected(url, "", game)
    got: list[tuple[str, int, Seq, object]] = []
    try:
        async with asyncio.timeout(20):
            async for batch in bus.subscribe(f"itg.v1.{game}.>", {}):
                got += map(shape, batch)
                if len(got) >= count:
                    break
    finally:
        await bus.close()
    return got


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("nats://host", "host:4222"),
        ("kafka://user:word@host", "host:9092"),
        ("rabbitmq-stream+tls://host", "host:5552"),
        ("kafka://host:19092", "host:19092"),
    ],
)
def test_an_address_without_a_port_means_its_engines_own(url: str, address: str) -> None:
    settings = BusSettings(url=url)
    settings.check()
    assert settings.address == address
