"""What an input set going on other nodes: it is answered when all they were asked is done."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from itg.kernel.ids import Seq
from itg.kernel.messages import Command, Message
from itg.runtime.arrival import Arrival
from itg.runtime.envelope import Record
from itg.runtime.pump_port import OnRelease
from itg.runtime.routing import Hearing
from itg.runtime.service import Service

# More inputs than gateways let wait: what is older than so many others is answered by its deadline.
COURSES_MAX: Final = 20_000
# An output on its way: the node that caused it, its number there, the node that is to hear it.
_Key = tuple[str, Seq, str]


class _Course:
    __slots__ = ("awaited", "on_release", "outputs", "root", "silent")

    def __init__(self, root: Record, on_release: OnRelease, silent: frozenset[str]) -> None:
        self.root = root
        self.on_release = on_release
        self.silent = silent
        self.outputs = list(root.outputs)
        self.awaited: set[_Key] = set()


class Courses:
    """The inputs under way over several nodes.

    Waited for are the commands that reach another node, and the events that one of `reporting`,
    services by name, hears there; what those cause again likewise. Facts that others merely take
    note of are not: a node that is down holds up only what needs it. Nor is a report waited for of
    who was down already when an input began elsewhere; `is_live` tells of a node by name.
    """

    def __init__(
        self,
        nodes: Mapping[str, Sequence[Service]],
        reporting: frozenset[str],
        is_live: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._is_live = is_live
        self._hearing = {name: Hearing(services) for name, services in nodes.items()}
        self._reporting = {
            name: Hearing([s for s in services if s.name in reporting])
            for name, services in nodes.items()
        }
        self._reporters = [
            name for name, services in nodes.items() if reporting & {s.name for s in services}
        ]
        self._by_key: dict[_Key, _Course] = {}

    def begin(self, node: str, root: Record, on_release: OnRelease) -> None:
        """Take the record of an input; `on_release` gets it with everything, now or later."""
        silent = frozenset(n for n in self._reporters if n != node and not self._is_live(n))
        course = _Course(root, on_release, silent)
        self._await(course, node, root)
        self._settle(course)
        while len(self._by_key) > COURSES_MAX:
            del self._by_key[next(iter(self._by_key))]

    def see(self, node: str, record: Record) -> None:
        """Take any node's record: it may be what an input waits for."""
        if not isinstance(record.body, Arrival):
            return
        key = (record.body.source, record.body.seq, node)
        course = self._by_key.pop(key, None)
        if course is not None:
            course.awaited.discard(key)
            course.outputs += record.outputs
            self._await(course, node, record)
            self._settle(course)

    def _await(self, course: _Course, node: str, record: Record) -> None:
        for seq, output in enumerate(record.outputs, start=record.seq + 1):
            for other in self._awaited_of(course, node, output):
                key = (node, Seq(seq), other)
                course.awaited.add(key)
                self._by_key[key] = course

    def _awaited_of(self, course: _Course, node: str, output: Message) -> list[str]:
        if isinstance(output, Command):
            return [n for n, hearing in self._hearing.items() if n != node and hearing.has(output)]
        return [
            name
            for name, hearing in self._reporting.items()
            if name != node and name not in course.silent and hearing.has(output)
        ]

    def _settle(self, course: _Course) -> None:
        if course.awaited:
            return
        root = course.root
        whole = Record(
            root.seq,
            root.ts_ns,
            root.game_ns,
            root.actor,
            root.trace_id,
            root.body,
            tuple(course.outputs),
        )
        course.on_release(whole)
