"""What other nodes cause, brought to this one's pump: each message once, in order.

    the others' rows ─ links ─▶ Hearers ─ arrivals ─▶ the pump here

How far was heard is state of the machine here, in the same row as the effect. So after a restart of
either side, a gap or an outage the other's journal is read on from there, and nothing is lost or
doubled.

Rows come from each neighbour in its order, and from different ones as they are released. What was
missed comes as fast as it is read, from each at its own pace: it is brought in the order of game
time, and no further than every neighbour is known to have told.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from time import monotonic

import structlog

from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.arrival import NOTHING_HEARD, Heard
from itg.runtime.envelope import Record
from itg.runtime.followed import FollowedPump
from itg.runtime.merging import Merge, Missed
from itg.runtime.passage import Passage
from itg.runtime.pump import Pump
from itg.runtime.pump_port import PumpStoppedError
from itg.runtime.routing import Hearing

log = structlog.get_logger()
# So long a neighbour that says nothing is waited for: by a node that begins, and by one that was
# cut off, to which all come back at once.
BEGIN_S = 2.0
RETURN_S = 1.0
_LOOK_S = 0.1


class Hearers:
    """The neighbours' messages to the services of `pump`; `neighbours` are their pumps, followed.

    With `has_missed` it begins by hearing what was told while nobody was here.
    """

    def __init__(
        self, here: str, neighbours: Mapping[str, FollowedPump], pump: Pump, *, has_missed: bool
    ) -> None:
        self.neighbours = dict(neighbours)
        self.reached_ns = pump.machine.game_ns
        self._pump = pump
        hearing, heard = Hearing(pump.machine.services), pump.machine.heard
        self._passages = {name: Passage(name, here, hearing, pump.codec) for name in neighbours}
        self._last: dict[str, Heard] = {name: heard.get(name, NOTHING_HEARD) for name in neighbours}
        self._merge = Merge({name: last.after for name, last in self._last.items()})
        self._is_merging = has_missed and bool(neighbours)
        self._patient_until_s = 0.0
        self._watch: asyncio.Task[None] | None = None
        self._caught_up = asyncio.Event()
        if not self._is_merging:
            self._caught_up.set()

    async def start(self) -> None:
        """Hear from now on, beginning after what was heard; a neighbour may come later."""
        self._patient_until_s = monotonic() + BEGIN_S
        for name, neighbour in self.neighbours.items():
            neighbour.on_told = self._move
            await neighbour.begin(partial(self._take, name), after=self._last[name].after)
        self._watch = asyncio.create_task(self._look(), name="hearing")

    async def stop(self) -> None:
        """Hear no more."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        for neighbour in self.neighbours.values():
            await neighbour.stop()

    @property
    def has_caught_up(self) -> bool:
        """Tell whether what was missed before the beginning was brought to the pump."""
        return self._caught_up.is_set()

    async def caught_up(self) -> None:
        """Wait until what was missed before the beginning was brought to the pump."""
        await self._caught_up.wait()

    def _take(self, name: str, records: Sequence[Record]) -> None:
        if not self._is_merging and not self.neighbours[name].has_told_all:
            self._is_merging, self._patient_until_s = True, monotonic() + RETURN_S
        heard = Heard(Seq(records[0].seq - 1), self._last[name].seq)
        for record in records:
            missed = Missed(record, self._passages[name].arrivals(record, heard))
            if self._is_merging:
                self._merge.add(name, missed)
            else:
                self._merge.pass_by(name, missed.reach)
                self._bring(missed)
        self._move()

    def _move(self) -> None:
        if not self._is_merging:
            return
        for missed in self._merge.take(self._is_known):
            self.reached_ns = Nanos(max(self.reached_ns, missed.game_ns))
            self._bring(missed)
        if self._merge.is_empty and all(self._is_known(name) for name in self.neighbours):
            self._is_merging = False
            self._caught_up.set()

    def _is_known(self, name: str) -> bool:
        neighbour = self.neighbours[name]
        if neighbour.has_told_all:
            return True
        return not neighbour.is_live and monotonic() >= self._patient_until_s

    async def _look(self) -> None:
        while True:  # nobody tells that a neighbour stays away
            await asyncio.sleep(_LOOK_S)
            self._move()

    def _bring(self, missed: Missed) -> None:
        record = missed.record
        try:
            for arrival in missed.arrivals:
                self._pump.submit(arrival, actor=record.actor, trace_id=record.trace_id)
        except PumpStoppedError:
            return  # it is read again in the next life
