"""The synchronous, deterministic machine: services, routing and timers as one state."""

from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from itg.kernel.errors import RecoveryError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.runtime.arrival import NOTHING_HEARD, Arrival, Heard
from itg.runtime.codec import Codec
from itg.runtime.metrics import HandlerTimes
from itg.runtime.routing import (
    NO_ROUTE,
    UNHEARD,
    Handle,
    Route,
    answering,
    assert_may_go_unheard,
    message_kinds,
    nodes_by_name,
    routes,
)
from itg.runtime.service import Packs, Service, StartTimer, StopTimer, TimerFired
from itg.runtime.timers import Timers

# More outputs than any rule of the game can cause from one input: services that answer each other
# for ever stop here, not when memory is gone.
CASCADE_MAX = 2_000_000
_SAMPLING = 16


class MachineState(Struct, frozen=True, array_like=True):
    """What a snapshot holds; nodes in routing order."""

    next_seq: Seq
    game_ns: Nanos
    timers: tuple[tuple[Nanos, str, str], ...]
    nodes: tuple[tuple[str, bytes], ...]
    heard: tuple[tuple[str, Heard], ...] = ()


class Machine:
    """Apply inputs one by one; equal inputs give equal outputs and equal state.

    `next_seq` is the number of the next input and `game_ns` the time of the last one; `heard` tells
    how far each other node's messages arrived here.
    `times`, if given, measures every sixteenth input's handlers and changes nothing else. Messages
    of the classes `elsewhere` may go unheard here: their owners are on other nodes.
    """

    def __init__(
        self,
        services: Sequence[Service],
        times: HandlerTimes | None = None,
        elsewhere: frozenset[type[Message]] = frozenset(),
    ) -> None:
        self.services = tuple(services)
        self.times = times
        self.nodes = nodes_by_name(self.services)
        self.codec = Codec(message_kinds(self.services))
        self.next_seq = Seq(1)
        self.game_ns = Nanos(0)
        self.heard: dict[str, Heard] = {}
        self._elsewhere = elsewhere
        self._timers = Timers()
        self.due = self._timers.due
        self.next_timer_ns = self._timers.next_at_ns
        own: dict[type[Message], Handle] = {
            StartTimer: self._start_timer,
            StopTimer: self._timers.stop,
            TimerFired: self._timers.fire,
        }
        self._routes = routes(self.services, own)
        self._packing = [service for service in self.services if isinstance(service, Packs)]
        self._timed = self._routes if times is None else routes(self.services, own, times.around)
        self._until_timed = _SAMPLING

    def apply(self, now: Nanos, message: Message) -> tuple[Message, ...]:
        """Deliver an input and run its whole cascade breadth-first; return all outputs in order."""
        assert now >= self.game_ns, "game time never runs backwards"
        self.game_ns = now
        if type(message) is Arrival:
            if message.to:
                return self._hand(now, message)
            message = self._arrived(message)
        self._until_timed -= 1
        route_of = (self._routes if self._until_timed else self._sampled()).get
        queue = [message]
        for delivered in queue:
            route = route_of(type(delivered), NO_ROUTE)
            if route is UNHEARD:
                continue
            field, by_value, consumers = route
            if field is not None:
                consumers = by_value.get(getattr(delivered, field), consumers)
            if not consumers and type(delivered) not in self._elsewhere:
                assert_may_go_unheard(delivered)
            for handle, emits in consumers:
                outputs = handle(now, delivered)
                if outputs:
                    assert emits.issuperset(map(type, outputs)), _undeclared(
                        delivered, outputs, emits
                    )
                    queue += outputs
                    assert len(queue) < CASCADE_MAX, f"endless cascade from {message!r}"
        self.next_seq = Seq(self.next_seq + len(queue))
        return tuple(queue[1:])

    def expects(self, now: Nanos, message: Message) -> bool:
        """Tell whether a recorded input may be next: nothing else is due before it."""
        return self.due(now) == (message if isinstance(message, TimerFired) else None)

    def query(self, query: Query) -> Reply:
        """Answer from the current state; changes nothing."""
        return answering(self.services, query).query(query)

    def pack(self) -> None:
        """Let services encode in advance what the next snapshot needs; changes no state."""
        for service in self._packing:
            service.pack()

    def snapshot(self) -> bytes:
        """Encode the whole state; equal states give equal bytes."""
        return Encoder().encode(
            MachineState(
                next_seq=self.next_seq,
                game_ns=self.game_ns,
                timers=self._timers.state(),
                nodes=tuple((name, node.snapshot()) for name, node in self.nodes.items()),
                heard=tuple(self.heard.items()),
            )
        )

    def restore(self, data: bytes) -> None:
        """Replace the state by a snapshot's.

        `RecoveryError` if the snapshot is of other nodes than these.
        """
        state = Decoder(MachineState).decode(data)
        held = tuple(name for name, _ in state.nodes)
        if held != tuple(self.nodes):
            raise RecoveryError(
                f"the snapshot holds nodes {held}, this pump runs {tuple(self.nodes)}"
            )
        for name, node_state in state.nodes:
            self.nodes[name].restore(node_state)
        self._timers.restore(state.timers)
        self.heard = dict(state.heard)
        self.next_seq = state.next_seq
        self.game_ns = state.game_ns

    def state_hash(self) -> str:
        """Return the SHA-256 of the snapshot, in hexadecimal."""
        return sha256(self.snapshot()).hexdigest()

    def _arrived(self, arrival: Arrival) -> Message:
        before = self.heard.get(arrival.source, NOTHING_HEARD)
        assert arrival.seq > before.seq, f"heard before: {arrival!r}"
        self.heard[arrival.source] = Heard(arrival.after, arrival.seq)
        return self.codec.decode_message(arrival.body)

    def _hand(self, now: Nanos, arrival: Arrival) -> tuple[Message, ...]:
        body = self._arrived(arrival)
        service = self.nodes[arrival.to]
        assert type(body) in service.accepts, f"{arrival.to} does not hear {body!r}"
        outputs = tuple(service.handle(now, body))
        assert frozenset(service.emits).issuperset(map(type, outputs)), _undeclared(
            body, outputs, frozenset(service.emits)
        )
        self.next_seq = Seq(self.next_seq + 1 + len(outputs))
        return outputs

    def _sampled(self) -> dict[type[Message], Route]:
        self._until_timed = _SAMPLING
        return self._timed

    def _start_timer(self, now: Nanos, message: Message) -> Sequence[Message]:
        assert isinstance(message, StartTimer)
        owner = self.nodes.get(message.owner)
        assert owner is not None, f"no such node: {message!r}"
        assert TimerFired in owner.accepts, f"{message.owner} does not accept TimerFired"
        return self._timers.start(now, message)


def _undeclared(cause: Message, outputs: Sequence[Message], emits: frozenset[type[Message]]) -> str:
    names = [type(o).__name__ for o in outputs if type(o) not in emits]
    return f"undeclared in `emits`: {names}, caused by {cause!r}"
