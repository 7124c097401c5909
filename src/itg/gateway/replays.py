"""The replays of ended rounds: made once each, then read from their files."""

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from itg.game.contract import ROUND_NOT_FOUND
from itg.gateway.calls import Answer, Call
from itg.gateway.file_queue import FileQueue
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.replay_file import NotEndedError, ReplayFile, write_replay
from itg.gateway.settings import GatewaySettings
from itg.runtime.codec import Codec
from itg.runtime.journal import Journal

# Makes the replay of a round as a file; may take minutes, and raises `NotEndedError`.
MakeReplay = Callable[[int, Path], None]


def file_name(round_id: int) -> str:
    """Return the name of a round's replay in the folder of replays."""
    return f"round-{round_id}.zip"


class Replays:
    """The replays of a folder; `make` makes what is not there.

    `run` reads in a worker thread of their own: one that is being made holds up no other file.
    """

    def __init__(self, journal: Journal, codec: Codec, settings: GatewaySettings) -> None:
        self.make: MakeReplay = partial(_make, journal, codec)
        self._queue = FileQueue("replays", settings)
        self._folder = Path(settings.replays) if settings.replays else None
        self._own: TemporaryDirectory[str] | None = None
        self._open: dict[int, ReplayFile] = {}

    def run(self, call: Call, kind: Hashable, make: Callable[[], Answer]) -> None:
        """Make an answer in the worker and reply with it in the loop; see `FileQueue.run`."""
        self._queue.run(call, kind, make)

    def of(self, round_id: int) -> ReplayFile:
        """Return a round's replay; for the worker. `RefusedError`, 404, where there is none."""
        found = self._open.get(round_id)
        if found is None:
            file = self._place() / file_name(round_id)
            if not file.exists():
                try:
                    self.make(round_id, file)
                except NotEndedError:
                    raise RefusedError(problem_of(ROUND_NOT_FOUND)) from None
            found = ReplayFile(file)
            # What was told until the end does not change; one round's is held open at a time.
            for other in self._open.values():
                other.close()
            self._open = {round_id: found}
        return found

    def stop(self) -> None:
        """Begin nothing any more; what is being made is given up."""
        self._queue.stop()
        for file in self._open.values():
            file.close()
        if self._own is not None:
            self._own.cleanup()

    def _place(self) -> Path:
        if self._folder is not None:
            return self._folder
        # A gateway without a folder keeps them as long as it lives.
        self._own = self._own or TemporaryDirectory(prefix="itg-replays-")
        return Path(self._own.name)


def _make(journal: Journal, codec: Codec, round_id: int, file: Path) -> None:
    reader = journal.reader()
    try:
        write_replay(reader, codec, round_id, file)
    finally:
        reader.close()
