"""What can be asked for: one row per operation, served over REST and over the socket alike.

Routes, authorization, the documentation and the socket's methods are all read from these rows, so
none of them can forget one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct, structs

from itg.game.contract import Scope
from itg.gateway.calls import Call
from itg.gateway.decoding import (
    JsonReader,
    field_fault,
    read_fields,
    refuse_doubled_names,
)
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.wire.v1.orders import Body, Request
from itg.wire.v1.reads import NoParams

P = TypeVar("P", bound=Request)
Handle = Callable[[Gateway, Call, P], None]


class Route(Struct, frozen=True, kw_only=True):
    """Where an operation lives: method, path with `{names}`, and its name on the socket.

    `scope` None: anybody may ask. `is_of_pages`: no page but this program's own may.
    `body_bytes_max` None: a body is as large as the gateway takes any. `has_etag`: a known ETag is
    answered 304.
    """

    name: str
    method: str
    path: str
    summary: str
    result: type[Body]
    scope: Scope | None = Scope.READ
    metered: Metered = Metered.QUERY
    status: int = 200
    on_socket: bool = True
    is_of_pages: bool = False
    media_types: tuple[str, ...] = ("application/json",)
    body_bytes_max: int | None = None
    has_etag: bool = False

    @property
    def path_fields(self) -> tuple[str, ...]:
        """Return the names in the path, in order."""
        parts = self.path.split("/")
        return tuple(part[1:-1] for part in parts if part.startswith("{"))

    @property
    def is_organizers(self) -> bool:
        """Tell whether it is the organizer's: a listener for the public does not have it."""
        return self.scope is Scope.ADMIN or self.path.startswith("/admin/")


class Operation(ABC):
    """One row of the table."""

    def __init__(self, route: Route, params: type[Request], body: type[Request] | None) -> None:
        self.route = route
        self.params = params
        self.body = body
        self.has_body = body is not None

    @abstractmethod
    def run_params(self, gateway: Gateway, call: Call, params: Raw) -> None:
        """Serve params out of a frame that has no key twice; raise `RefusedError` or reply."""

    @abstractmethod
    def run_fields(self, gateway: Gateway, call: Call, fields: dict[str, str], body: bytes) -> None:
        """Serve params that came in a path, a query and a body; raise `RefusedError` or reply."""


class _Typed(Operation, Generic[P]):
    def __init__(
        self, route: Route, params: type[P], body: type[Request] | None, handle: Handle[P]
    ) -> None:
        super().__init__(route, params, body)
        self._handle = handle
        self._params = params
        self._reader = JsonReader(params)
        self._body_reader = None if body is None or body is params else JsonReader(body)
        self._named = _named_params(params, route.path_fields)

    def run_params(self, gateway: Gateway, call: Call, params: Raw) -> None:
        self._handle(gateway, call, self._reader.read(bytes(params), has_doubles=False))

    def run_fields(self, gateway: Gateway, call: Call, fields: dict[str, str], body: bytes) -> None:
        if not self.has_body:
            params = read_fields(self._params, fields)
        elif self._body_reader is None:
            params = self._reader.read(body)
        else:
            sent = structs.asdict(self._body_reader.read(body))
            named = structs.asdict(read_fields(self._named, fields))
            params = msgspec.convert({**named, **sent}, self._params)
        self._handle(gateway, call, params)


def _named_params(params: type[Request], names: tuple[str, ...]) -> type[Request]:
    # What a path names, without the fields of the body, which may not be left out there.
    kept = [(row.name, row.type) for row in structs.fields(params) if row.name in names]
    made = msgspec.defstruct(params.__name__, kept, bases=(Request,), frozen=True, kw_only=True)
    assert issubclass(made, Request)
    return made


class _Itemwise(_Typed[P]):
    """Its items are raw, each to be read alone: a fault in one does not hide the others."""

    def __init__(
        self, route: Route, params: type[P], documented: type[Request], handle: Handle[P]
    ) -> None:
        super().__init__(route, params, params, handle)
        self.params = self.body = documented

    def run_fields(self, gateway: Gateway, call: Call, fields: dict[str, str], body: bytes) -> None:
        for name in fields:
            raise field_fault(f"/{name}", "belongs in the body")
        params = self._reader.read(body, has_doubles=False)
        refuse_doubled_names(body, self._params.__struct_fields__)
        self._handle(gateway, call, params)


def read(route: Route, params: type[P], handle: Handle[P]) -> Operation:
    """Return an operation whose params stand in path and query."""
    return _Typed(route, params, None, handle)


def act(route: Route, params: type[P], handle: Handle[P]) -> Operation:
    """Return an operation whose params are its body."""
    return _Typed(route, params, params, handle)


def act_on(route: Route, params: type[P], body: type[Request], handle: Handle[P]) -> Operation:
    """Return an operation whose params stand in its path and in its body."""
    return _Typed(route, params, body, handle)


def act_itemwise(
    route: Route, params: type[P], documented: type[Request], handle: Handle[P]
) -> Operation:
    """Return an operation whose body is read with raw items and documented with typed ones."""
    return _Itemwise(route, params, documented, handle)


def parameterless(route: Route, handle: Callable[[Gateway, Call], None]) -> Operation:
    """Return an operation that takes nothing."""
    return _Typed(route, NoParams, None, lambda gateway, call, _: handle(gateway, call))
