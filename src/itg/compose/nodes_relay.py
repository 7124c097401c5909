"""From the journals of a game's nodes to one stream of a bus: effects after their causes.

One process publishes for all nodes, so a stream has one writer as ever. Within a (source, shard)
the numbers are those of the node that tells it. What the bus holds of each is the cursor there.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

from itg.compose.bus_facts import PASSING_KINDS, TAPE, envelopes_of
from itg.compose.relay import ROWS_AT_ONCE, STEP_BACK, Connect, Relay
from itg.compose.topologies import CHIEF
from itg.kernel.ids import Seq
from itg.runtime.arrival import Arrival
from itg.runtime.bus import Bus, BusDownError, BusNumbers
from itg.runtime.codec import Codec
from itg.runtime.envelope import Envelope, Record
from itg.runtime.joined_machine import Layout, codec_of
from itg.runtime.journal import FROM_START, Journal, SealedBatch

Key = tuple[str, int]  # source and shard


class _Row:
    """A node's row, decoded: what it tells, and what of others comes before it."""

    def __init__(self, batch: SealedBatch, records: Sequence[Record], tape_shard: int) -> None:
        self.ts_ns = batch.ts_ns
        self.last_seq = batch.last_seq
        self.envelopes = [e for r in records for e in envelopes_of(r, batch.epoch, tape_shard)]
        self.needs: dict[str, Seq] = {}
        for record in records:
            if isinstance(record.body, Arrival):
                self.needs[record.body.source] = record.body.seq


class _Node:
    """How far one node's journal was read, and what of it was not published yet."""

    def __init__(self, journal: Journal, keys: Sequence[Key], tape_shard: int) -> None:
        self.journal = journal
        self.keys = frozenset(keys)
        self.tape_shard = tape_shard
        self.read = self.reached = self.held = FROM_START
        self.until: Seq | None = None  # set where no more than that is to be read
        self.rows: deque[_Row] = deque()

    def begin(self, held: Seq) -> None:
        """Read from the row that holds what the bus has last: it may have half of it."""
        self.rows.clear()
        self.held = Seq(max(held - 1, 0))
        self.read = self.reached = self._before(held)

    def read_on(self, codec: Codec) -> bool:
        is_done = self.until is not None and self.read >= self.until
        if is_done or len(self.rows) >= ROWS_AT_ONCE:
            return False
        batches = list(islice(self.journal.rows(self.read), ROWS_AT_ONCE))
        for batch in batches:
            records = codec.decode_records(batch.body)
            self.rows.append(_Row(batch, records, self.tape_shard))
            self.read = batch.last_seq
        return bool(batches)

    def end(self) -> None:
        """Read no further than the journal goes now: other nodes' journals grow on."""
        if self.until is None:
            self.until = self.journal.head().seq

    def take(self) -> list[Envelope]:
        row = self.rows.popleft()
        self.reached = row.last_seq
        return [e for e in row.envelopes if e.seq > self.held]

    def _before(self, seq: Seq) -> Seq:
        back = STEP_BACK
        while seq > back:
            first = next(self.journal.rows(Seq(seq - back)), None)
            if first is not None and first.first_seq <= seq:
                return Seq(first.first_seq - 1)
            back *= 4
        return FROM_START


class NodesRelay(Relay):
    """Carry what every node's journal tells; `journals` are those of the nodes of `layout`.

    `numbers.seq` counts the chief's.
    """

    def __init__(
        self,
        journals: Mapping[str, Journal],
        layout: Layout,
        connect: Connect,
        numbers: BusNumbers,
    ) -> None:
        codec = codec_of(layout)
        super().__init__(journals[CHIEF], codec, connect, numbers)
        self._nodes = {
            name: _Node(journals[name], _keys(layout, name), tape_shard_of(layout, name))
            for name in layout
        }
        self._last: tuple[Key, Seq] | None = None

    async def _begin(self, bus: Bus, last: Envelope | None) -> None:
        held = {name: await bus.held(node.keys) for name, node in self._nodes.items()}
        for name, node in self._nodes.items():
            node.begin(held[name])
        self._last = None if last is None else ((last.source, last.shard), last.seq)
        if last is not None and not self._holds(last):
            raise self._other(last)
        self._after = self._nodes[CHIEF].reached

    def _next(self) -> list[Envelope] | None:
        if self._ending.is_set():
            for node in self._nodes.values():
                node.end()
        has_read = [node.read_on(self._codec) for node in self._nodes.values()]
        told: list[Envelope] = []
        moved = False
        while (ready := self._ready()) is not None:
            told += ready.take()
            moved = True
        self._after = self._nodes[CHIEF].reached
        return told if moved or any(has_read) else None

    async def _publish(self, bus: Bus, envelopes: Sequence[Envelope]) -> None:
        await bus.publish(envelopes)
        self._numbers.events += len(envelopes)
        kept = [e for e in envelopes if type(e.body) not in PASSING_KINDS]
        if kept:
            self._last = (kept[-1].source, kept[-1].shard), kept[-1].seq

    async def _refuse_loss(self, bus: Bus) -> None:
        if self._last is not None and await bus.held([self._last[0]]) < self._last[1]:
            raise BusDownError(f"{self._numbers.address} lost what it had")

    def _ready(self) -> _Node | None:
        nodes = [node for node in self._nodes.values() if node.rows and self._may(node.rows[0])]
        return min(nodes, key=lambda node: node.rows[0].ts_ns, default=None)

    def _may(self, row: _Row) -> bool:
        return all(
            self._nodes[name].reached >= seq
            for name, seq in row.needs.items()
            if name in self._nodes
        )

    def _holds(self, last: Envelope) -> bool:
        node = next((n for n in self._nodes.values() if (last.source, last.shard) in n.keys), None)
        if node is None:
            return False
        held = self._encode(last)
        for batch in node.journal.rows(node.read):
            row = _Row(batch, self._codec.decode_records(batch.body), node.tape_shard)
            if held in map(self._encode, row.envelopes):
                return True
            if batch.last_seq >= last.seq:
                return False
        return False


def tape_shard_of(layout: Layout, node: str) -> int:
    """Return the shard of what the tape prints of no shard at a node: numbers rise within one."""
    return max(_shards(layout)) + 1 + list(layout).index(node)


def _shards(layout: Layout) -> list[int]:
    return sorted({s.shard or 0 for services in layout.values() for s in services})


def _keys(layout: Layout, node: str) -> list[Key]:
    keys: list[Key] = [(TAPE, tape_shard_of(layout, node))]
    for service in layout[node]:
        if service.name == "exchange":
            keys += [(name, service.shard or 0) for name in (service.name, TAPE)]
        else:
            keys += [(service.name, shard) for shard in _shards(layout)]
    return keys
