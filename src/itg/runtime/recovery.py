"""Bring a machine to the end of a journal by doing again what the journal says was done.

Replay is the same code as life, so recovery is also a proof: each input must cause the very bytes
the journal recorded. Anything else stops the node: recovery may fail, it may not be wrong silently.
"""

from collections.abc import Iterator
from itertools import islice, zip_longest

from msgspec import Struct

from itg.kernel.errors import RecoveryError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.runtime.cascade import Machine
from itg.runtime.digest import EventDigest
from itg.runtime.envelope import Record
from itg.runtime.journal import DamagedRowError, Header, Journal, SealedBatch, checked_rows


class RecoveryReport(Struct, frozen=True, kw_only=True):
    """How a machine came to the head; `torn_after` is set if a damaged last row was cut."""

    seq: Seq
    snapshot_seq: Seq
    inputs: int
    torn_after: Seq | None


class VerifyReport(Struct, frozen=True, kw_only=True):
    """What a journal holds and proves, re-run from its first input.

    Hashes are in hexadecimal. `difference` tells the first input whose outputs are not the recorded
    ones; then `state_hash` and `event_digest` are those up to it.
    """

    inputs: int
    outputs: int
    is_equal: bool
    head_hash: str
    state_hash: str
    event_digest: str
    difference: str | None = None


class OtherBuildError(RecoveryError):
    """Inputs were written by another build, or under other arithmetic, and need a snapshot."""


def recover(journal: Journal, machine: Machine) -> RecoveryReport:
    """Restore the newest whole snapshot into a fresh machine and replay what follows it.

    The journal must be opened, so that no earlier writer can still append. A damaged last row is
    taken for a torn write: it is set aside and cut. `RecoveryError` if damage lies deeper, if an
    input was written by another build or processor, or if replay differs from the record.
    """
    assert machine.next_seq == 1, "recover into a fresh machine"
    return _to_the_head(journal, machine, restore_newest(journal, machine))


def recover_rest(journal: Journal, machine: Machine) -> RecoveryReport:
    """Replay what a machine that stands at the end of a row has not seen, as `recover` does."""
    return _to_the_head(journal, machine, Seq(machine.next_seq - 1))


def _to_the_head(journal: Journal, machine: Machine, start: Seq) -> RecoveryReport:
    assert journal.epoch > 0, "open the journal first"
    inputs, torn_after = 0, None
    try:
        for batch in _written_here(journal, start):
            inputs += _replay(machine, batch)
    except DamagedRowError as damage:
        _cut_torn_tail(journal, damage)
        torn_after = damage.good_seq
    return RecoveryReport(
        seq=Seq(machine.next_seq - 1), snapshot_seq=start, inputs=inputs, torn_after=torn_after
    )


def verify(journal: Journal, machine: Machine) -> VerifyReport:
    """Re-run a journal from its first input in a fresh machine and compare all it recorded.

    Reads only; the journal may have another writer. Inputs of another build are re-run like all.
    """
    assert machine.next_seq == 1, "verify with a fresh machine"
    digest = EventDigest(machine.codec)
    inputs = outputs = 0
    difference = None
    try:
        for batch in checked_rows(journal, Seq(0)):
            for record in replayed(machine, batch):
                inputs += 1
                outputs += len(record.outputs)
                digest.add(record)
    except (DamagedRowError, RecoveryError) as error:
        difference = str(error)
    return VerifyReport(
        inputs=inputs,
        outputs=outputs,
        is_equal=difference is None,
        head_hash=journal.head().hash.hex(),
        state_hash=machine.state_hash(),
        event_digest=digest.hexdigest(),
        difference=difference,
    )


def reread(journal: Journal, machine: Machine) -> RecoveryReport:
    """Bring a fresh machine to the head as `recover` does, without becoming the writer.

    Reads only; the journal may have another writer, and be of another build. `RecoveryError` where
    replay differs from the record, `DamagedRowError` where a row is not whole.
    """
    assert machine.next_seq == 1, "reread with a fresh machine"
    start = restore_newest(journal, machine)
    inputs = sum(_replay(machine, batch) for batch in checked_rows(journal, start))
    seq = Seq(machine.next_seq - 1)
    return RecoveryReport(seq=seq, snapshot_seq=start, inputs=inputs, torn_after=None)


def restore_newest(journal: Journal, machine: Machine) -> Seq:
    """Restore the newest whole snapshot into a fresh machine and return its number, 0 for none."""
    snapshot = next(journal.snapshots(), None)
    if snapshot is None:
        return Seq(0)
    if journal.hash_at(snapshot.seq) is None:
        raise RecoveryError(f"the snapshot at seq {snapshot.seq} lies beyond the journal")
    machine.restore(snapshot.blob)
    if machine.next_seq != snapshot.seq + 1:
        raise RecoveryError(f"the snapshot at seq {snapshot.seq} holds another number's state")
    return snapshot.seq


def _written_here(journal: Journal, after_seq: Seq) -> Iterator[SealedBatch]:
    headers = {start.epoch: start.header for start in journal.epochs()}
    own = headers[journal.epoch]
    for batch in checked_rows(journal, after_seq):
        if batch.epoch not in headers:
            raise RecoveryError(
                f"seq {batch.first_seq} is of epoch {batch.epoch}, which never began"
            )
        assert_replayable(headers[batch.epoch], own, batch.first_seq)
        yield batch


def assert_replayable(wrote: Header, own: Header, seq: Seq) -> None:
    """Raise `RecoveryError` unless what one header's writer wrote is replayed under the other.

    `OtherBuildError` where a snapshot would do.
    """
    if (wrote.schema_version, wrote.nodes) != (own.schema_version, own.nodes):
        raise RecoveryError(
            f"inputs from seq {seq} on are of schema {wrote.schema_version}, nodes {wrote.nodes}; "
            f"this pump has schema {own.schema_version}, nodes {own.nodes}"
        )
    if wrote.code_fingerprint != own.code_fingerprint:
        raise OtherBuildError(
            f"inputs from seq {seq} on were written by another build and need a snapshot: "
            f"run build {wrote.code_fingerprint[:12]} once to take one, or stay with it"
        )
    if wrote.numeric_fingerprint != own.numeric_fingerprint:
        raise OtherBuildError(
            f"inputs from seq {seq} on were written where arithmetic rounds otherwise "
            "and need a snapshot: start once there to take one"
        )


def _cut_torn_tail(journal: Journal, damage: DamagedRowError) -> None:
    stored = journal.rows(damage.good_seq)
    if sum(1 for _ in islice(stored, 2)) > 1:
        raise RecoveryError(
            f"{damage}, and rows follow it: restore the journal from a copy"
        ) from damage
    journal.cut_after(damage.good_seq)


def replayed(machine: Machine, batch: SealedBatch) -> Iterator[Record]:
    """Apply a row's inputs one by one, each proven to cause what was recorded, and return them.

    Raises `RecoveryError` at the first that does not.
    """
    encode = machine.codec.encode
    for seq, ts_ns, game_ns, actor, trace_id, body, raw in machine.codec.decode_inputs(batch.body):
        if seq != machine.next_seq:
            raise RecoveryError(
                f"seq {seq} follows {machine.next_seq - 1}: its outputs are not as recorded"
            )
        if not machine.expects(game_ns, body):
            raise RecoveryError(f"seq {seq}: {machine.due(game_ns)!r} is due before {body!r}")
        outputs = machine.apply(game_ns, body)
        if encode(outputs) != bytes(raw):
            recorded = machine.codec.decode_outputs(raw)
            raise RecoveryError(
                f"seq {seq}, {type(body).__name__}: {_difference(outputs, recorded)}"
            )
        yield Record(seq, ts_ns, game_ns, actor, trace_id, body, outputs)
    if machine.next_seq != batch.last_seq + 1:
        raise RecoveryError(f"the row from seq {batch.first_seq} does not end at {batch.last_seq}")


def _replay(machine: Machine, batch: SealedBatch) -> int:
    return sum(1 for _ in replayed(machine, batch))


def _difference(outputs: tuple[Message, ...], recorded: tuple[Message, ...]) -> str:
    for index, (now, then) in enumerate(zip_longest(outputs, recorded)):
        if now != then:
            return f"output {index} is {now!r}, recorded was {then!r}"
    return "outputs encode otherwise than recorded"
