"""A whole game behind real sockets on loopback, and clients to talk to it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from typing import Any, Self

import aiohttp
from msgspec import json
from tests.gateway.apart import Ensemble
from tests.gateway.pushes import assert_described
from tests.gateway.scripts import Script, scripted
from tests.runtime.carriers import MemoryCarrier

from itg import scenario
from itg.adapters.http_server import HttpServer
from itg.compose.clock_director import ClockDirector, ScaledClockDirector, VirtualClockDirector
from itg.compose.services import services_of
from itg.compose.topologies import CHIEF, TOPOLOGIES
from itg.compose.trials import trials_of_machine
from itg.game.contract import CreateGame
from itg.gateway import Gateway, build_app
from itg.gateway.settings import GatewaySettings
from itg.gateway.steward import RemoteSteward, Steward
from itg.kernel.times import Nanos
from itg.runtime.cascade import Machine
from itg.runtime.clock import Clock, ScaledClock, VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.followed import Ends, FollowedPump
from itg.runtime.followers import Followers
from itg.runtime.journal import Journal, MemoryJournal
from itg.runtime.link import QueryCodec, all_replies
from itg.runtime.pump import Pump
from itg.runtime.recovery import recover
from itg.runtime.service import Service

ADMIN_KEY = "itg_admin"
Json = dict[str, Any]


def digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


class House:
    """One running game. `frozen` journals let a test hold the disk.

    `topology` says where the doors are: beside the pump, those of a gateway that follows the pump
    over a link, or before the nodes of a topology. Lock step is beside the pump, always.
    """

    topology = "beside"

    def __init__(
        self,
        name: str = "bare",
        *,
        journal: Journal | None = None,
        settings: GatewaySettings | None = None,
        has_order_lane: bool = True,
        lock_step: bool = False,
        scripts: Mapping[str, Script] | None = None,
        amend: Callable[[CreateGame], CreateGame] | None = None,
        speed: float = 1.0,
    ) -> None:
        loaded = scenario.load(name, admin_key_hash=digest(ADMIN_KEY), lock_step=lock_step)
        self.create = loaded if amend is None else amend(loaded)
        rules = self.create.rules

        def playing() -> list[Service]:
            services = services_of([shard for shard, _ in rules.shards])
            return [scripted(service, scripts or {}) for service in services]

        self.journal = journal or MemoryJournal.opened()
        start_ns = rules.rounds[0].start_ns
        self.clock, self._director = clock_of(start_ns, speed, lock_step=lock_step)
        self.records: list[Record] = []
        topology = "beside" if lock_step else House.topology
        self.ensemble = None
        if topology in TOPOLOGIES:
            self.ensemble = Ensemble(topology, playing, self.journal, self.clock, self._see_node)
            self.pump = self.ensemble.nodes[CHIEF].pump
            self.machine = self.pump.machine
        else:
            self.machine = Machine(playing())
            if self.journal.head().seq:
                recover(self.journal, self.machine)
            self.pump = Pump(self.machine, self.journal, self.clock, on_release=self._see)
        # Before nodes it is another one's place until they are found.
        self.gateway = self.near = Gateway(self.pump, settings)
        if topology == "beside":
            self.gateway.trials = trials_of_machine(self.pump, [shard for shard, _ in rules.shards])
        self.far = _Far(self) if topology == "followed" else None
        self.settings = settings
        self.has_order_lane = has_order_lane
        self.app = build_app(self.gateway, has_order_lane=has_order_lane)
        self.server = HttpServer(self.app, "127.0.0.1", 0)
        self.stack = AsyncExitStack()

    def _see(self, records: Sequence[Record]) -> None:
        self.near.publish(records)
        self._director.see(records)
        self.records.extend(records)

    def _see_node(self, name: str, records: Sequence[Record]) -> None:
        if name == CHIEF:
            self._director.see(records)
        self.records.extend(records)

    async def __aenter__(self) -> Self:
        if self.ensemble is not None:
            await self._start_apart(self.ensemble)
        else:
            self.pump.start()
            if self.machine.next_seq == 1:
                self.pump.submit(self.create)
            await self.gateway.start()
        if self.far is not None:
            await self.far.start()
        await self.server.start()
        self.http = await self.stack.enter_async_context(aiohttp.ClientSession())
        return self

    async def _start_apart(self, ensemble: Ensemble) -> None:
        joined = await ensemble.start()
        if self.machine.next_seq == 1:
            self.pump.submit(self.create)
        await joined.start(self._publish, on_return=_nothing, deadline_s=5)
        self.stack.push_async_callback(joined.stop)
        self.gateway = self.near = Gateway(joined, self.settings)
        await self.gateway.start()
        self.app = build_app(self.gateway, has_order_lane=self.has_order_lane)
        self.server = HttpServer(self.app, "127.0.0.1", 0)

    def _publish(self, records: Sequence[Record]) -> None:
        self.gateway.publish(records)

    async def __aexit__(self, *_: object) -> None:
        await self.stack.aclose()
        if self.ensemble is not None:
            await self.ensemble.stop()
        elif self.pump.failure is None:
            await self.pump.drain()
        if self.far is not None:
            await self.far.stop()
        await self.near.stop()
        await self.server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> "Answered":
        sent = dict(headers or {})
        if key is not None:
            sent["X-API-Key"] = key
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.encode(body)
            sent.setdefault("Content-Type", "application/json")
        request = self.http.request(method, self.url + path, data=data, headers=sent)
        async with request as response:
            return Answered(response.status, dict(response.headers), await response.read())

    async def register(self, name: str, role: str = "market_maker") -> "Team":
        answer = await self.call("POST", "/game/teams/register", {"team_name": name, "role": role})
        assert answer.status == 201, answer.body
        return Team(self, answer.json["api_key"], answer.json["team_id"])

    async def phase(self, phase: str, instrument_id: str | None = None) -> "Answered":
        body = {"phase": phase, "instrument_id": instrument_id}
        return await self.call("POST", "/admin/phases", body, key=ADMIN_KEY)

    async def open_market(self) -> None:
        """Start the round and go to continuous trading."""
        await self.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        for phase in ("pre_open", "continuous"):
            answer = await self.phase(phase)
            assert answer.status == 200, answer.body

    @property
    def instruments(self) -> list[str]:
        return list(self.gateway.directory.instruments)


class _Far:
    """A gateway that follows a house's pump over a memory carrier."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.carrier = MemoryCarrier()
        self.queries = QueryCodec(
            [kind for service in house.machine.services for kind in service.answers], all_replies()
        )
        steward = house.near.steward
        assert isinstance(steward, Steward)
        self.followers = Followers(house.pump, self.carrier, "node", self.queries, steward)
        house.pump.on_row = self.followers.see_row
        ends = Ends(self.carrier, "node", "door")
        self.pump = FollowedPump(ends, house.machine.codec, self.queries, house.journal)

    async def start(self) -> None:
        house = self.house
        await self.followers.start()
        await self.pump.start(self._publish, on_return=self._return, deadline_s=5)
        steward = RemoteSteward(self.pump.note)
        house.gateway = Gateway(self.pump, house.settings, steward=steward)
        await house.gateway.start()
        await house.server.stop()
        house.app = build_app(house.gateway, has_order_lane=house.has_order_lane)
        house.server = HttpServer(house.app, "127.0.0.1", 0)

    def _publish(self, records: Sequence[Record]) -> None:
        if self.house.gateway is not self.house.near:
            self.house.gateway.publish(records)

    def _return(self) -> None:
        if self.house.gateway is not self.house.near:
            self.house.gateway.tell_present()

    async def stop(self) -> None:
        await self.house.gateway.stop()
        await self.pump.stop()
        await self.followers.stop()
        await self.carrier.close()


def _nothing() -> None:
    """Do nothing."""


def clock_of(start_ns: Nanos, speed: float, *, lock_step: bool) -> tuple[Clock, ClockDirector]:
    if lock_step:
        virtual = VirtualClock(start_ns)
        return virtual, VirtualClockDirector(virtual)
    scaled = ScaledClock(start_ns, speed)
    return scaled, ScaledClockDirector(scaled)


class Answered:
    """A response that has been read."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    @property
    def json(self) -> Json:
        decoded: Json = json.decode(self.body)
        return decoded


class Team:
    """A registered team over REST and over sockets."""

    def __init__(self, house: House, key: str, team_id: str) -> None:
        self.house = house
        self.key = key
        self.team_id = team_id

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> Answered:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.house.call(method, path, body, key=self.key, headers=sent)

    async def place(self, side: str, quantity: int, price: float, **more: object) -> Answered:
        body = {
            "instrument_id": self.house.instruments[-1],
            "side": side,
            "quantity": quantity,
            "price": price,
            **more,
        }
        return await self.call("POST", "/exchange/orders", body)

    @asynccontextmanager
    async def socket(self, *channels: str, path: str = "/ws") -> AsyncIterator["Socket"]:
        async with socket_of(self.house, self.key, path) as socket:
            if channels:
                await socket.request("subscribe", {"channels": list(channels)})
            yield socket


@asynccontextmanager
async def socket_of(house: House, key: str, path: str = "/ws") -> AsyncIterator["Socket"]:
    connecting = house.http.ws_connect(
        house.url + path, headers={"X-API-Key": key}, protocols=("itg.v1.json",)
    )
    async with connecting as raw:
        socket = Socket(raw)
        socket.hello = await socket.frame()
        yield socket


class Socket:
    """A WebSocket; frames that are not the answer waited for are kept in `pushes`."""

    def __init__(self, raw: aiohttp.ClientWebSocketResponse) -> None:
        self.raw = raw
        self.hello: Json = {}
        self.pushes: list[Json] = []
        self._id = 0

    async def frame(self) -> Json:
        """Return the next frame that is no heartbeat."""
        while True:
            message = await self.raw.receive(timeout=10)
            assert message.type is aiohttp.WSMsgType.TEXT, (message, self.raw.close_code)
            frame: Json = json.decode(message.data)
            if "channel" in frame:
                assert_described(frame)
            if frame.get("type") != "heartbeat":
                return frame

    async def send(self, method: str, params: object = None) -> int:
        self._id += 1
        request = {"id": self._id, "method": method, "params": params or {}}
        await self.raw.send_str(json.encode(request).decode())
        return self._id

    async def request(self, method: str, params: object = None) -> Json:
        """Send a request and return its answer; what came before is in `pushes`."""
        return await self.answer(await self.send(method, params))

    async def answer(self, request_id: int) -> Json:
        while True:
            frame = await self.frame()
            if frame.get("id") == request_id and "channel" not in frame:
                return frame
            self.pushes.append(frame)

    async def push(self, channel: str, kind: str) -> Json:
        """Return the first push of a channel and type, waiting for it if need be."""
        while True:
            for index, push in enumerate(self.pushes):
                if push.get("channel") == channel and push["type"] == kind:
                    return self.pushes.pop(index)
            self.pushes.append(await self.frame())
