"""Discovery over NATS micro: a process answers ping, info and stats; whoever asks hears of all."""

import asyncio
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from msgspec import MsgspecError, Struct, convert
from msgspec.json import Decoder
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.micro.service import (
    EndpointInfo,
    EndpointStats,
    Service,
    ServiceConfig,
    ServiceInfo,
    ServiceStats,
)

from itg.adapters.nats_bus import NatsSettings
from itg.kernel.errors import ConfigurationError
from itg.runtime.presence import Answered, Presence, Present, in_order

_PREFIX: Final = "itg-"
_ASK: Final = "$SRV.STATS"
_INBOX: Final = "_INBOX."
_LINK: Final = "link"
_CONNECT_S: Final = 5
_AGAIN_S: Final = 0.25
_QUIET_S: Final = 0.5  # so long nothing more came: those who answer have answered
_FAULTS: Final = (Error, OSError, TimeoutError, RuntimeError)


class _Endpoint(Struct, kw_only=True):
    subject: str
    num_requests: int
    num_errors: int
    average_processing_time: int
    last_error: str = ""


class _Stats(Struct, kw_only=True):
    name: str
    version: str
    started: str
    metadata: dict[str, str]
    endpoints: list[_Endpoint] = []


class Announced(Service):
    """A process as a service of NATS micro: `itg-node` or `itg-gateway`, one instance each.

    Requests of the link come by its own protocol, so their numbers stand beside micro's own
    endpoints. It answers to inboxes alone: a reply subject is the asker's choice, and what this
    process may publish is more than the asker may.
    """

    def __init__(self, client: Client, presence: Presence, answered: Answered) -> None:
        config = ServiceConfig(
            name=f"{_PREFIX}{presence.kind}",
            version=presence.version,
            description=f"{presence.kind} {presence.node} of {presence.game}",
            metadata={
                "game": presence.game,
                "node": presence.node,
                "services": ",".join(presence.services),
                "build": presence.build,
                "pid": str(presence.pid),
            },
        )
        with _old_clock():
            super().__init__(client, config)
        self._presence = presence
        self._answered = answered

    async def start(self) -> None:
        with _old_clock():
            await super().start()
        # Whoever asks from now on is answered: the server knows all subjects.
        await self._client.flush()

    def stats(self) -> ServiceStats:
        told, subject, numbers = super().stats(), self._presence.subject, self._answered
        if subject:
            told.endpoints.append(
                EndpointStats(
                    name=_LINK,
                    subject=subject,
                    queue_group="",
                    num_requests=numbers.requests,
                    num_errors=numbers.errors,
                    processing_time=numbers.total_ns,
                    average_processing_time=numbers.total_ns // max(numbers.requests, 1),
                    last_error=numbers.last_error,
                )
            )
        return told

    def info(self) -> ServiceInfo:
        told, subject = super().info(), self._presence.subject
        if subject:
            told.endpoints.append(EndpointInfo(name=_LINK, subject=subject, queue_group=""))
        return told

    async def _handle_ping_request(self, msg: Msg) -> None:
        if msg.reply.startswith(_INBOX):
            await super()._handle_ping_request(msg)

    async def _handle_info_request(self, msg: Msg) -> None:
        if msg.reply.startswith(_INBOX):
            await super()._handle_info_request(msg)

    async def _handle_stats_request(self, msg: Msg) -> None:
        if msg.reply.startswith(_INBOX):
            await super()._handle_stats_request(msg)


async def who_answers(settings: NatsSettings, quiet_s: float = _QUIET_S) -> list[Present]:
    """Return every process of a game that answers on a bus, by game, kind and node.

    Nobody knows how many there are: the last answer is the one after which `quiet_s` pass. Raises
    `ConfigurationError` where no server answers, or it lets this user ask nothing.
    """
    client = Client()
    said: list[str] = []

    async def note(error: Exception) -> None:
        said.append(str(error))

    context = ssl.create_default_context(cafile=settings.ca) if settings.ca else None
    try:
        async with asyncio.timeout(_CONNECT_S):
            await client.connect(
                settings.url,
                name="itg ps",
                tls=context,
                connect_timeout=_CONNECT_S,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=_AGAIN_S,  # type: ignore[arg-type]  # to asyncio.sleep
                error_cb=note,
            )
        found = await _heard(client, quiet_s)
    except _FAULTS as error:
        raise ConfigurationError(
            f"no NATS server answers at {settings.address} ({type(error).__name__})"
        ) from None
    finally:
        with suppress(*_FAULTS):
            await client.close()
    if not found and any("permissions" in words.lower() for words in said):
        raise ConfigurationError(
            f"{settings.address}: this user may not ask who is there; `service` may"
        )
    return in_order(found)


async def _heard(client: Client, quiet_s: float) -> list[Present]:
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    await client.publish(_ASK, reply=inbox)
    found: list[Present] = []
    with suppress(TimeoutError):
        while True:
            answer = await answers.next_msg(timeout=quiet_s)
            present = _present(answer.data)
            if present is not None:
                found.append(present)
    return found


_stats: Final = Decoder(_Stats)


def _present(data: bytes) -> Present | None:
    """Return who answered, None for another program's service or for nobody's answer."""
    try:
        told = _stats.decode(data)
        if not told.name.startswith(_PREFIX):
            return None
        pid = convert(told.metadata["pid"], int, strict=False)
        presence = Presence(
            kind=told.name.removeprefix(_PREFIX),
            game=told.metadata["game"],
            node=told.metadata["node"],
            version=told.version,
            build=told.metadata["build"],
            pid=pid,
            services=tuple(name for name in told.metadata["services"].split(",") if name),
            subject=told.endpoints[0].subject if told.endpoints else "",
        )
    except (MsgspecError, KeyError):
        return None
    ends = told.endpoints[0] if told.endpoints else None
    return Present(
        presence=presence,
        started_at=told.started,
        requests=0 if ends is None else ends.num_requests,
        errors=0 if ends is None else ends.num_errors,
        mean_us=0 if ends is None else ends.average_processing_time // 1_000,
        last_error="" if ends is None else ends.last_error,
    )


@contextmanager
def _old_clock() -> Iterator[None]:
    # The client library reads the clock by a call that newer Pythons warn of.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
