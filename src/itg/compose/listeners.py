"""Where a process listens: at one address, or at a second one too, which is the organizer's.

    bots, boards ─▶ the public listener ─┐
                                         ├─ Gateway
    the organizer ─▶ a second listener ──┘

Both serve one gateway: a key, a ticket and a session mean the same at either.
"""

import asyncio
from contextlib import ExitStack

from itg.adapters.http_server import HttpServer, listening
from itg.compose.game_settings import Address
from itg.gateway import Gateway, build_app
from itg.kernel.errors import ConfigurationError


def assert_room(public: Address, organizer: Address | None) -> None:
    """Raise `ConfigurationError` unless every address can be had now, both at once."""
    with ExitStack() as held:
        held.enter_context(listening(public.host, public.port))
        if organizer is None:
            return
        try:
            held.enter_context(listening(organizer.host, organizer.port))
        except ConfigurationError as error:
            raise ConfigurationError(f"{error} (--admin-port)") from error


class Listeners:
    """What listens for a process; made only where every address can be had.

    `has_admin`: the first one serves the organizer too, and there is no second.
    """

    def __init__(
        self, public: Address, organizer: Address | None = None, *, has_admin: bool = False
    ) -> None:
        assert not (has_admin and organizer), "the organizer has one of the two"
        assert_room(public, organizer)
        self._public, self._organizer = public, organizer
        self._has_admin = has_admin
        self._servers: list[HttpServer] = []

    @property
    def port(self) -> int:
        """Return the port of the public listener."""
        return self._server(0).port

    @property
    def url(self) -> str:
        """Return the address at which the game is served."""
        return f"http://{self._public.host}:{self.port}"

    @property
    def organizer_url(self) -> str:
        """Return where the organizer is served: there too, or elsewhere; "" for nowhere here."""
        if self._organizer is None:
            return self.url if self._has_admin else ""
        return f"http://{self._organizer.host}:{self._server(1).port}"

    async def start(self, gateway: Gateway) -> None:
        """Open every one; raises `ConfigurationError` if an address cannot be had."""
        wanted = [(self._public, self._has_admin)]
        if self._organizer is not None:
            wanted.append((self._organizer, True))
        for at, has_admin in wanted:
            # Beside the loop: gateways in other processes are served meanwhile.
            app = await asyncio.to_thread(build_app, gateway, has_admin=has_admin)
            server = HttpServer(app, at.host, at.port)
            await server.start()
            self._servers.append(server)

    async def stop(self) -> None:
        """Stop listening, let requests under way finish, close what is left."""
        servers, self._servers = self._servers, []
        await asyncio.gather(*(server.stop() for server in servers))

    def _server(self, number: int) -> HttpServer:
        assert self._servers, "start them first"
        return self._servers[number]
