"""A copy of all nodes' journals as of one instant, while they are played.

They are copied one after the other, so a later copy may hold what an earlier one lacks the cause
of. Such rows, and all that follow them on their node, are cut from the copy until every arrival in
it has its cause in it. What was on disk before the first copy began had its causes on disk too, and
so had these: none of it is ever cut.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from itg.adapters.file_copies import copy_database
from itg.adapters.sqlite_journal import DATABASE, SqliteJournal, cut_copy
from itg.compose.journals import GAME_FILE, is_in_postgres, open_journal
from itg.compose.nodes_read import layout_in, node_directory, node_journals
from itg.kernel.ids import Seq
from itg.runtime.arrival import Arrival
from itg.runtime.codec import Codec
from itg.runtime.joined_machine import codec_of
from itg.runtime.journal import Journal


class CopiedRow(Struct, frozen=True):
    """A row of a copy: what has to be in the others for it to stay."""

    before: Seq  # the last number before it
    needs: dict[str, Seq]  # how far each other node must be in the copy


def ends_of(data: Path) -> dict[str, Seq]:
    """Return where each node's journal ends now: taken before the copies, these rows stay."""
    with ExitStack() as opened:
        journals = node_journals(data)
        for journal in journals.values():
            opened.callback(journal.close)
        return {name: journal.head().seq for name, journal in journals.items()}


def copy_nodes(data: Path, draft: Path, before: Mapping[str, Seq]) -> list[str]:
    """Copy every node's journal and cut the copies to one instant; `before` are `ends_of` data.

    Return the names of other files that were made: snapshots of what is in PostgreSQL.
    """
    made: list[str] = []
    for name in before:
        source, place = node_directory(data, name), node_directory(draft, name)
        place.mkdir(parents=True, exist_ok=True)
        if is_in_postgres(source):
            made += [path.relative_to(draft).as_posix() for path in _received(source, place)]
        else:
            copy_database(source / DATABASE, place / DATABASE)
    codec = codec_of(layout_in(data))
    ends: dict[str, Seq] = {}
    rows: dict[str, Sequence[CopiedRow]] = {}
    with ExitStack() as opened:
        for name, journal in node_journals(draft).items():
            opened.callback(journal.close)
            ends[name] = journal.head().seq
            rows[name] = _rows(journal, codec, before[name])
    for name, end in one_instant(ends, rows).items():
        place = node_directory(draft, name)
        if end < ends[name]:
            cut_copy(place, end)
        for snapshot in place.glob("*.snapshot"):
            if int(snapshot.stem) > end:
                snapshot.unlink()
    return made


def _received(source: Path, place: Path) -> Sequence[Path]:
    # The copy is a journal in SQLite, whatever the node plays on.
    (place / GAME_FILE).unlink(missing_ok=True)
    journal, target = open_journal(source), SqliteJournal(place)
    try:
        target.receive(journal)
    finally:
        journal.close()
        target.close()
    return sorted(place.glob("*.snapshot"))


def one_instant(ends: Mapping[str, Seq], rows: Mapping[str, Sequence[CopiedRow]]) -> dict[str, Seq]:
    """Return how far each node may go so that nothing stands without its cause."""
    found, moved = dict(ends), True
    while moved:
        moved = False
        for name, own in rows.items():
            for row in own:
                if row.before >= found[name]:
                    break
                if any(seq > found[source] for source, seq in row.needs.items()):
                    found[name], moved = row.before, True
                    break
    return found


def _rows(journal: Journal, codec: Codec, after: Seq) -> list[CopiedRow]:
    found: list[CopiedRow] = []
    for row in journal.rows(after):
        needs: dict[str, Seq] = {}
        for record in codec.decode_records(row.body):
            if isinstance(record.body, Arrival):
                needs[record.body.source] = record.body.seq
        found.append(CopiedRow(Seq(row.first_seq - 1), needs))
    return found
