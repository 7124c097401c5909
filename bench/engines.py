"""The engines of the message bus side by side: one run's facts published and read on each.

    python -m bench.engines [orders]

RabbitMQ is the system's, the broker of Kafka's protocol the tests' (in memory, not Apache Kafka).
"""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import uvloop
from bench.bus import WAYS, carried, market
from bench.flows import FLOWS
from bench.servers import SCRATCH
from tests.kafka_broker import KafkaBroker
from tests.rabbitmq_broker import RabbitmqBroker, is_installed

from itg.adapters.nats_server import NatsServer

ORDERS = 5_000


class Broker(Protocol):
    @property
    def url(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


BROKERS: dict[str, Callable[[Path], Broker]] = {
    "nats": NatsServer,
    "kafka": KafkaBroker,
    "rabbitmq": RabbitmqBroker,
}


def main() -> int:
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        data = Path(folder) / "data"
        _, flow = FLOWS[0]
        uvloop.run(market(WAYS[0], list(flow(orders)), data, ""))
        for name, kind in BROKERS.items():
            if name == "rabbitmq" and not is_installed():
                print(f"  {name}: not here")
                continue
            broker = kind(Path(folder) / name)
            broker.start()
            try:
                print(f"  {name}: {uvloop.run(carried(data, broker.url))}", flush=True)
            finally:
                broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
