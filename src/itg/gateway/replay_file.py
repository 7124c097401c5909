"""A round's replay as a file: a ZIP of its parts, read one part at a time."""

import os
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from msgspec import structs
from msgspec.json import Decoder

from itg.kernel.errors import ItgError
from itg.kernel.ids import AccountId
from itg.runtime.codec import Codec
from itg.runtime.journal import Journal
from itg.translate.round_replay import (
    CONTENTS,
    OwnContents,
    RoundReplay,
    chunk_name,
    own_chunk_name,
    own_contents_name,
    stretch_of,
)
from itg.wire.v1.replay import ReplayBody

_FAST = 1
_CONTENTS = Decoder(ReplayBody)
_OWN_CONTENTS = Decoder(OwnContents)


class NotEndedError(ItgError):
    """A round that has no replay: a journal does not have its beginning and its end."""


def write_replay(journal: Journal, codec: Codec, round_id: int, file: Path) -> None:
    """Write a round's replay, whole or not at all; raises `NotEndedError`.

    One pass finds the round, a second one folds everything up to its end.
    """
    stretch = stretch_of(journal, codec, round_id)
    if stretch is None:
        raise NotEndedError(f"round {round_id} has not ended in this journal")
    file.parent.mkdir(parents=True, exist_ok=True)
    # Of this process alone: another one may be making the same.
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with ZipFile(part, "w", ZIP_DEFLATED, compresslevel=_FAST) as archive:
            RoundReplay(round_id, stretch, archive.writestr).read(journal, codec)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


class ReplayFile:
    """One round's replay; of one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._archive = ZipFile(file)
        self._names = frozenset(self._archive.namelist())

    def contents(self, account_id: AccountId | None) -> ReplayBody:
        """Return the table of contents with a viewer's own fills on the timeline."""
        body = _CONTENTS.decode(self._archive.read(CONTENTS))
        if account_id is None or own_contents_name(account_id) not in self._names:
            return body
        own = _OWN_CONTENTS.decode(self._archive.read(own_contents_name(account_id)))
        markers = sorted([*body.markers, *own.markers], key=lambda marker: marker.seq)
        return structs.replace(body, team_id=own.team_id, markers=markers)

    def chunk(self, number: int, account_id: AccountId | None) -> bytes | None:
        """Return one `ReplayChunkBody` as JSON; None for a number there is not."""
        if chunk_name(number) not in self._names:
            return None
        own = b"null"
        if account_id is not None and own_chunk_name(number, account_id) in self._names:
            own = self._archive.read(own_chunk_name(number, account_id))
        return self._archive.read(chunk_name(number)).removesuffix(b"null}") + own + b"}"

    def close(self) -> None:
        """Read no more."""
        self._archive.close()
