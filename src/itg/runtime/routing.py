"""Who hears which message: one table from message class to the nodes that accept it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from itg.kernel.messages import Command, Event, Message, Query
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.service import Service, StartTimer, StopTimer, TimerFired, node_name

Handle = Callable[[Nanos, Message], Sequence[Message]]
# A consumer is its handler and the classes that handler may emit.
Consumer = tuple[Handle, frozenset[type[Message]]]
Consumers = tuple[Consumer, ...]
Wrap = Callable[[type[Message], Handle], Handle]


# The field whose value selects the consumers (None: none does), those by value, and all others.
# A plain tuple: each message of each cascade takes one apart.
Route = tuple[str | None, Mapping[object, Consumers], Consumers]
NO_ROUTE: Route = (None, {}, ())
# The route of events that nobody here hears, by identity: most of what is published is such.
UNHEARD: Route = (None, {}, ())


def is_sharded(kind: type[Message] | type[Query]) -> bool:
    """Tell whether messages of this class name the shard they belong to."""
    return "shard" in kind.__struct_fields__


def nodes_by_name(services: Sequence[Service]) -> dict[str, Service]:
    """Return the services under their node names, in routing order."""
    nodes = {node_name(service.name, service.shard): service for service in services}
    assert len(nodes) == len(services), "two nodes have one name"
    return nodes


def message_kinds(services: Iterable[Service]) -> tuple[type[Message], ...]:
    """Return every class these services accept or emit and the runtime's own, by class name."""
    kinds: set[type[Message]] = {Arrival, StartTimer, StopTimer, TimerFired}
    for service in services:
        kinds.update(service.accepts, service.emits)
    return tuple(sorted(kinds, key=lambda kind: (kind.__name__, kind.__module__)))


def routes(
    services: Sequence[Service], timers: Mapping[type[Message], Handle], wrap: Wrap | None = None
) -> dict[type[Message], Route]:
    """Build the table; consumers stand in the order of `services`, `timers` hears before them.

    `wrap` may put a stopwatch around each handler.
    """
    _assert_one_owner_per_command(services)
    table = {}
    for kind in message_kinds(services):
        own: Consumers = ((timers[kind], frozenset()),) if kind in timers else ()
        hearing = [s for s in services if kind in s.accepts]
        table[kind] = _route(kind, hearing, own, wrap)
    return table


def _route(
    kind: type[Message], hearing: Sequence[Service], own: Consumers, wrap: Wrap | None
) -> Route:
    def consumers(chosen: Iterable[Service]) -> Consumers:
        return own + tuple(_consumer(kind, service, wrap) for service in chosen)

    if kind is TimerFired:
        owners = nodes_by_name(hearing)
        return "owner", {name: consumers([owner]) for name, owner in owners.items()}, ()
    if not hearing and not own and issubclass(kind, Event):
        return UNHEARD
    if not is_sharded(kind) or all(service.shard is None for service in hearing):
        return None, {}, consumers(hearing)
    shards = dict.fromkeys(service.shard for service in hearing)
    by_shard: dict[object, Consumers] = {
        shard: consumers(s for s in hearing if s.shard in {None, shard}) for shard in shards
    }
    by_shard[None] = consumers(hearing)
    return "shard", by_shard, consumers(s for s in hearing if s.shard is None)


def _consumer(kind: type[Message], service: Service, wrap: Wrap | None) -> Consumer:
    handle: Handle = service.handle
    return (wrap(kind, handle) if wrap else handle), frozenset(service.emits)


def _assert_one_owner_per_command(services: Sequence[Service]) -> None:
    owner: dict[type[Message], str] = {}
    for service in services:
        for kind in service.accepts:
            if issubclass(kind, Command):
                name = owner.setdefault(kind, service.name)
                assert name == service.name, f"{kind.__name__} has two owners"


class Hearing:
    """Who hears a message, in the order of `services`: what `routes` has with its handlers."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._by_kind: dict[type[Message], list[Service]] = {}
        for service in services:
            for kind in service.accepts:
                self._by_kind.setdefault(kind, []).append(service)

    def has(self, message: Message) -> bool:
        """Tell whether anybody hears a message."""
        return type(message) in self._by_kind and bool(self.of(message))

    def of(self, message: Message) -> list[Service]:
        """Return who hears a message; of a timer that fires its owner."""
        hearing = self._by_kind.get(type(message), [])
        if isinstance(message, TimerFired):
            return [s for s in hearing if node_name(s.name, s.shard) == message.owner]
        shard = getattr(message, "shard", None)
        return [s for s in hearing if shard is None or s.shard in {None, shard}]


def elsewhere(layout: Mapping[str, Sequence[Service]], name: str) -> frozenset[type[Message]]:
    """Return the commands whose owners are on other nodes of a layout than `name`."""
    others = [s for node, services in layout.items() if node != name for s in services]
    return frozenset(k for s in others for k in s.accepts if issubclass(k, Command))


def assert_may_go_unheard(message: Message) -> None:
    """Assert that a message without a consumer is an event: a command always has its owner."""
    assert isinstance(message, Event), f"nobody here accepts {message!r}"
    assert not isinstance(message, TimerFired), f"no such timer owner: {message.owner}"


def answering(services: Iterable[Service], query: Query) -> Service:
    """Return the one service that answers `query`."""
    shard = getattr(query, "shard", None)
    chosen = [
        s
        for s in services
        if type(query) in s.answers and (shard is None or s.shard in {None, shard})
    ]
    assert len(chosen) == 1, f"{len(chosen)} nodes answer {query!r}"
    return chosen[0]


def routing_table(
    services: Sequence[Service],
) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return (message class, emitting services, hearing services) rows in name order.

    The documentation's page of the table is this function's answer.
    """
    return tuple(
        (
            kind.__name__,
            tuple(dict.fromkeys(s.name for s in services if kind in s.emits)),
            tuple(dict.fromkeys(s.name for s in services if kind in s.accepts)),
        )
        for kind in message_kinds(services)
        if kind is not Arrival  # it is heard as the message it carries
    )
