"""What a node answers at its internal port."""

import asyncio
from collections.abc import Sequence
from typing import Final

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from msgspec.json import Encoder

from itg.compose.internal.document import document
from itg.compose.internal.events import Asked, EventPage, asked_of, page_of
from itg.compose.internal.health import StateHash, health_of, metrics_of
from itg.compose.internal.questions import Told, named, queries_of, query_of
from itg.compose.node import Node
from itg.kernel.ids import Seq
from itg.kernel.messages import Query, Reply

_JSON: Final = "application/json"
_TEXT: Final = "text/plain; version=0.0.4"
_encode: Final = Encoder().encode


class Desk:
    """What the port answers of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._queries = queries_of(node.pump.machine.services)
        self._recovered_seq = node.pump.journal.head().seq

    def handlers(self) -> Sequence[HTTPRouteHandler]:
        """Return a handler of every path."""

        @get("/internal/events")
        async def events(request: Request[None, None, State]) -> Response[bytes]:
            asked = asked_of(request.scope["query_string"])
            return _told(await asyncio.to_thread(self._page, asked))

        @get("/internal/health")
        async def health() -> Response[bytes]:
            return _told(health_of(self._node, self._recovered_seq))

        @get("/internal/state")
        async def state() -> Response[bytes]:
            state_hash = self._node.pump.machine.state_hash()
            _, seq = await self._released(())
            return _told(StateHash(seq=seq, state_hash=state_hash))

        @get("/internal/metrics")
        async def metrics() -> Response[bytes]:
            return Response(metrics_of(self._node).encode(), media_type=_TEXT)

        @get("/openapi.json")
        async def openapi() -> Response[bytes]:
            return _told(document(self._node.name, self._node.pump.machine.services))

        @post("/{service:str}/{name:str}", status_code=200)
        async def ask(request: Request[None, None, State]) -> Response[bytes]:
            path = request.path_params
            kind = named(self._queries, str(path["service"]), str(path["name"]))
            query = query_of(kind, await request.body(), self._node.pump.machine.services)
            (reply,), as_of = await self._released((query,))
            return _told(Told(as_of=as_of, kind=type(reply).__name__, reply=reply))

        return [events, health, state, metrics, openapi, ask]

    async def _released(self, queries: tuple[Query, ...]) -> tuple[Sequence[Reply], Seq]:
        # Nobody reads what is not on disk: told when that state is released.
        told: asyncio.Future[tuple[Sequence[Reply], Seq]]
        told = asyncio.get_running_loop().create_future()

        def release(replies: Sequence[Reply], seq: Seq) -> None:
            if not told.done():
                told.set_result((replies, seq))

        self._node.pump.ask(queries, release)
        return await told

    def _page(self, asked: Asked) -> EventPage:
        journal = self._node.pump.journal.reader()
        try:
            return page_of(journal, self._node.pump.codec, asked)
        finally:
            journal.close()


def _told(value: object) -> Response[bytes]:
    return Response(_encode(value), media_type=_JSON)
