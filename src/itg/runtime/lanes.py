"""The rows of several nodes in one causal stream, and questions to several of them at one point."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from itg.kernel.ids import Seq
from itg.kernel.messages import Reply
from itg.runtime.arrival import Arrival
from itg.runtime.envelope import Record

Step = Callable[[], None]
OnParts = Callable[[Mapping[str, Sequence[Reply]]], None]


class _Batch:
    __slots__ = ("act", "needs", "reach")

    def __init__(self, records: Sequence[Record], act: Step) -> None:
        self.act = act
        last = records[-1]
        self.reach = Seq(last.seq + len(last.outputs))
        # How far each other node must have been seen before this may be.
        self.needs: dict[str, Seq] = {}
        for record in records:
            if isinstance(record.body, Arrival):
                self.needs[record.body.source] = record.body.seq


class Question:
    """What several nodes were asked together; its answers are given where each node stands."""

    def __init__(self, nodes: Sequence[str], on_parts: OnParts, again: Step) -> None:
        self.on_parts = on_parts
        self.again = again  # asks anew, where the answers cannot be brought to one point
        self.open = set(nodes)
        self.parts: dict[str, Sequence[Reply]] = {}
        self.is_void = False


class _Part:
    __slots__ = ("question", "replies")

    def __init__(self, question: Question, replies: Sequence[Reply]) -> None:
        self.question = question
        self.replies = replies


class _Lane:
    def __init__(self) -> None:
        self.items: deque[_Batch | _Part | Step] = deque()
        self.reached = Seq(0)
        self.is_held = False


class Lanes:
    """What came from each node and was not taken yet. `is_live` tells of a node by name.

    A node that is down is waited for by nobody: what it would have told first comes later.
    """

    def __init__(self, names: Sequence[str], is_live: Callable[[str], bool]) -> None:
        self._lanes = {name: _Lane() for name in names}
        self._is_live = is_live
        self._question: Question | None = None
        self._is_moving = False

    def begin(self, name: str, seq: Seq) -> None:
        """Take up a node's rows after `seq`."""
        lane = self._lanes[name]
        lane.reached = max(lane.reached, seq)

    def add_batch(self, name: str, records: Sequence[Record], act: Step) -> None:
        """Take a node's released records; `act` is called when they may be seen."""
        self._add(name, _Batch(records, act))

    def add_step(self, name: str, act: Step) -> None:
        """Take something that has its place between a node's batches."""
        self._add(name, act)

    def add_part(self, name: str, question: Question, replies: Sequence[Reply]) -> None:
        """Take a node's answer to its part of the question under way."""
        self._add(name, _Part(question, replies))

    def ask(self, question: Question) -> None:
        """Begin a question; only one is under way at a time."""
        assert self._question is None, "one question at a time"
        self._question = question

    def drop(self) -> None:
        """Let go of the question under way: a node does not answer."""
        if self._question is not None:
            self._question.is_void = True
            self._release()
            self.move()

    def move(self) -> None:
        """Take everything that may be taken now."""
        if self._is_moving:
            return
        self._is_moving = True
        try:
            while any(self._move(lane) for lane in self._lanes.values()) or self._unlocked():
                pass
        finally:
            self._is_moving = False

    def _add(self, name: str, item: "_Batch | _Part | Step") -> None:
        self._lanes[name].items.append(item)
        self.move()

    def _move(self, lane: _Lane) -> bool:
        has_moved = False
        while lane.items and not lane.is_held:
            item = lane.items[0]
            if isinstance(item, _Batch):
                if self._lacking(item):
                    break
                lane.items.popleft()
                item.act()
                lane.reached = item.reach
            else:
                lane.items.popleft()
                self._take(lane, item)
            has_moved = True
        return has_moved

    def _lacking(self, batch: _Batch) -> list[str]:
        return [
            name
            for name, seq in batch.needs.items()
            if name in self._lanes and self._lanes[name].reached < seq and self._is_live(name)
        ]

    def _take(self, lane: _Lane, item: "_Part | Step") -> None:
        if not isinstance(item, _Part):
            item()
            return
        question = item.question
        if question.is_void:
            return
        name = next(name for name, each in self._lanes.items() if each is lane)
        question.parts[name] = item.replies
        question.open.discard(name)
        lane.is_held = True
        if not question.open:
            question.on_parts(question.parts)
            self._release()

    def _unlocked(self) -> bool:
        """Ask anew where a lane that has answered is what another's answer waits behind."""
        question = self._question
        if question is None or not any(lane.is_held for lane in self._lanes.values()):
            return False
        for name in question.open:
            items = self._lanes[name].items
            head = items[0] if items else None
            if isinstance(head, _Batch) and any(
                self._lanes[lacked].is_held for lacked in self._lacking(head)
            ):
                question.is_void = True
                self._release()
                question.again()
                return True
        return False

    def _release(self) -> None:
        self._question = None
        for lane in self._lanes.values():
            lane.is_held = False
