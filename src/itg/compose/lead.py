"""The right to try to lead a game: whoever runs one holds a lease, and renews it.

It decides who tries. The journal's fence decides who may: with the next epoch begun, whatever a
former leader still appends is refused.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from secrets import token_hex
from socket import gethostname
from typing import TYPE_CHECKING, NamedTuple

from itg.adapters.postgres_url import PostgresUrl
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import is_in_postgres, lease_in_postgres
from itg.kernel.errors import JournalError
from itg.runtime.cascade import Machine
from itg.runtime.journal import Journal
from itg.runtime.lease import Lease, LeaseKeeper

if TYPE_CHECKING:
    from itg.adapters.postgres_lease import PostgresLease


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
