"""The machines of a game's nodes as one: what a joined journal is replayed with, and asked of."""

from collections.abc import Mapping, Sequence

from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.cascade import Machine
from itg.runtime.codec import Codec
from itg.runtime.routing import Hearing, elsewhere, message_kinds
from itg.runtime.service import Service

Layout = Mapping[str, Sequence[Service]]


def codec_of(layout: Layout) -> Codec:
    """Return what encodes and decodes the rows of every node."""
    return Codec(message_kinds(service for services in layout.values() for service in services))


class JoinedMachine(Machine):
    """Apply each input where it was applied in life; queries are answered from all services.

    Numbers are a `JoinedJournal`'s. There is no state of its own to be kept: no snapshot is taken.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__([service for services in layout.values() for service in services])
        self._machines = {
            name: Machine(services, elsewhere=elsewhere(layout, name))
            for name, services in layout.items()
        }
        self._owners = {name: Hearing(services) for name, services in layout.items()}

    def apply(self, now: Nanos, message: Message) -> tuple[Message, ...]:
        """Apply an input on its node; see `Machine`."""
        assert now >= self.game_ns, "game time never runs backwards"
        self.game_ns = now
        outputs = self._node(message).apply(now, message)
        self.next_seq = Seq(self.next_seq + 1 + len(outputs))
        return outputs

    def expects(self, now: Nanos, message: Message) -> bool:
        """Tell whether a recorded input may be next on its node."""
        return self._node(message).expects(now, message)

    def _node(self, message: Message) -> Machine:
        if isinstance(message, Arrival):
            return self._machines[message.at]
        return self._machines[next(n for n, hears in self._owners.items() if hears.has(message))]
