"""Which engine an address of a bus asks for, and how it is loaded: each needs an extra."""

from importlib.util import find_spec
from typing import Final

from msgspec import Struct

from itg.compose.bus_facts import PASSING_KINDS, fact_kinds
from itg.kernel.errors import ConfigurationError
from itg.runtime.bus import Bus


class Engine(Struct, frozen=True, kw_only=True):
    """One kind of broker: how its addresses begin, where it listens, what brings its client."""

    schemes: tuple[str, ...]
    port: int
    module: str
    package: str
    extra: str

    def check(self) -> None:
        """Raise `ConfigurationError` unless the client is installed."""
        if find_spec(self.module) is None:
            raise ConfigurationError(
                f"--bus {self.schemes[0]}:// needs {self.package}: `make extras` in a clone, or "
                f"pip install 'intern-trading-game[{self.extra}]'"
            )


NATS: Final = Engine(
    schemes=("nats", "tls"), port=4222, module="nats", package="nats-py", extra="services"
)
KAFKA: Final = Engine(
    schemes=("kafka", "kafka+tls"),
    port=9092,
    module="confluent_kafka",
    package="confluent-kafka",
    extra="kafka",
)
RABBITMQ: Final = Engine(
    schemes=("rabbitmq-stream", "rabbitmq-stream+tls"),
    port=5552,
    module="rstream",
    package="rstream",
    extra="rabbitmq",
)
ENGINES: Final = (NATS, KAFKA, RABBITMQ)


def engine_of(url: str) -> Engine | None:
    """Return what an address asks for, None where no engine is called so."""
    scheme = url.partition("://")[0]
    return next((engine for engine in ENGINES if scheme in engine.schemes), None)


async def connected(url: str, ca: str, game: str) -> Bus:
    """Return the bus of a game at an address that was checked. Raises `BusDownError`."""
    match engine_of(url):
        case engine if engine is KAFKA:
            return await _kafka(url, ca, game)
        case engine if engine is RABBITMQ:
            return await _rabbitmq(url, ca, game)
        case _:
            return await _nats(url, ca, game)


async def _nats(url: str, ca: str, game: str) -> Bus:
    from itg.adapters.nats_bus import NatsBus, NatsSettings  # noqa: PLC0415 - an extra

    return await NatsBus.connect(game, fact_kinds(), NatsSettings(url=url, ca=ca), PASSING_KINDS)


async def _kafka(url: str, ca: str, game: str) -> Bus:
    from itg.adapters.kafka_log import KafkaLog  # noqa: PLC0415 - an extra
    from itg.adapters.log import LogSettings  # noqa: PLC0415 - with it
    from itg.adapters.log_bus import LogBus  # noqa: PLC0415 - with it

    log = KafkaLog(game, LogSettings(url=url, ca=ca))
    return await LogBus.connect(game, fact_kinds(), log, PASSING_KINDS)


async def _rabbitmq(url: str, ca: str, game: str) -> Bus:
    from itg.adapters.log import LogSettings  # noqa: PLC0415 - with it
    from itg.adapters.log_bus import LogBus  # noqa: PLC0415 - with it
    from itg.adapters.rabbitmq_log import RabbitmqLog  # noqa: PLC0415 - an extra

    log = RabbitmqLog(game, LogSettings(url=url, ca=ca))
    return await LogBus.connect(game, fact_kinds(), log, PASSING_KINDS)
