"""What another node causes, brought to this one's pump: each message once, in order.

    the other's rows ─ link ─▶ Hearer ─ arrivals ─▶ the pump here

How far was heard is state of the machine here, in the same row as the effect. So after a restart of
either side, a gap or an outage the other's journal is read on from there, and nothing is lost or
doubled.
"""

from collections.abc import Sequence

from itg.kernel.ids import Seq
from itg.runtime.arrival import NOTHING_HEARD, Arrival
from itg.runtime.envelope import Record
from itg.runtime.followed import FollowedPump
from itg.runtime.pump import Pump
from itg.runtime.pump_port import PumpStoppedError
from itg.runtime.routing import Hearing


class Hearer:
    """One neighbour's messages to the services of `pump`; `neighbour` is its pump, followed."""

    def __init__(self, here: str, name: str, neighbour: FollowedPump, pump: Pump) -> None:
        self.name = name
        self._here = here
        self.neighbour = neighbour
        self._pump = pump
        self._heard_here = Hearing(pump.machine.services)
        self._last = pump.machine.heard.get(name, NOTHING_HEARD)

    async def start(self) -> None:
        """Hear from now on, beginning after what was heard; the neighbour may come later."""
        await self.neighbour.begin(self._take, after=self._last.after)

    async def stop(self) -> None:
        """Hear no more."""
        await self.neighbour.stop()

    def _take(self, records: Sequence[Record]) -> None:
        after = Seq(records[0].seq - 1)
        try:
            for record in records:
                self._bring(record, after)
        except PumpStoppedError:
            return  # it is read again in the next life

    def _bring(self, record: Record, after: Seq) -> None:
        for seq, output in enumerate(record.outputs, start=record.seq + 1):
            if seq > self._last.seq and self._heard_here.has(output):
                arrival = Arrival(
                    source=self.name,
                    at=self._here,
                    seq=Seq(seq),
                    after=after,
                    game_ns=record.game_ns,
                    body=self._pump.codec.encode(output),
                )
                self._pump.submit(arrival, actor=record.actor, trace_id=record.trace_id)
