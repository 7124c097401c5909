"""A bundle as one file: a tar that has a single form for its contents, so that it can be compared.

Only the contents are signed. That nothing beside them can be changed unnoticed, not a time stamp
and not a byte of padding, follows from the form: whoever reads compares each block with the one
that this module would have written.
"""

import gzip
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from struct import Struct as Layout
from tarfile import BLOCKSIZE, USTAR_FORMAT, HeaderError, TarInfo
from typing import IO, Final

from msgspec import Struct

from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.journal import SealedBatch

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
RESULTS: Final = "results.json"
SCENARIO: Final = "scenario.json"
JOURNAL: Final = "journal.rows.gz"
# Before each row's body: first and last number, epoch, wall time in ns, hash, length of the body.
ROW: Final = Layout(">QQQQ32sI")
# As long as SQLite takes a value, in which a journal's row is one; PostgreSQL's is no shorter.
ROW_BYTES_MAX: Final = 1_000_000_000
_END: Final = bytes(2 * BLOCKSIZE)
_CHUNK: Final = 1 << 20
_LEVEL: Final = 6


class BundleError(ItgError):
    """A bundle is not as it was made; `part` says where."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(f"{part}: {detail}")
        self.part = part
        self.detail = detail


class Member(Struct, frozen=True):
    """Where a file's bytes stand in a bundle."""

    name: str
    start: int
    size: int
    sha256: str


def write_archive(target: IO[bytes], members: Iterable[tuple[str, Path]]) -> None:
    """Write files one after another; the same files give the same bytes."""
    for name, path in members:
        size = path.stat().st_size
        target.write(_header(name, size))
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
        target.write(bytes(-size % BLOCKSIZE))
    target.write(_END)


def read_archive(source: IO[bytes]) -> list[Member]:
    """Return the files of an archive in order; `BundleError` at the first foreign byte."""
    members: list[Member] = []
    while (block := source.read(BLOCKSIZE)) != bytes(BLOCKSIZE):
        members.append(_member(source, block, members[-1].name if members else "the beginning"))
    if block + source.read() != _END:
        raise BundleError("the end", "the archive does not end as it was written")
    return members


def read_member(source: IO[bytes], member: Member) -> bytes:
    """Return a small file's bytes."""
    source.seek(member.start)
    return source.read(member.size)


def write_rows(target: IO[bytes], rows: Iterable[SealedBatch]) -> Iterator[SealedBatch]:
    """Write rows as they pass."""
    with gzip.GzipFile("", "wb", _LEVEL, target, mtime=0) as packed:
        for row in rows:
            numbers = (row.first_seq, row.last_seq, row.epoch, row.ts_ns)
            packed.write(ROW.pack(*numbers, row.hash, len(row.body)))
            packed.write(row.body)
            yield row


def read_rows(source: IO[bytes], member: Member) -> Iterator[SealedBatch]:
    """Return the rows of a journal's file, unchecked; `BundleError` at one that is too long."""
    source.seek(member.start)
    seq = 0
    with gzip.GzipFile(fileobj=source, mode="rb") as packed:
        while len(head := packed.read(ROW.size)) == ROW.size:
            first, last, epoch, ts_ns, digest, length = ROW.unpack(head)
            if length > ROW_BYTES_MAX:
                told = f"the row after seq {seq} is to have {length:,} bytes"
                raise BundleError(JOURNAL, f"{told}; a journal's has at most {ROW_BYTES_MAX:,}")
            body, seq = packed.read(length), last
            yield SealedBatch(Seq(first), Seq(last), epoch, Nanos(ts_ns), body, digest)


def digest_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as source:
        return _digest(source, path.stat().st_size)


def _member(source: IO[bytes], block: bytes, after: str) -> Member:
    where = f"after {after}"
    try:
        found = TarInfo.frombuf(block, "ascii", "strict")
        wanted = _header(found.name, found.size)
    except (HeaderError, ValueError) as error:
        raise BundleError(where, f"no file begins there: {error}") from error
    if wanted != block:
        raise BundleError(found.name, "its head in the archive is not as it was written")
    start = source.tell()
    digest = _digest(source, found.size)
    padding = source.read(-found.size % BLOCKSIZE)
    if padding != bytes(-found.size % BLOCKSIZE):
        raise BundleError(found.name, "bytes stand between it and what follows")
    return Member(found.name, start, found.size, digest)


def _digest(source: IO[bytes], size: int) -> str:
    digest = sha256()
    while size and (chunk := source.read(min(size, _CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def _header(name: str, size: int) -> bytes:
    # Nobody owns it, it was made at no time: what remains is name and size.
    entry = TarInfo(name)
    entry.size = size
    return entry.tobuf(USTAR_FORMAT, "ascii", "strict")
