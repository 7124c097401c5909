"""Who is there: what each process says of itself on the bus, and how it is asked."""

import asyncio
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from itg import __version__
from itg.compose.carriers import called_there
from itg.compose.data_directory import DataDirectory
from itg.compose.relay_child import BusSettings
from itg.runtime.fingerprint import code_fingerprint
from itg.runtime.presence import Presence, Present
from itg.runtime.service import Service, node_name

_BUILD_LENGTH = 12


def node_presence(game: str, node: str, services: Sequence[Service], subject: str) -> Presence:
    """Return what a node says of itself; `subject` is where it takes requests."""
    names = tuple(node_name(service.name, service.shard) for service in services)
    return _presence("node", game, node, names, subject)


def gateway_presence(game: str, name: str) -> Presence:
    """Return what a gateway says of itself."""
    return _presence("gateway", game, name, (), "")


def answering(bus: BusSettings, data: Path) -> list[Present]:
    """Return every process that answers: on a bus of NATS, else those of the game in `data`.

    Raises `ConfigurationError` where no server answers.
    """
    bus.check()
    if not bus.carries_links:
        return answering_at_ports(data)
    from itg.adapters.nats_bus import NatsSettings  # noqa: PLC0415 - an extra
    from itg.adapters.nats_presence import who_answers  # noqa: PLC0415 - an extra

    return asyncio.run(who_answers(NatsSettings(url=bus.url, ca=bus.ca)))


def answering_at_ports(data: Path) -> list[Present]:
    """Return every process of the game in `data` that is called at a port of its own."""
    return asyncio.run(called_there(DataDirectory(data)))


def is_askable() -> bool:
    """Tell whether the client of NATS is installed."""
    return find_spec("nats") is not None


def _presence(kind: str, game: str, node: str, services: tuple[str, ...], subject: str) -> Presence:
    return Presence(
        kind=kind,
        game=game,
        node=node,
        version=__version__,
        build=code_fingerprint()[:_BUILD_LENGTH],
        pid=os.getpid(),
        services=services,
        subject=subject,
    )
