"""The carrier over HTTP: each process posts to the ports of those who hear, with nobody between.

    send ─▶ one outbox for each address ─▶ POST /internal/link ─▶ take

An outbox posts what waits as one body, and the next when that was taken: one sender's bytes to one
subject stay in order. Nothing is sent twice, so what an address does not take is lost, as on any
carrier.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Protocol

import aiohttp
import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from msgspec import MsgspecError
from msgspec.json import Decoder as JsonDecoder
from msgspec.json import Encoder as JsonEncoder
from msgspec.msgpack import Decoder, Encoder

from itg.adapters.address_book import AddressBook
from itg.kernel.times import NS_PER_S
from itg.runtime.carrier import CarrierDownError, Take
from itg.runtime.clock import SystemClock
from itg.runtime.presence import Answered, Presence, Present, in_order

log = structlog.get_logger()
LINK_PATH: Final = "/internal/link"
PRESENCE_PATH: Final = "/internal/presence"
# A link's largest piece and a little more; what waits beyond that goes with the next post.
_POST_BYTES: Final = 1_000_000
_POST_BYTES_MAX: Final = 2 * _POST_BYTES
_ANSWER_S: Final = 2.0
_FINISH_S: Final = 1.0
_AGAIN_S: Final = 0.25
# What a hearer may be behind: more is lost, and the link begins anew from the journal.
_PENDING_MESSAGES: Final = 65_536
_PENDING_BYTES: Final = 256 * 1024 * 1024
_TAKEN: Final = 204
_FAULTS: Final = (aiohttp.ClientError, OSError, TimeoutError)
_Messages = list[tuple[str, bytes]]
_encode: Final = Encoder().encode
_decode: Final = Decoder(_Messages).decode


class Port(Protocol):
    """A port of this process that takes more paths; `url` once it listens."""

    @property
    def url(self) -> str:
        """Return its address, as others reach it."""

    def add(self, handlers: Sequence[HTTPRouteHandler]) -> None:
        """Answer these paths too."""


class HttpCarrier:
    """A carrier; it is heard at `port`, and finds others in `book`."""

    def __init__(self, book: AddressBook, port: Port, token: str) -> None:
        self._book = book
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None
        self._hearers: dict[str, list[Take]] = {}
        self._outboxes: dict[str, _Outbox] = {}
        self._told: tuple[Presence, Answered, str] | None = None
        self._is_closed = False
        port.add(self._handlers())

    async def send(self, subject: str, body: bytes) -> None:
        if self._is_closed:
            raise CarrierDownError("the carrier is closed")
        try:
            urls = self._book.urls(subject)
        except OSError as error:
            raise CarrierDownError(f"cannot look where others are: {error}") from error
        for url in urls:
            outbox = self._outboxes.get(url)
            if outbox is None:
                self._forget_gone()
                outbox = self._outboxes[url] = _Outbox(self._opened(), url)
            outbox.put(subject, body)

    async def hear(self, subject: str, take: Take) -> None:
        self._hearers.setdefault(subject, []).append(take)
        self._book.keep(self._port.url, tuple(self._hearers))

    async def announce(self, presence: Presence, answered: Answered) -> None:
        """Answer who asks at the port for this process, until `close`."""
        began = datetime.fromtimestamp(SystemClock().wall_ns() // NS_PER_S, UTC)
        self._told = presence, answered, began.isoformat().replace("+00:00", "Z")
        self._book.keep(self._port.url, tuple(self._hearers))

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._book.remove()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FINISH_S):
                for outbox in self._outboxes.values():
                    await outbox.emptied()
        for outbox in self._outboxes.values():
            await outbox.stop()
        self._hearers.clear()
        if self._session is not None:
            await self._session.close()

    def _forget_gone(self) -> None:
        for url in [url for url in self._outboxes if not self._book.has(url)]:
            self._outboxes.pop(url).end()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=_ANSWER_S),
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            )
        return self._session

    def _handlers(self) -> Sequence[HTTPRouteHandler]:
        @post(LINK_PATH, status_code=_TAKEN, request_max_body_size=_POST_BYTES_MAX)
        async def link(request: Request[None, None, State]) -> None:
            try:
                messages = _decode(await request.body())
            except MsgspecError as error:
                raise HTTPException(str(error), status_code=400) from error
            for subject, body in messages:
                for take in self._hearers.get(subject, ()):
                    take(body)

        @get(PRESENCE_PATH)
        async def presence() -> Response[bytes]:
            if self._told is None:
                raise HTTPException("it begins", status_code=503)
            return Response(JsonEncoder().encode(_present(*self._told)), media_type=_JSON)

        return [link, presence]


_JSON: Final = "application/json"


class _Outbox:
    """What is to be sent to one address."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._bytes = 0
        self._is_failing = False
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task = asyncio.create_task(self._run(), name=f"link to {url}")

    def put(self, subject: str, body: bytes) -> None:
        if self._task.done():
            self._task.result()  # raises: there is no fault after which it ends
        is_full = len(self._waiting) >= _PENDING_MESSAGES or self._bytes >= _PENDING_BYTES
        if not is_full:
            self._waiting.append((subject, body))
            self._bytes += len(body)
            self._idle.clear()
            self._news.set()

    async def emptied(self) -> None:
        """Wait until all of it was taken, or is lost."""
        await self._idle.wait()

    def end(self) -> None:
        """Send no more."""
        self._task.cancel()

    async def stop(self) -> None:
        """Send no more; returns when it has ended."""
        self.end()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                try:
                    await self._post(self._next())
                    self._is_failing = False
                except _FAULTS as error:
                    self._note(error)
                    # Who does not answer is not asked with every message.
                    await asyncio.sleep(_AGAIN_S)
                    self._lose()
            self._idle.set()

    async def _post(self, body: bytes) -> None:
        async with self._session.post(f"{self._url}{LINK_PATH}", data=body) as answer:
            if answer.status != _TAKEN:
                raise OSError(f"status {answer.status}")

    def _next(self) -> bytes:
        messages: _Messages = []
        size = 0
        while self._waiting and (size == 0 or size + len(self._waiting[0][1]) < _POST_BYTES):
            message = self._waiting.popleft()
            messages.append(message)
            size += len(message[1])
        self._bytes -= size
        return _encode(messages)

    def _lose(self) -> None:
        # What waited behind it would come after a hole: the link begins anew either way.
        self._waiting.clear()
        self._bytes = 0

    def _note(self, error: Exception) -> None:
        if not self._is_failing:
            self._is_failing = True
            log.warning(
                "link_carrier", to=self._url, reason=f"{type(error).__name__}: {error}"[:200]
            )


async def who_answers(book: AddressBook, token: str) -> list[Present]:
    """Return every process of a directory that answers, by game, kind and node."""
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        urls = {card.url for card in book.cards()}
        told = await asyncio.gather(*(_asked(session, url) for url in sorted(urls)))
    return in_order(present for present in told if present is not None)


async def _asked(session: aiohttp.ClientSession, url: str) -> Present | None:
    try:
        async with session.get(f"{url}{PRESENCE_PATH}") as answer:
            body = await answer.read()
            return JsonDecoder(Present).decode(body) if answer.status == 200 else None
    except (*_FAULTS, MsgspecError):
        return None


def _present(presence: Presence, answered: Answered, started_at: str) -> Present:
    return Present(
        presence=presence,
        started_at=started_at,
        requests=answered.requests,
        errors=answered.errors,
        mean_us=answered.total_ns // max(answered.requests, 1) // 1_000,
        last_error=answered.last_error,
    )
