"""A server without a game that plays a busy market to a page: the browser alone is measured.

    python -m bench.played               serves the built page on a free port and prints it

A hundred updates in each tenth of a second, spread over the instruments of a wide chain, in the
frames in which a game sends them: the same Structs, merged as they are there.
"""

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
import uvloop
from bench.played_market import OPENS_US, SPOTS, Market
from litestar.types import Receive, Scope, Send

from itg.adapters.http_server import HttpServer
from itg.gateway.framing import Fact, Framer
from itg.gateway.ui_files import INDEX, UI_POLICY, UiFile, ui_files
from itg.runtime.clock import SystemClock
from itg.wire.v1.account import PrivateSnapshot
from itg.wire.v1.market import InstrumentPage, PhasePush, PhasesPush
from itg.wire.v1.news import LastNewsPush
from itg.wire.v1.orders import Body
from itg.wire.v1.signals import LastSignalsPush
from itg.wire.v1.socket import HeartbeatData, HelloData

FRAME_S = 0.1
KEY = "itg_played"
ME = {"scopes": ["read", "trade"], "team_id": "t1", "team_name": "Watcher", "role": "hedge_fund"}
NOT_PLAYED = {
    "type": "about:blank",
    "title": "Not played",
    "status": 404,
    "detail": "This server plays prices alone.",
    "code": "NOT_PLAYED",
}


class Desk:
    """One socket: what it hears, and how far each channel has come."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._framer = Framer(1, SystemClock())
        self._seqs: dict[str, int] = {}
        self._began = time.monotonic()
        self.out: asyncio.Queue[str] = asyncio.Queue()
        self._say("system", "hello", _hello())

    async def play(self) -> None:
        """Send the frames of each tenth of a second, and a heartbeat each second."""
        loop, due, number = asyncio.get_running_loop(), time.monotonic(), 0
        while True:
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))
            number += 1
            for channel in list(self._seqs):
                self._move(channel)
            if number % 10 == 0:
                self._say("system", "heartbeat", HeartbeatData(channels=dict(self._seqs)))

    def take(self, text: str) -> None:
        """Answer a request; what is not of prices is refused."""
        asked = msgspec.json.decode(text)
        method, params = asked["method"], asked["params"]
        result = self._answer(method, params)
        said = {"error": NOT_PLAYED} if result is None else {"result": result}
        self.out.put_nowait(msgspec.json.encode({"id": asked["id"], **said}).decode())
        if method == "subscribe":
            for channel in params["channels"]:
                self._begin(channel)

    def _answer(self, method: str, params: dict[str, object]) -> object:
        market = self._market
        match method:
            case "subscribe":
                return {}
            case "unsubscribe":
                for channel in _texts(params["channels"]):
                    self._seqs.pop(channel, None)
                return {}
            case "instruments.list":
                return InstrumentPage(items=market.instruments, next_cursor=None)
            case "price.history":
                interval_s = int(str(params["interval"]).rstrip("sm"))
                limit = msgspec.convert(params["limit"], int)
                return market.candles(str(params["underlying_id"]), interval_s, limit)
            case "chain.get":
                return market.chain(str(params["underlying"]), self._game_us)
        return None

    def _begin(self, channel: str) -> None:
        body = self._whole(channel)
        if body is not None:
            self._seqs[channel] = 0
            self._say(channel, "snapshot", body)

    def _whole(self, channel: str) -> Body | None:
        kind, _, of = channel.partition(".")
        match kind:
            case "ui" if of in SPOTS:
                return self._market.whole(of, self._game_us)
            case "ui":
                return self._market.book(of.removeprefix("book."))
            case "phase":
                return PhasesPush(phases=[_continuous(each) for each in SPOTS])
            case "events":
                return LastNewsPush(news=[])
            case "signals":
                return LastSignalsPush(signals=[])
            case "private":
                return PrivateSnapshot(team_id="t1", orders=[], quotes=[], positions=[], cash=0.0)
        return None

    def _move(self, channel: str) -> None:
        if not channel.startswith("ui."):
            return
        of = channel.removeprefix("ui.")
        if of in SPOTS:
            self._say(channel, "frame", self._market.changed(of, self._game_us))
        else:
            self._say(channel, "delta", self._market.book_change(of.removeprefix("book.")))

    def _say(self, channel: str, kind: str, body: Body) -> None:
        self._seqs[channel] = seq = self._seqs.get(channel, 0) + 1
        fact = Fact(kind, body, (self._game_us, self._game_us))
        frame = self._framer.frame(channel, seq, fact)
        self.out.put_nowait(frame.decode())

    @property
    def _game_us(self) -> int:
        return OPENS_US + int((time.monotonic() - self._began) * 1e6)


def _texts(value: object) -> list[str]:
    return msgspec.convert(value, list[str])


def _hello() -> HelloData:
    return HelloData(
        team_id="t1",
        account_id="a1",
        role="hedge_fund",
        connection_number=1,
        lock_step=False,
        epoch=1,
        heartbeat_ms=1000,
        version="played",
        cancel_on_disconnect="none",
    )


def _continuous(underlying: str) -> PhasePush:
    return PhasePush(
        underlying_id=underlying,
        instrument_id=None,
        phase="continuous",
        previous="opening_auction",
        next_phase="closed",
        next_transition_us=OPENS_US + 21_600_000_000,
    )


class Playing:
    """The application: the built page, a ticket for whoever asks, and the socket."""

    def __init__(self) -> None:
        self._files = ui_files()
        self._market = Market()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind: str = scope["type"]
        if kind == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif kind == "http":
            await self._http(str(scope["path"]), send)
        else:
            await self._socket(receive, send)

    async def _http(self, path: str, send: Send) -> None:
        said = {"/game/me": ME, "/game/ws-tickets": {"ticket": "played", "expires_in_s": 30}}
        if path in said:
            body = msgspec.json.encode(said[path])
            file = UiFile(content=body, media_type="application/json", tag="")
        else:
            file = self._files.get(path.removeprefix("/ui/"), self._files[INDEX])
        headers = [
            (b"content-type", file.media_type.encode()),
            (b"content-length", str(len(file.content)).encode()),
            (b"content-security-policy", UI_POLICY.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": file.content, "more_body": False})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "itg.v1.json", "headers": []})
        desk = Desk(self._market)
        async with asyncio.TaskGroup() as tasks:
            under_way = [tasks.create_task(desk.play()), tasks.create_task(_write(desk, send))]
            async for text in _texts_of(receive):
                desk.take(text)
            for task in under_way:
                task.cancel()


async def _write(desk: Desk, send: Send) -> None:
    while True:
        text = await desk.out.get()
        await send({"type": "websocket.send", "text": text, "bytes": None})


async def _texts_of(receive: Receive) -> AsyncIterator[str]:
    while True:
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        yield message["text"] or ""


async def _serve() -> None:
    server = HttpServer(Playing().app, "127.0.0.1", 0)
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
