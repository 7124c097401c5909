"""Who leads a game, and who stands by to lead it: `itg serve`, `itg serve --standby`.

    stand-by    journal → Tail → machine        (no requests, no writes)
    takes over  lease → next epoch → the rest of the rows → Solo, as after a recovery

Whoever leads renews a lease; a stand-by takes it when it is free or lapsed. The journal's fence
makes that safe: with the next epoch begun, whatever the former leader still appends is refused.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from socket import gethostname
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import structlog

from itg.adapters.postgres_url import PostgresUrl
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import holds_game, is_in_postgres, lease_in_postgres
from itg.kernel.errors import JournalError
from itg.runtime.cascade import Machine
from itg.runtime.journal import Journal
from itg.runtime.lease import Lease, LeaseKeeper
from itg.runtime.tail import Tail

if TYPE_CHECKING:
    from itg.adapters.postgres_lease import PostgresLease

log = structlog.get_logger()
_LOOK_S = 0.03


class Lead:
    """The right to try to lead a game: taken at once, or by a stand-by when it is to be had.

    It is the directory's lock, and for a journal in PostgreSQL a lease there as well.
    """

    def __init__(self, directory: DataDirectory, postgres: PostgresUrl | None) -> None:
        self._directory = directory
        self._postgres = postgres
        self._there: PostgresLease | None = None
        self._held: Sequence[Lease] = ()
        self._keeper: LeaseKeeper | None = None

    def take(self) -> None:
        """Take it; `ConfigurationError` if a living process of this host plays the game."""
        self._directory.hold()
        self._keep(self._directory.lock)

    def take_over(self) -> bool:
        """Take it if it is free or lapsed; tell whether it is held."""
        # Each one is asked each time: to see a lock lapse takes a while of looking.
        leases: list[Lease] = [self._directory.lock]
        if (there := self._of_journal()) is not None:
            leases.append(there)
        held = [lease.take() for lease in leases]
        if not all(held):
            return False
        self._keep(*leases)
        return True

    def claim(self) -> None:
        """Take what belongs to the journal, which is there by now, from whoever has it."""
        there = self._of_journal()
        if there is not None and there not in self._held:
            there.seize()
            self._stop_keeping()
            self._keep(self._directory.lock, there)

    async def lost(self) -> None:
        """Wait until another leads, and raise `FencedError`."""
        assert self._keeper is not None, "take it first"
        await self._keeper.lost()

    def release(self) -> None:
        """Let another lead, at once; again does nothing."""
        self._stop_keeping()
        if self._there is not None:
            with suppress(JournalError):  # it lapses
                self._there.release()
            self._there = None
        self._directory.release()

    def _of_journal(self) -> "PostgresLease | None":
        data = self._directory.path
        if self._there is None and is_in_postgres(data):
            owner = f"{gethostname()}:{os.getpid()}:{token_hex(4)}"
            self._there = lease_in_postgres(data, self._postgres, owner)
        return self._there

    def _keep(self, *leases: Lease) -> None:
        self._held = leases
        self._keeper = LeaseKeeper(leases)

    def _stop_keeping(self) -> None:
        if self._keeper is not None:
            self._keeper.stop()
            self._keeper = None


class Taken(NamedTuple):
    """What a stand-by has when it is to lead; journal and machine are None before a first row."""

    lead: Lead
    journal: Journal | None = None
    machine: Machine | None = None


class Standby:
    """Follows a game until nobody leads it; each step runs in a worker thread, one at a time."""

    def __init__(
        self,
        data: Path,
        open_game: Callable[[], Journal],
        machine_of: Callable[[Journal], Machine],
        postgres: PostgresUrl | None = None,
    ) -> None:
        self._data = data
        self._open_game = open_game
        self._machine_of = machine_of
        self._lead = Lead(DataDirectory(data), postgres)
        self._journal: Journal | None = None
        self._machine: Machine | None = None
        self._tail: Tail | None = None

    async def until_leading(self, stop: asyncio.Event) -> Taken | None:
        """Follow until the lease is held; None if `stop` is set before that."""
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
        seq = 0 if self._tail is None else self._tail.seq
        log.warning("takes_over", data=str(self._data), seq=seq)
        return Taken(self._lead, self._journal, self._machine)

    def _step(self) -> int:
        if self._tail is None:
            return self._begin()
        return self._tail.step()

    def _begin(self) -> int:
        if not holds_game(self._data):
            return 0
        self._journal = self._journal or self._open_game()
        if not self._journal.epochs():
            return 0
        began = monotonic()
        self._machine = self._machine_of(self._journal)
        self._tail = Tail(self._journal, self._machine)
        log.info("stands_by", seq=self._tail.seq, restored_s=round(monotonic() - began, 3))
        return 1

    def _give_up(self) -> None:
        self._lead.release()
        if self._journal is not None:
            with suppress(JournalError):
                self._journal.close()
