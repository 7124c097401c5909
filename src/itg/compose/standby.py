"""Who stands by to lead a game, or one of its nodes: `itg serve --standby`, `itg node --standby`.

follows     journal → Tail → machine        (no requests, no writes)
takes over  lease → next epoch → the rest of the rows → Solo or a node, as after a recovery
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic

import structlog

from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings, assert_made_by, create_command, journal_of
from itg.compose.journals import holds_game
from itg.compose.lead import Lead, Taken
from itg.compose.listeners import assert_room
from itg.compose.verify import machine_of
from itg.kernel.errors import JournalError
from itg.kernel.ids import Seq
from itg.runtime.cascade import Machine
from itg.runtime.fingerprint import header_of
from itg.runtime.journal import Journal
from itg.runtime.metrics import HandlerTimes
from itg.runtime.recovery import OtherBuildError
from itg.runtime.tail import Tail

log = structlog.get_logger()
_LOOK_S = 0.03
_AGAIN_S = 10.0


class Standby:
    """Follows a game until nobody leads it; each step runs in a worker thread, one at a time.

    Its journal is in `place`, the data directory unless another is given.
    """

    def __init__(self, settings: SoloSettings, place: Path | None = None) -> None:
        self._settings = settings
        self._directory = DataDirectory(place or settings.data)
        self._lead = Lead(self._directory, settings.postgres)
        self._journal: Journal | None = None
        self._machine: Machine | None = None
        self._tail: Tail | None = None
        self._again_s = 0.0  # when to try again to follow, 0: nothing was in the way

    @property
    def seq(self) -> Seq | None:
        """Return the last number it has applied, None before it follows."""
        return None if self._tail is None else self._tail.seq

    @property
    def is_waiting(self) -> bool:
        """Tell whether it waits for a snapshot: the leader is of another build."""
        return self._again_s > 0 and self._tail is None

    async def until_leading(self, stop: asyncio.Event) -> Taken | None:
        """Follow until the lease is held; None if `stop` is set before that."""
        self._assert_free()
        try:
            while not stop.is_set():
                if await asyncio.to_thread(self._lead.take_over):
                    return self._taken()
                if not await asyncio.to_thread(self._step):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), _LOOK_S)
        except BaseException:
            self._give_up()
            raise
        self._give_up()
        return None

    def _taken(self) -> Taken:
        log.warning("takes_over", data=str(self._directory.path), seq=self.seq)
        return Taken(self._lead, self._journal, self._machine)

    def _step(self) -> int:
        try:
            return self._begin() if self._tail is None else self._tail.step()
        except OtherBuildError as error:
            # It may lead all the same, where the leader ends with a snapshot; until then it waits.
            if not self.is_waiting:
                log.warning("follows_no_other_build", reason=str(error))
            self._tail = self._machine = None
            self._again_s = monotonic() + _AGAIN_S
            return 0

    def _begin(self) -> int:
        if monotonic() < self._again_s or not holds_game(self._directory.path):
            return 0
        self._journal = self._journal or self._opened()
        if not self._journal.epochs():
            return 0
        began = monotonic()
        self._machine = self._fresh(self._journal)
        tail = Tail(self._journal, self._machine, header_of(self._machine))
        tail.step()  # or what it restored is followed by another build's rows
        self._tail, self._again_s = tail, 0.0
        log.info("stands_by", seq=tail.seq, restored_s=round(monotonic() - began, 3))
        return 1

    def _assert_free(self) -> None:
        assert_room(self._settings.public, self._settings.admin)

    def _opened(self) -> Journal:
        return journal_of(self._settings)

    def _fresh(self, journal: Journal) -> Machine:
        # Now, not when it is to lead: flags of another game would be found out too late.
        create = create_command(self._settings, self._directory)
        assert_made_by(create, journal, self._directory)
        return machine_of(journal, HandlerTimes())

    def _give_up(self) -> None:
        self._lead.release()
        if self._journal is not None:
            with suppress(JournalError):
                self._journal.close()
