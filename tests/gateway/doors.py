"""Gateways that follow a house, as processes of their own would."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.gateway.house import House
from tests.runtime.carriers import MemoryCarrier

from itg.adapters.http_server import HttpServer
from itg.gateway import Gateway, build_app
from itg.gateway.steward import RemoteSteward, Steward
from itg.runtime.followed import Ends, FollowedPump
from itg.runtime.followers import Followers
from itg.runtime.link import QueryCodec, all_replies


@asynccontextmanager
async def doors_of(house: House, count: int) -> AsyncIterator[list[str]]:
    """Yield the addresses of gateways that follow a house."""
    carrier = MemoryCarrier()
    answers = [kind for service in house.machine.services for kind in service.answers]
    queries = QueryCodec(answers, all_replies())
    steward = house.near.steward
    assert isinstance(steward, Steward)
    followers = Followers(house.pump, carrier, "node", queries, steward)
    house.pump.on_row = followers.see_row
    await followers.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(carrier.close)
        stack.push_async_callback(followers.stop)
        urls = []
        for number in range(count):
            ends = Ends(carrier, "node", f"door-{number}")
            pump = FollowedPump(ends, house.machine.codec, queries, house.journal)
            gateway = Gateway(pump, house.settings, steward=RemoteSteward(pump.note))
            await pump.start(gateway.publish, on_return=gateway.tell_present, deadline_s=5)
            stack.push_async_callback(pump.stop)
            await gateway.start()
            stack.push_async_callback(gateway.stop)
            server = HttpServer(build_app(gateway), "127.0.0.1", 0)
            await server.start()
            stack.push_async_callback(server.stop)
            urls.append(f"http://127.0.0.1:{server.port}")
        yield urls
