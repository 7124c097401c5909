"""What the gateway notes of its service to each team, once a game minute, for the reports.

The two clocks meet here alone: a latency is wall time, and enters the journal as a command that
causes no event. In lock step nobody waits for a clock, and nothing is noted.
"""

from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from time import perf_counter

from itg.game.contract import LATENCY_BOUNDS_US, NoteService, ServiceNote
from itg.gateway.directory import Directory
from itg.gateway.feed import Feed
from itg.kernel.ids import AccountId
from itg.kernel.times import NS_PER_MINUTE
from itg.runtime.pump import OverloadedError, Pump, PumpStoppedError

_BOUNDS_S = tuple(bound / 1_000_000 for bound in LATENCY_BOUNDS_US)


class ServiceWatch:
    """Counts answers as they leave and sends the counts; `beat` is called every second or so."""

    def __init__(self, pump: Pump, feed: Feed) -> None:
        self._pump = pump
        self._feed = feed
        self._counts: dict[AccountId, list[int]] = {}
        self._minute = 0

    def answered(self, account_id: AccountId | None, started: float) -> None:
        """Count a command that was taken at `started` of `perf_counter` and is answered now."""
        if account_id is not None:
            counts = self._counts.get(account_id)
            if counts is None:
                counts = self._counts[account_id] = [0] * (len(_BOUNDS_S) + 1)
            counts[bisect_left(_BOUNDS_S, perf_counter() - started)] += 1

    def beat(self, directory: Directory) -> None:
        """Send the notes if a game minute has turned since the last were sent."""
        minute = self._pump.clock.game_ns() // NS_PER_MINUTE
        if minute == self._minute:
            return
        self._minute = minute
        counts, self._counts = self._counts, {}
        if not directory.is_running:
            return
        sockets = Counter(session.caller.account_id for session in self._feed.sessions)
        notes = tuple(
            ServiceNote(
                account_id=team.account_id,
                sockets=sockets[team.account_id],
                counts=tuple(counts.get(team.account_id, ())),
            )
            for team in directory.teams.values()
        )
        # A busy pump has better things to do: what was counted is lost, and said to be fewer notes.
        with suppress(OverloadedError, PumpStoppedError):
            self._pump.submit(NoteService(notes=notes))
