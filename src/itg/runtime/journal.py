"""The append-only record of a pump: rows, their hash chain, and an engine that lives in memory.

A row is one group commit. Its hash covers the row before it, so that a journal is either whole up
to a row or visibly damaged from there on.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from struct import pack
from typing import Protocol

from msgspec import Struct

from itg.kernel.errors import FencedError, JournalError
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record

SCHEMA_VERSION = 1
GENESIS_HASH = bytes(32)
FROM_START = Seq(0)
SNAPSHOTS_KEPT = 3


class Header(Struct, frozen=True, kw_only=True):
    """Who writes an epoch: what replaying its inputs depends on."""

    schema_version: int = SCHEMA_VERSION
    code_fingerprint: str
    numeric_fingerprint: str
    scenario_hash: str = ""
    nodes: tuple[str, ...] = ()


class Head(Struct, frozen=True):
    """The end of a journal: the last number used (0: empty) and the last row's hash."""

    seq: Seq = Seq(0)
    hash: bytes = GENESIS_HASH


class SealedBatch(Struct, frozen=True, gc=False):
    """One row: the records of one group commit, `last_seq` being the last output's number."""

    first_seq: Seq
    last_seq: Seq
    epoch: int
    ts_ns: Nanos
    body: bytes
    hash: bytes


class EpochStart(Struct, frozen=True):
    """A writer took over before `first_seq`."""

    epoch: int
    first_seq: Seq
    header: Header


class Snapshot(Struct, frozen=True):
    """A machine's state after `seq`; `state_hash` is the SHA-256 of `blob`, in hexadecimal."""

    seq: Seq
    state_hash: str
    blob: bytes

    @classmethod
    def of(cls, seq: Seq, blob: bytes) -> "Snapshot":
        return cls(seq, sha256(blob).hexdigest(), blob)

    @property
    def is_whole(self) -> bool:
        """Tell whether the bytes are those the hash was taken of."""
        return sha256(self.blob).hexdigest() == self.state_hash


class SetAside(Struct, frozen=True):
    """Something a person should look at: an input that raised, or a damaged row."""

    seq: Seq
    reason: str
    body: bytes


class Journal(Protocol):
    """Keep rows, snapshots and what was set aside.

    Reading needs no `open`. Every method raises `JournalError` when the medium fails. `append`,
    `assert_leading`, `write_snapshot` and `set_aside` are called by one thread at a time, not
    always the same one.
    """

    @property
    def epoch(self) -> int:
        """Return the epoch this writer holds, 0 before `open`."""

    def open(self, header: Header) -> None:
        """Become the writer: begin the next epoch, which fences every earlier writer."""

    def append(self, batch: SealedBatch) -> None:
        """Make a row durable; `FencedError` unless its epoch is the newest and it is the next."""

    def assert_leading(self) -> None:
        """Raise `FencedError` once another writer has begun, as the next `append` would."""

    def rows(self, after_seq: Seq) -> Iterator[SealedBatch]:
        """Return the rows that begin after `after_seq`, in order, as they are stored, unchecked."""

    def head(self) -> Head:
        """Return where the journal ends."""

    def hash_at(self, seq: Seq) -> bytes | None:
        """Return the hash of the row that ends at `seq`, None if no row does."""

    def epochs(self) -> Sequence[EpochStart]:
        """Return every epoch, oldest first."""

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot and drop all but the newest three."""

    def snapshots(self) -> Iterator[Snapshot]:
        """Return the kept snapshots, newest first, damaged ones left out."""

    def cut_after(self, seq: Seq) -> None:
        """Set aside and take out every row that begins after `seq`; for a torn tail."""

    def set_aside(self, item: SetAside) -> None:
        """Keep something for a person to look at."""

    def aside(self) -> Sequence[SetAside]:
        """Return what was set aside, oldest first."""

    def reader(self) -> "Journal":
        """Return another reader of the same medium, for another thread, which closes it."""

    def close(self) -> None:
        """Give the medium back; closing twice is harmless."""


def row_hash(previous: bytes, batch: SealedBatch) -> bytes:
    """Return SHA-256 over the previous row's hash, this row's numbers and its body."""
    numbers = pack(">QQQQ", batch.first_seq, batch.last_seq, batch.epoch, batch.ts_ns)
    return sha256(b"".join((previous, numbers, batch.body))).digest()


class Sealer:
    """Turn handled records into rows; holds the head of the chain."""

    __slots__ = ("_codec", "_epoch", "head")

    def __init__(self, codec: Codec, epoch: int, head: Head) -> None:
        assert epoch > 0, "open the journal first"
        self._codec = codec
        self._epoch = epoch
        self.head = head

    def seal(self, records: Sequence[Record]) -> SealedBatch:
        """Return the next row; `records` follow the head without a gap."""
        first, last = records[0], records[-1]
        assert first.seq == self.head.seq + 1
        open_batch = SealedBatch(
            first_seq=first.seq,
            last_seq=last_seq_of(last),
            epoch=self._epoch,
            ts_ns=last.ts_ns,
            body=self._codec.encode_records(records),
            hash=b"",
        )
        digest = row_hash(self.head.hash, open_batch)
        self.head = Head(open_batch.last_seq, digest)
        return SealedBatch(
            first_seq=open_batch.first_seq,
            last_seq=open_batch.last_seq,
            epoch=open_batch.epoch,
            ts_ns=open_batch.ts_ns,
            body=open_batch.body,
            hash=digest,
        )


def last_seq_of(record: Record) -> Seq:
    """Return the number of a record's last output, its own if it has none."""
    return Seq(record.seq + len(record.outputs))


class DamagedRowError(JournalError):
    """A row does not follow from the one before it; `good_seq` is the last number before it."""

    def __init__(self, good_seq: Seq, batch: SealedBatch) -> None:
        super().__init__(f"the journal is damaged in the row after seq {good_seq}")
        self.good_seq = good_seq
        self.batch = batch


def checked_rows(journal: Journal, after_seq: Seq) -> Iterator[SealedBatch]:
    """Return the rows after `after_seq`, the end of a row, each proven to follow the one before.

    Raises `DamagedRowError` at the first that does not.
    """
    previous = journal.hash_at(after_seq) if after_seq else GENESIS_HASH
    if previous is None:
        raise JournalError(f"no row of the journal ends at seq {after_seq}")
    yield from chained_rows(journal.rows(after_seq), Head(after_seq, previous))


def chained_rows(rows: Iterable[SealedBatch], head: Head) -> Iterator[SealedBatch]:
    """Return rows as they come, each proven to follow the one before, the first to follow `head`.

    Raises `DamagedRowError` at the first that does not.
    """
    previous, seq = head.hash, head.seq
    for batch in rows:
        if batch.first_seq != seq + 1 or row_hash(previous, batch) != batch.hash:
            raise DamagedRowError(seq, batch)
        previous, seq = batch.hash, batch.last_seq
        yield batch


def read(journal: Journal, codec: Codec, after_seq: Seq = FROM_START) -> Iterator[Record]:
    """Return the records after `after_seq`, the end of a row; each row is checked as it is read."""
    for batch in checked_rows(journal, after_seq):
        yield from codec.decode_records(batch.body)


class MemoryJournal:
    """A journal as long as the process; two of one `store` are two writers of one medium."""

    def __init__(self, store: "MemoryStore | None" = None) -> None:
        self.store = store if store is not None else MemoryStore()
        self.epoch = 0

    @classmethod
    def opened(cls, store: "MemoryStore | None" = None) -> "MemoryJournal":
        """Return a journal that is the writer already, under an empty header."""
        journal = cls(store)
        journal.open(Header(code_fingerprint="", numeric_fingerprint=""))
        return journal

    def open(self, header: Header) -> None:
        self.epoch = len(self.store.epochs) + 1
        self.store.epochs.append(EpochStart(self.epoch, Seq(self.head().seq + 1), header))

    def append(self, batch: SealedBatch) -> None:
        if batch.epoch != len(self.store.epochs) or batch.first_seq != self.head().seq + 1:
            raise FencedError(f"append at seq {batch.first_seq}: epoch {batch.epoch} is fenced")
        self.store.rows.append(batch)

    def assert_leading(self) -> None:
        if self.epoch != len(self.store.epochs):
            raise FencedError(f"epoch {self.epoch} is fenced")

    def rows(self, after_seq: Seq) -> Iterator[SealedBatch]:
        return (batch for batch in tuple(self.store.rows) if batch.first_seq > after_seq)

    def head(self) -> Head:
        if not self.store.rows:
            return Head()
        last = self.store.rows[-1]
        return Head(last.last_seq, last.hash)

    def hash_at(self, seq: Seq) -> bytes | None:
        return next((row.hash for row in reversed(self.store.rows) if row.last_seq == seq), None)

    def epochs(self) -> Sequence[EpochStart]:
        return tuple(self.store.epochs)

    def write_snapshot(self, snapshot: Snapshot) -> None:
        self.store.snapshots = [*self.store.snapshots, snapshot][-SNAPSHOTS_KEPT:]

    def snapshots(self) -> Iterator[Snapshot]:
        return (s for s in reversed(self.store.snapshots) if s.is_whole)

    def cut_after(self, seq: Seq) -> None:
        for row in self.store.rows:
            if row.first_seq > seq:
                self.set_aside(SetAside(row.first_seq, "damaged row", row.body))
        self.store.rows = [row for row in self.store.rows if row.first_seq <= seq]

    def set_aside(self, item: SetAside) -> None:
        self.store.aside.append(item)

    def aside(self) -> Sequence[SetAside]:
        return tuple(self.store.aside)

    def reader(self) -> "MemoryJournal":
        return MemoryJournal(self.store)

    def close(self) -> None:
        """Keep the store: another journal may open it."""


class MemoryStore:
    """What a memory journal keeps its rows in."""

    def __init__(self) -> None:
        self.rows: list[SealedBatch] = []
        self.epochs: list[EpochStart] = []
        self.snapshots: list[Snapshot] = []
        self.aside: list[SetAside] = []
