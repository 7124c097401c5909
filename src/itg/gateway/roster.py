"""Which processes a game has and what each plays, as far as this one knows; `compose` brings it."""

import os
from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from itg.kernel.ids import Shard
from itg.wire.v1.operating import ProcessBody


class Played(Struct, frozen=True):
    """A service, or its one shard, by the `name` of both, and the node that plays it."""

    name: str
    node: str
    service: str
    shard: Shard | None


class Roster(Protocol):
    """Who plays a game; reading changes nothing."""

    @property
    def services(self) -> Sequence[Played]:
        """Return every service with its node, in the order of the nodes."""

    def processes(self) -> Sequence[ProcessBody]:
        """Return the processes there are. It reads files: for a worker thread."""


class Alone:
    """A process that knows of no other."""

    def __init__(self, services: Sequence[Played] = (), own: str = "node") -> None:
        self.services = services
        self._own = own

    def processes(self) -> Sequence[ProcessBody]:
        return (ProcessBody(process=self._own, pid=os.getpid(), status="runs"),)
