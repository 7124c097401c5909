"""The journals of a game's nodes, read as one: in order of game time, effects after causes."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from itg.kernel.errors import JournalError
from itg.kernel.ids import Seq
from itg.runtime.arrival import Arrival
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.joined_machine import Layout, codec_of
from itg.runtime.journal import (
    FROM_START,
    EpochStart,
    Head,
    Header,
    Journal,
    SealedBatch,
    Sealer,
    SetAside,
    Snapshot,
    checked_rows,
)
from itg.runtime.service import node_name

RECORDS_PER_ROW = 64


class _Node:
    """One node's records as they are read, the next one first."""

    def __init__(self, journal: Journal, codec: Codec) -> None:
        self._rows = checked_rows(journal, FROM_START)
        self._codec = codec
        self._records: deque[Record] = deque()
        self.reached = Seq(0)

    def head(self) -> Record | None:
        while not self._records:
            row = next(self._rows, None)
            if row is None:
                return None
            self._records.extend(self._codec.decode_records(row.body))
        return self._records[0]

    def take(self) -> Record:
        record = self._records.popleft()
        self.reached = Seq(record.seq + len(record.outputs))
        return record


class JoinedJournal:
    """Read the journals of all nodes as one; `layout` makes their services afresh.

    `open_all` finds them by node, at the first reading: a node may come later than who reads it.
    Numbers are of this order. They do not change any more up to a time that all nodes have passed:
    read what has ended. Nothing is written.
    """

    epoch = 1

    def __init__(
        self, open_all: Callable[[], Mapping[str, Journal]], layout: Callable[[], Layout]
    ) -> None:
        self._open_all = open_all
        self._opened: Mapping[str, Journal] | None = None
        self._layout = layout
        self._codec = codec_of(layout())

    def rows(self, after_seq: Seq) -> Iterator[SealedBatch]:
        """Return rows of records in order; see `Journal`."""
        sealer = Sealer(self._codec, self.epoch, Head())
        some: list[Record] = []
        seq = Seq(1)
        for record in self._records():
            some.append(replace(record, seq=seq))
            seq = Seq(seq + 1 + len(record.outputs))
            if len(some) == RECORDS_PER_ROW:
                row, some = sealer.seal(some), []
                if row.first_seq > after_seq:
                    yield row
        if some and (row := sealer.seal(some)).first_seq > after_seq:
            yield row

    def head(self) -> Head:
        """Return where it ends now: a reading of everything."""
        last = Head()
        for row in self.rows(FROM_START):
            last = Head(row.last_seq, row.hash)
        return last

    def hash_at(self, seq: Seq) -> bytes | None:
        """Return the hash of the row that ends at `seq`, None if no row does."""
        rows = self.rows(FROM_START)
        return next((row.hash for row in rows if row.last_seq == seq), None)

    def epochs(self) -> Sequence[EpochStart]:
        """Return one, as the first node's journal began, with `node/service` for its nodes."""
        layout = self._layout()
        nodes = tuple(
            f"{name}/{node_name(service.name, service.shard)}"
            for name, services in layout.items()
            for service in services
        )
        began = self._journals()[next(iter(layout))].epochs()
        return [EpochStart(1, Seq(1), replace(start.header, nodes=nodes)) for start in began[:1]]

    def snapshots(self) -> Iterator[Snapshot]:
        """Return none: each node has its own."""
        return iter(())

    def aside(self) -> Sequence[SetAside]:
        """Return what any node set aside."""
        return [item for journal in self._journals().values() for item in journal.aside()]

    def reader(self) -> "JoinedJournal":
        """Return another reader, for another thread, which closes it."""
        return JoinedJournal(self._open_all, self._layout)

    def close(self) -> None:
        """Give the media back."""
        for journal in (self._opened or {}).values():
            journal.close()

    def open(self, header: Header) -> None:
        """Refuse: see `append`."""
        raise JournalError("journals that are joined are read, not written")

    def append(self, batch: SealedBatch) -> None:
        """Refuse: each node writes its own."""
        raise JournalError("journals that are joined are read, not written")

    def assert_leading(self) -> None:
        """Refuse: see `append`."""
        raise JournalError("journals that are joined are read, not written")

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Refuse: see `append`."""
        raise JournalError("journals that are joined are read, not written")

    def cut_after(self, seq: Seq) -> None:
        """Refuse: see `append`."""
        raise JournalError("journals that are joined are read, not written")

    def set_aside(self, item: SetAside) -> None:
        """Refuse: see `append`."""
        raise JournalError("journals that are joined are read, not written")

    def _journals(self) -> Mapping[str, Journal]:
        if self._opened is None:
            self._opened = self._open_all()
        return self._opened

    def _records(self) -> Iterator[Record]:
        nodes = {name: _Node(journal, self._codec) for name, journal in self._journals().items()}
        while True:
            ready = [
                (head.game_ns, place, node)
                for place, node in enumerate(nodes.values())
                if (head := node.head()) is not None and _has_cause(head, nodes)
            ]
            if not ready:
                return
            _, _, node = min(ready, key=lambda each: each[:2])
            yield node.take()


def _has_cause(record: Record, nodes: Mapping[str, _Node]) -> bool:
    body = record.body
    if not isinstance(body, Arrival):
        return True
    source = nodes.get(body.source)
    return source is None or source.reached >= body.seq
