"""What a backup says of itself, and whether it is still what it says."""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from itg.adapters.file_copies import sha256_of, sync
from itg.kernel.errors import ItgError

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
FORMAT = 1


class BackupError(ItgError):
    """A backup is not whole, or does not come to what it says; the message names the file."""


class KeptFile(Struct, frozen=True, kw_only=True):
    """One file of a backup; `name` is its path in the data directory."""

    name: str
    length: int  # bytes
    sha256: str


class Verified(Struct, frozen=True, kw_only=True):
    """That a copy was replayed from its first input to the end it has, and what it came to."""

    at_us: int  # wall time
    inputs: int
    head_hash: str
    state_hash: str


class NodeEnd(Struct, frozen=True, kw_only=True):
    """Where the journal of one node of several ends in a copy."""

    node: str
    head_seq: int
    head_hash: str


class Manifest(Struct, frozen=True, kw_only=True):
    """Whose copy it is, of which instant, and every file in it.

    `made_us` is wall time. `state_hash` is that of a replay from the first input, where one was
    asked for; empty otherwise, and `verified` None. Of a game on several nodes `nodes` tells where
    each journal ends, and the hashes are over those of the nodes.
    """

    format: int = FORMAT
    game: str
    made_at: str
    made_us: int
    head_seq: int
    head_hash: str
    last_input_us: int  # wall time of the last row, 0 in a game without one
    scenario_hash: str
    build: str
    version: str
    has_keys: bool
    state_hash: str = ""
    verified: Verified | None = None
    nodes: list[NodeEnd] = []
    files: list[KeptFile]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest and its seal, both on disk when this returns."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    for name, content in (
        (MANIFEST, text),
        (SEAL, f"{sha256(text).hexdigest()}  {MANIFEST}\n".encode()),
    ):
        (folder / name).write_bytes(content)
        sync(folder / name)


def read_manifest(backup: Path) -> Manifest:
    """Return a backup's manifest; `BackupError` where it is missing or not what was sealed."""
    try:
        text, seal = (backup / MANIFEST).read_bytes(), (backup / SEAL).read_bytes()
    except OSError as error:
        raise BackupError(f"{backup} is no whole backup: {error.strerror}: {error.filename}") from (
            error
        )
    if seal != f"{sha256(text).hexdigest()}  {MANIFEST}\n".encode():
        raise BackupError(f"{backup / MANIFEST} is not what {SEAL} says: one of them was changed")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"{backup / MANIFEST} is of another format: {error}") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{backup / MANIFEST} is of format {manifest.format}, not {FORMAT}")
    for complaint in _complaints([entry.name for entry in manifest.files]):
        raise BackupError(f"{backup / MANIFEST}: file name {complaint}")
    return manifest


def _complaints(names: Sequence[str]) -> Iterator[str]:
    # The seal says that a manifest is as it was written, not who wrote it: a name that leads out
    # of the backup would be read from, and written, anywhere.
    for name in names:
        parts = name.split("/")
        if not {"", ".", ".."}.isdisjoint(parts) or "\\" in name or "\0" in name:
            yield f"{name!r} is not a path within the backup: write names parted by single /"
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{name!r} stands twice"


def kept_file(folder: Path, name: str) -> KeptFile:
    """Return a file's entry, its bytes read back from the disk."""
    path = folder / name
    return KeptFile(
        name=name,
        length=path.stat().st_size,
        sha256=sha256_of(path),
    )


def faults_of(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield what is not as the manifest says, one text for each file concerned."""
    for path in sorted(path for path in folder.rglob("*") if path.is_symlink()):
        yield f"{path} is a link: a backup holds the files themselves"
    for entry in manifest.files:
        path = folder / entry.name
        if not path.is_file():
            yield f"{path} is missing"
        elif path.stat().st_size != entry.length:
            yield f"{path} has {path.stat().st_size} bytes, its manifest says {entry.length}"
        elif sha256_of(path) != entry.sha256:
            yield f"{path} was changed: its bytes have another SHA-256 than the manifest says"
    known = {entry.name for entry in manifest.files} | {MANIFEST, SEAL}
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        if path.relative_to(folder).as_posix() not in known:
            yield f"{path} stands in no manifest"


def assert_whole(backup: Path) -> Manifest:
    """Return the manifest of a backup every file of which was read; `BackupError` names faults."""
    manifest = read_manifest(backup)
    faults = list(faults_of(backup, manifest))
    if faults:
        raise BackupError("; ".join(faults))
    return manifest
