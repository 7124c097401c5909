"""A node's own port, for its neighbours and those who keep it: events, health, state, numbers.

    GET /internal/events?shard&after&limit   rows' facts after a number, oldest first
    GET /internal/health                     what it is, how far it is, whom it hears
    GET /internal/state                      the hash of its state at a number
    GET /internal/metrics                    the pump's numbers, for Prometheus

It is not the public port: it listens on loopback unless told otherwise, and whoever asks has the
token in the game's directory. It only reads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from hmac import compare_digest
from itertools import chain, islice
from typing import Final, cast
from urllib.parse import parse_qs

from litestar.types import ASGIApp
from msgspec import Struct
from msgspec.json import Encoder

from itg.adapters.http_server import HttpServer
from itg.compose.data_directory import DataDirectory
from itg.compose.node import Node
from itg.kernel.errors import ConfigurationError, JournalError
from itg.kernel.ids import Seq
from itg.kernel.messages import Event, Reply
from itg.runtime.envelope import Envelope, Record, shard_of, source_of
from itg.runtime.journal import Journal, SealedBatch

TOKEN_FILE: Final = "internal.key"  # noqa: S105 - the name of a file
LIMIT: Final = 1_000  # of events in an answer
ROWS_MAX: Final = 256  # that are read for one
_DIGITS_MAX = 18
_PORT_MAX = 65_535
_BACK = 1_024  # numbers, to begin with, in which the row of a number begins
_JSON = b"application/json"
_TEXT = b"text/plain; version=0.0.4"
_encode = Encoder().encode
_Receive = Callable[[], Awaitable[Mapping[str, object]]]
_Send = Callable[[Mapping[str, object]], Awaitable[None]]


class RefusedError(Exception):
    """A request that is refused, with its status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Asked(Struct, frozen=True, kw_only=True):
    """Which events are asked for."""

    after: Seq
    shard: int | None
    limit: int


def token_of(directory: DataDirectory) -> str:
    """Return the token of a game's internal ports, drawn if there is none yet."""
    return directory.secret(directory.path / TOKEN_FILE, "itg_", 32)


def address_of(text: str) -> tuple[str, int]:
    """Return host and port of `[HOST:]PORT`; `ConfigurationError` if it is none of that."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
        raise ConfigurationError(
            f"--internal {text}: a port from 0 to {_PORT_MAX}, or HOST:PORT; loopback without HOST"
        )
    return host.strip("[]") or "127.0.0.1", int(port)


class InternalPort:
    """The port of `node`, asked with `token`; `start` listens."""

    def __init__(self, node: Node, token: str, host: str, port: int) -> None:
        self._node = node
        self._token = f"Bearer {token}".encode()
        self._server = HttpServer(cast("ASGIApp", self._app), host, port)
        self._host = host
        self._recovered_seq = node.pump.journal.head().seq  # a pump counts what its life released

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://{self._host}:{self._server.port}"

    async def start(self) -> None:
        """Listen; raises `ConfigurationError` if the address cannot be had."""
        await self._server.start()

    async def stop(self) -> None:
        """Listen no more."""
        await self._server.stop()

    async def _app(self, scope: Mapping[str, object], receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan":
            for change in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{change}.complete"})
        elif scope["type"] == "http":
            status, body, kind = await self._replied(scope)
            headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await send({"type": "websocket.close"})

    async def _replied(self, scope: Mapping[str, object]) -> tuple[int, bytes, bytes]:
        head, query = scope["headers"], scope["query_string"]
        assert isinstance(head, list)
        assert isinstance(query, bytes)
        try:
            self._assert_may(str(scope["method"]), dict(head).get(b"authorization", b""))
            return 200, *await self._answer(str(scope["path"]), query)
        except RefusedError as error:
            status, detail = error.status, str(error)
        except JournalError as error:
            status, detail = 503, str(error)
        return status, _encode({"status": status, "detail": detail}), _JSON

    def _assert_may(self, method: str, told: bytes) -> None:
        if not compare_digest(told, self._token):
            raise RefusedError(401, f"give Authorization: Bearer and the token in {TOKEN_FILE}")
        if method != "GET":
            raise RefusedError(405, f"{method}: an internal port is only read: GET")

    async def _answer(self, path: str, query: bytes) -> tuple[bytes, bytes]:
        match path:
            case "/internal/events":
                asked = asked_of(query)
                return _encode(await asyncio.to_thread(self._events, asked)), _JSON
            case "/internal/health":
                return _encode(self._health()), _JSON
            case "/internal/state":
                return _encode(await self._state()), _JSON
            case "/internal/metrics":
                return self._metrics().encode(), _TEXT
            case _:
                raise RefusedError(
                    404, f"{path}: there are /internal/events, /health, /state and /metrics"
                )

    def _health(self) -> dict[str, object]:
        node, pump = self._node, self._node.pump
        neighbours = node.hearers.neighbours
        return {
            "node": node.name,
            "services": list(pump.machine.nodes),
            "epoch": pump.epoch,
            "seq": max(pump.released_seq, self._recovered_seq),
            "game_ns": pump.machine.game_ns,
            "is_live": pump.is_live,
            "has_caught_up": node.hearers.has_caught_up,
            "hears": {name: each.is_live for name, each in neighbours.items()},
        }

    async def _state(self) -> dict[str, object]:
        # Nobody reads what is not on disk: told when that state is released.
        pump = self._node.pump
        told: asyncio.Future[Seq] = asyncio.get_running_loop().create_future()

        def released(_: Sequence[Reply], seq: Seq) -> None:
            if not told.done():
                told.set_result(seq)

        state_hash = pump.machine.state_hash()
        pump.ask((), released)
        return {"seq": await told, "state_hash": state_hash}

    def _events(self, asked: Asked) -> dict[str, object]:
        """Return a page of whole rows; from `next_after` the next one goes on."""
        journal, codec = self._node.pump.journal.reader(), self._node.pump.codec
        try:
            held = journal.head().seq
            events: list[Envelope] = []
            reached = asked.after
            for row in islice(rows_from(journal, asked.after), ROWS_MAX):
                if len(events) >= asked.limit:
                    break
                for record in codec.decode_records(row.body):
                    events += _told(record, row.epoch, asked)
                reached = row.last_seq
            return {"events": events, "next_after": reached, "is_end": reached >= held}
        finally:
            journal.close()

    def _metrics(self) -> str:
        pump, numbers = self._node.pump, self._node.pump.numbers
        rows = (
            ("itg_pump_inputs_total", "counter", numbers.inputs),
            ("itg_pump_events_total", "counter", numbers.events),
            ("itg_pump_batches_total", "counter", numbers.batches),
            ("itg_pump_overloads_total", "counter", numbers.overloads),
            ("itg_pump_snapshots_total", "counter", numbers.snapshots),
            ("itg_pump_depth", "gauge", pump.depth),
            ("itg_pump_lag_events", "gauge", pump.lag_events),
        )
        return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, kind, value in rows)


def asked_of(query: bytes) -> Asked:
    """Return what a query string asks for; `RefusedError` names the field that is wrong."""
    fields = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    unknown = sorted(set(fields) - {"after", "shard", "limit"})
    if unknown:
        raise RefusedError(400, f"{unknown[0]}: no such field; there are after, shard and limit")
    after, limit = _number(fields, "after", 0), _number(fields, "limit", LIMIT)
    shard = _number(fields, "shard", 0) if "shard" in fields else None
    if not 0 < limit <= LIMIT:
        raise RefusedError(400, f"limit {limit}: at least 1, at most {LIMIT}")
    return Asked(after=Seq(after), shard=shard, limit=limit)


def _number(fields: Mapping[str, Sequence[str]], name: str, default: int) -> int:
    if name not in fields:
        return default
    text = fields[name][-1]
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise RefusedError(400, f"{name} {text!r}: a whole number from 0 on")
    return int(text)


def rows_from(journal: Journal, after: Seq) -> Iterator[SealedBatch]:
    """Return the rows from the one on that holds the number after `after`."""
    back = _BACK
    while True:
        start = Seq(max(0, after - back))
        rows = journal.rows(start)
        first = next(rows, None)
        if start == 0 or (first is not None and first.first_seq <= after + 1):
            break
        back *= 8
    found = rows if first is None else chain([first], rows)
    return (row for row in found if row.last_seq > after)


def _told(record: Record, epoch: int, asked: Asked) -> Iterator[Envelope]:
    for seq, output in enumerate(record.outputs, start=record.seq + 1):
        if seq <= asked.after or not isinstance(output, Event):
            continue
        if asked.shard is None or shard_of(output) == asked.shard:
            yield Envelope(
                seq=Seq(seq),
                ts_ns=record.ts_ns,
                game_ns=record.game_ns,
                cause=record.seq,
                trace_id=record.trace_id,
                actor=record.actor,
                source=source_of(output),
                shard=shard_of(output),
                epoch=epoch,
                body=output,
            )
