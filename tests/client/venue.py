"""A small venue of its own behind a real socket: what the SDK is tested against.

It keeps one account, fills some orders by seeded dice, numbers its private frames, resumes them,
and breaks connections when told to. It shares no state code with the SDK.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import WSMsgType, web
from msgspec import Struct, json, to_builtins

from itg.client.dice import Dice
from itg.wire.v1.socket import SUBPROTOCOL

KEY = "itg_key"
Data = dict[str, Any]

INSTRUMENTS = [
    {
        "instrument_id": name,
        "underlying_id": "SPX",
        "kind": "underlying" if name == "SPX" else "option",
        "multiplier": 100,
        "tick_size": 0.01,
    }
    for name in ("SPX", "SPX-20261217-C-4400")
]


class Peer:
    """One connected socket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.request = request
        self.channels: set[str] = set()
        self.sent = 0

    async def send(self, message: Data) -> None:
        if not self.socket.closed:
            self.sent += 1
            with suppress(ConnectionError):
                await self.socket.send_str(json.encode(message).decode())

    def break_off(self) -> None:
        if self.request.transport is not None:
            self.request.transport.abort()


class Venue:
    """The server's side: `private` is its log, `orders` and the rest its truth."""

    def __init__(self, seed: int = 1, *, lock_step: bool = False, burst: int = 1000) -> None:
        self.dice = Dice(seed)
        self.lock_step = lock_step
        self.burst = burst
        self.peers: list[Peer] = []
        self.connections = 0
        self.private: list[tuple[str, Data]] = []
        self.kept_from = 0  # private events up to here are gone
        self.orders: dict[int, Data] = {}
        self.nets: dict[str, int] = {}
        self.cash = 0.0
        self.answers: dict[str, Data] = {}
        self.order_count = 0
        self.fill_count = 0
        self.epoch = 1
        self.public: dict[str, list[Data]] = {}
        self.bodies: dict[str, Data] = {}  # a state channel's snapshot data
        self.received: list[tuple[str, Data]] = []
        self.subscriptions: list[Data] = []
        self.on_request: Callable[[Peer, str], None] = lambda _peer, _method: None
        self.silent_methods: set[str] = set()
        self.refusals: dict[str, Data] = {}
        self.answers_503 = 0
        self.game_us = 1_000_000
        self.url = ""
        self.protection: Data = {}
        self.rest_bodies: dict[str, Data] = {}  # by method and path, for the routes of a test
        self.rest_received: list[tuple[str, bytes]] = []
        self.listed = list(INSTRUMENTS)

    # -- REST ---------------------------------------------------------------

    async def rules(self, request: web.Request) -> web.Response:
        if self.answers_503 > 0:
            self.answers_503 -= 1
            return web.Response(status=503, body=json.encode(problem("SHEDDING", 503)))
        limits = {"kind": "position_limit", "max_quantity": 50}
        role: Data = {
            "role": "hedge_fund",
            "maker_fee": -0.01,
            "taker_fee": 0.02,
            "starting_cash": 0.0,
            "quotes_allowed": True,
            "can_register": True,
            "constraints": [limits],
        }
        return body(
            {
                "scenario": "venue",
                "scenario_hash": "",
                "open_registration": True,
                "lock_step": self.lock_step,
                "speed": 10.0,
                "roles": [role],
                "problem_codes": [],
            }
        )

    async def instruments(self, request: web.Request) -> web.Response:
        start = int(request.query.get("cursor", "0"))
        following = str(start + 1) if start + 1 < len(self.listed) else None
        return body({"items": self.listed[start : start + 1], "next_cursor": following})

    async def limits(self, request: web.Request) -> web.Response:
        kinds = ("orders", "cancels", "quotes")
        budget = {"per_s": self.burst, "burst": self.burst, "remaining": self.burst}
        return body({"budgets": [{"kind": kind, **budget} for kind in kinds]})

    async def prepared(self, request: web.Request) -> web.Response:
        asked = f"{request.method} {request.path}"
        self.rest_received.append((asked, await request.read()))
        if asked not in self.rest_bodies:
            return web.Response(status=404, body=json.encode(problem("ORDER_NOT_FOUND", 404)))
        return body(self.rest_bodies[asked])

    async def register(self, request: web.Request) -> web.Response:
        wanted = json.decode(await request.read())
        if wanted["team_name"] == "taken":
            return web.Response(
                status=409,
                body=json.encode(problem("DUPLICATE_TEAM_NAME", 409)),
                content_type="application/problem+json",
            )
        return body({"team_id": "t1", "api_key": KEY, **wanted})

    # -- the socket ---------------------------------------------------------

    async def ws(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("X-API-Key") != KEY:
            return web.Response(status=401, body=json.encode(problem("UNAUTHENTICATED", 401)))
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), heartbeat=None)
        await socket.prepare(request)
        peer = Peer(socket, request)
        self.peers.append(peer)
        self.connections += 1
        await peer.send(self.frame("system", "hello", 0, self.hello()))
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self.take(peer, json.decode(message.data))
        self.peers.remove(peer)
        return socket

    def hello(self) -> Data:
        return {
            "team_id": "t1",
            "account_id": "t1",
            "role": "hedge_fund",
            "connection_number": self.connections,
            "lock_step": self.lock_step,
            "epoch": self.epoch,
            "heartbeat_ms": 1000,
            "version": "1",
        }

    def frame(self, channel: str, kind: str, seq: int, data: Data, **more: object) -> Data:
        epoch = 1 if channel == "private" else self.epoch
        moment = {"ts_us": self.game_us, "game_us": self.game_us}
        return {
            "channel": channel, "type": kind, "seq": seq, "epoch": epoch, **moment, "data": data,
            **more,
        }  # fmt: skip

    async def take(self, peer: Peer, request: Data) -> None:
        method, params = request["method"], request["params"]
        self.received.append((method, params))
        self.on_request(peer, method)
        if method in self.silent_methods:
            return
        if method in self.refusals:
            await peer.send({"id": request["id"], "error": self.refusals[method]})
        elif method == "subscribe":
            await self.subscribe(peer, request["id"], params)
        else:
            answer = await self.carry_out(peer, method, params)
            key = "error" if "code" in answer else "result"
            await peer.send({"id": request["id"], key: answer})

    async def carry_out(self, peer: Peer, method: str, params: Data) -> Data:
        match method:
            case "order.place":
                return await self.place(params)
            case "order.cancel":
                return await self.cancel(params)
            case "order.cancel_all":
                gone = list(self.orders)
                for order_id in gone:
                    await self.cancel({"order_id": order_id})
                return {"order_ids": gone}
            case "quote.set":
                return {"quotes": [], "rejected": []}
            case "quote.protection_set":
                self.protection = params
                return params
            case "quote.protection_reset" | "quotes.protection":
                return self.protection
            case "unsubscribe":
                peer.channels.difference_update(params["channels"])
                return {}
            case "ping":
                return {"ts_us": self.game_us, "game_us": self.game_us}
            case _:
                return {}

    async def subscribe(self, peer: Peer, request_id: int, params: Data) -> None:
        self.subscriptions.append(params)
        points = {c: {"epoch": self.epoch, "seq": self.last_seq(c)} for c in params["channels"]}
        if "private" in points:
            points["private"]["epoch"] = 1
        await peer.send({"id": request_id, "result": {"channels": points}})
        for channel in params["channels"]:
            peer.channels.add(channel)
            if channel == "private":
                await self.open_private(peer, params.get("resume", {}).get("private"))
            elif channel in self.bodies:
                data = self.bodies[channel]
                await peer.send(self.frame(channel, "snapshot", self.last_seq(channel), data))

    async def open_private(self, peer: Peer, resume: Data | None) -> None:
        seq = len(self.private)
        if resume is not None and resume["seq"] >= self.kept_from:
            for missed in range(resume["seq"], seq):
                kind, data = self.private[missed]
                await peer.send(self.frame("private", kind, missed + 1, data))
            return
        if resume is not None:
            gone = {"requested_seq": resume["seq"], "oldest_seq": self.kept_from + 1}
            await peer.send(self.frame("private", "resume.too_old", seq, gone))
        await peer.send(self.frame("private", "snapshot", seq, self.state()))

    def last_seq(self, channel: str) -> int:
        return len(self.private if channel == "private" else self.public.get(channel, []))

    def state(self) -> Data:
        return {
            "team_id": "t1",
            "orders": list(self.orders.values()),
            "quotes": [],
            "positions": [position(name, net) for name, net in self.nets.items()],
            "cash": self.cash,
        }

    # -- what happens -------------------------------------------------------

    async def tell(self, kind: str, data: Data) -> int:
        self.private.append((kind, data))
        seq = len(self.private)
        for peer in list(self.peers):
            if "private" in peer.channels:
                await peer.send(self.frame("private", kind, seq, data))
        return seq

    async def publish(self, channel: str, kind: str, data: Data, **more: object) -> None:
        self.public.setdefault(channel, []).append(data)
        for peer in list(self.peers):
            if channel in peer.channels:
                await peer.send(self.frame(channel, kind, self.last_seq(channel), data, **more))

    async def system(self, kind: str, data: Data) -> None:
        for peer in list(self.peers):
            await peer.send(self.frame("system", kind, 0, data))

    async def beat(self) -> None:
        for peer in list(self.peers):
            data = {"channels": {c: self.last_seq(c) for c in peer.channels}}
            await peer.send(self.frame("system", "heartbeat", 0, data))

    async def place(self, params: Data) -> Data:
        key = params["client_order_id"]
        if key in self.answers:
            return self.answers[key]
        self.answers[key] = await self.accept(params)
        return self.answers[key]

    async def accept(self, params: Data) -> Data:
        if params["quantity"] > 500:
            refusal = {
                **problem("ORDER_SIZE_EXCEEDED", 422),
                "client_order_id": params["client_order_id"],
            }
            await self.tell(
                "order.rejected", {k: refusal[k] for k in ("code", "detail", "client_order_id")}
            )
            return refusal
        self.order_count += 1
        order: Data = {
            **{k: params.get(k) for k in ("client_order_id", "instrument_id", "side", "quantity")},
            **{k: params.get(k) for k in ("price", "order_type", "time_in_force")},
            "order_id": self.order_count, "post_only": False, "stp": "cancel_incoming", "tag": "",
            "revision": 1, "status": "working", "filled_quantity": 0,
            "leaves_quantity": params["quantity"], "average_price": None, "fees": 0.0,
            "accepted_us": self.game_us, "seq": len(self.private) + 1, "stop_price": None,
            "display_quantity": None, "expires_us": None,
        }  # fmt: skip
        self.orders[self.order_count] = order
        await self.tell("order.accepted", {"order": dict(order)})
        if self.dice.below(2):
            await self.fill(order, 1 + self.dice.below(order["quantity"]))
        return dict(order)

    async def fill(self, order: Data, quantity: int) -> None:
        self.fill_count += 1
        price = order["price"] or 10.0
        side = 1 if order["side"] == "buy" else -1
        order["filled_quantity"] += quantity
        order["leaves_quantity"] -= quantity
        order["average_price"] = price
        order["fees"] = round(order["fees"] + 0.01 * quantity, 4)
        order["status"] = "partially_filled" if order["leaves_quantity"] else "filled"
        if not order["leaves_quantity"]:
            del self.orders[order["order_id"]]
        shared = ("order_id", "client_order_id", "instrument_id", "side", "status")
        amounts = ("filled_quantity", "leaves_quantity", "average_price")
        await self.tell("fill", {
            **{name: order[name] for name in shared + amounts},
            "fill_id": self.fill_count, "trade_id": self.fill_count, "last_price": price,
            "last_quantity": quantity, "liquidity": "taker", "fee": 0.01 * quantity,
            "is_quote": False,
        })  # fmt: skip
        name = order["instrument_id"]
        self.nets[name] = self.nets.get(name, 0) + side * quantity
        self.cash = round(self.cash - side * quantity * price * 100 - 0.01 * quantity, 4)
        await self.tell(
            "position", {"position": position(name, self.nets[name]), "cash": self.cash}
        )

    async def cancel(self, params: Data) -> Data:
        order = self.orders.get(params.get("order_id") or 0)
        for candidate in self.orders.values():
            if params.get("client_order_id") == candidate["client_order_id"]:
                order = candidate
        if order is None:
            return problem("ORDER_NOT_FOUND", 404)
        del self.orders[order["order_id"]]
        order.update(status="canceled", leaves_quantity=0)
        await self.tell("order.canceled", {"order": dict(order), "cancel_reason": "requested"})
        return dict(order)


def position(name: str, net: int) -> Data:
    return {
        "instrument_id": name, "net_quantity": net, "average_price": 10.0, "realized_pnl": 0.0,
        "unrealized_pnl": None, "fees": 0.0,
    }  # fmt: skip


def problem(code: str, status: int) -> Data:
    return {
        "type": f"/problems/{code}",
        "title": code,
        "status": status,
        "detail": "no",
        "code": code,
    }


def body(data: Data | Struct) -> web.Response:
    return web.Response(body=json.encode(to_builtins(data)), content_type="application/json")


@asynccontextmanager
async def running(venue: Venue) -> AsyncIterator[Venue]:
    app = web.Application()
    app.add_routes(
        [
            web.get("/ws", venue.ws),
            web.get("/game/rules", venue.rules),
            web.get("/exchange/instruments", venue.instruments),
            web.get("/exchange/limits", venue.limits),
            web.post("/game/teams/register", venue.register),
            web.route("*", "/exchange/{path:.*}", venue.prepared),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    venue.url = f"http://{host}:{port}"
    try:
        yield venue
    finally:
        for peer in list(venue.peers):
            peer.break_off()
        await runner.cleanup()
