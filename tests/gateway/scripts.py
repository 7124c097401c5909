"""Services that answer some questions by a script, and do everything else themselves."""

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field

from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.runtime.service import Service


class Script(Struct, frozen=True, kw_only=True):
    """What a service says to these messages and queries; `heard` keeps what came."""

    acts: Mapping[type[Message], Callable[[Message], Sequence[Message]]] = field(
        default_factory=dict
    )
    replies: Mapping[type[Query], Callable[[Query], Reply]] = field(default_factory=dict)
    emits: tuple[type[Message], ...] = ()
    heard: list[Message | Query] = field(default_factory=list)


class Scripted:
    """A service with a script before it."""

    def __init__(self, service: Service, script: Script) -> None:
        self._service = service
        self._script = script
        self.name = service.name
        self.accepts = tuple(dict.fromkeys((*service.accepts, *script.acts)))
        self.emits = tuple(dict.fromkeys((*service.emits, *script.emits)))
        self.answers = tuple(dict.fromkeys((*service.answers, *script.replies)))

    @property
    def shard(self) -> Shard | None:
        return self._service.shard

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        act = self._script.acts.get(type(message))
        if act is None:
            return self._service.handle(now, message)
        self._script.heard.append(message)
        return act(message)

    def query(self, query: Query) -> Reply:
        reply = self._script.replies.get(type(query))
        if reply is None:
            return self._service.query(query)
        self._script.heard.append(query)
        return reply(query)

    def snapshot(self) -> bytes:
        return self._service.snapshot()

    def restore(self, data: bytes) -> None:
        self._service.restore(data)


def scripted(service: Service, scripts: Mapping[str, Script]) -> Service:
    """Return the service behind its script, if it has one."""
    script = scripts.get(service.name)
    if script is None:
        return service
    return Scripted(service, script)  # type: ignore[return-value]  # lists of its own
