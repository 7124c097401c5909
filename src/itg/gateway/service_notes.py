"""What the gateway notes of its service to each team, once a game minute, for the reports.

The two clocks meet here alone: a latency is wall time, and enters the journal as a command that
causes no event. In lock step nobody waits for a clock, and nothing is noted.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress
from operator import add
from time import perf_counter

from itg.game.contract import LATENCY_BOUNDS_US, NoteService, ServiceNote
from itg.gateway.directory import Directory
from itg.kernel.ids import AccountId
from itg.kernel.times import NS_PER_MINUTE
from itg.runtime.pump_port import OverloadedError, PumpPort, PumpStoppedError

_BOUNDS_S = tuple(bound / 1_000_000 for bound in LATENCY_BOUNDS_US)


class ServiceWatch:
    """Counts answers as they leave and sends the counts; `beat` is called every second or so."""

    def __init__(self, pump: PumpPort) -> None:
        self._pump = pump
        self._counts: dict[AccountId, list[int]] = {}
        self._minute = 0

    def answered(self, account_id: AccountId | None, started: float) -> None:
        """Count a command that was taken at `started` of `perf_counter` and is answered now."""
        if account_id is not None:
            counts = self._counts.get(account_id)
            if counts is None:
                counts = self._counts[account_id] = [0] * (len(_BOUNDS_S) + 1)
            counts[bisect_left(_BOUNDS_S, perf_counter() - started)] += 1

    def add(self, counts: Mapping[AccountId, Sequence[int]]) -> None:
        """Add what another gateway counted."""
        for account_id, more in counts.items():
            own = self._counts.setdefault(account_id, [0] * (len(_BOUNDS_S) + 1))
            own[:] = map(add, own, more)

    def take(self) -> dict[AccountId, list[int]]:
        """Return what was counted, and begin anew: another gateway sends it."""
        counts, self._counts = self._counts, {}
        return counts

    def beat(self, directory: Directory, sockets: Mapping[AccountId, int]) -> None:
        """Send the notes if a game minute has turned since the last were sent.

        `sockets` holds how many sessions each account has now, at all gateways.
        """
        minute = self._pump.clock.game_ns() // NS_PER_MINUTE
        if minute == self._minute:
            return
        self._minute = minute
        counts = self.take()
        if not directory.is_running:
            return
        notes = tuple(
            ServiceNote(
                account_id=team.account_id,
                sockets=sockets.get(team.account_id, 0),
                counts=tuple(counts.get(team.account_id, ())),
            )
            for team in directory.teams.values()
        )
        # A busy pump has better things to do: what was counted is lost, and said to be fewer notes.
        with suppress(OverloadedError, PumpStoppedError):
            self._pump.submit(NoteService(notes=notes))
