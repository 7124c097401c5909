"""Replays of a served game's rounds, each made by a process of its own."""

import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import structlog

from itg.compose.replay_program import NOT_ENDED
from itg.gateway.replay_file import NotEndedError
from itg.gateway.replays import file_name
from itg.kernel.errors import ItgError

log = structlog.get_logger()
REPLAYS = "replays"
_FINISH_S = 5.0


class ReplayFailedError(ItgError):
    """The process that makes a replay ended before it had."""


class ReplayChild:
    """Makes the replays of a data directory, one at a time.

    Reading a whole journal is heavy, and the market's own process has one interpreter.
    """

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_stopped = False
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replays made")

    def make(self, round_id: int, file: Path) -> None:
        """Make a replay unless it is there; for worker threads, since it takes its time.

        Raises `NotEndedError`, `ReplayFailedError`.
        """
        self._worker.submit(self._make, round_id, file).result()

    def begin(self, round_id: int) -> None:
        """Begin to make a replay where the gateways look for it, and wait for nothing."""
        file = self._data / REPLAYS / file_name(round_id)
        self._worker.submit(self._make, round_id, file).add_done_callback(self._tell)

    def stop(self) -> None:
        """Make none any more; one under way is given up, and made anew when it is asked for."""
        self._has_stopped = True
        self._worker.shutdown(wait=False, cancel_futures=True)
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_FINISH_S)
        except subprocess.TimeoutExpired:
            process.kill()

    def _make(self, round_id: int, file: Path) -> None:
        if file.exists():
            return
        if self._has_stopped:
            raise ReplayFailedError("the server stops")
        program = (sys.executable, "-m", "itg.compose.replay_program")
        asked = (str(self._data), str(round_id), str(file))
        self._process = subprocess.Popen((*program, *asked), stdin=subprocess.DEVNULL)  # noqa: S603 - ours
        self._end_if_stopped(self._process)  # while it was being started
        code = self._process.wait()
        self._process = None
        if code == NOT_ENDED:
            raise NotEndedError(f"round {round_id} has not ended")
        if code != 0:
            raise ReplayFailedError(
                f"the replay of round {round_id} was not made: its process ended with code {code}"
            )

    def _tell(self, made: "Future[None]") -> None:
        error = None if made.cancelled() or self._has_stopped else made.exception()
        if error is not None:
            # It is tried again when somebody asks for it.
            log.warning("replay_not_made", reason=str(error))

    def _end_if_stopped(self, process: subprocess.Popen[bytes]) -> None:
        if self._has_stopped:
            process.terminate()
