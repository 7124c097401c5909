"""Moves the game clock when the game says so: services decide, the clock obeys after the commit."""

from collections.abc import Sequence
from typing import Protocol

from itg.game.contract import GameRules, RoundEnded, RoundPaused, RoundResumed, RoundStarted
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.clock import Clock, ScaledClock, VirtualClock
from itg.runtime.envelope import Record

# Every released event passes here: one look at its class decides that it is none of these.
ROUND_FACTS = frozenset({RoundStarted, RoundPaused, RoundResumed, RoundEnded})


class ClockDirector(Protocol):
    """Hears every released batch and moves its clock."""

    def see(self, records: Sequence[Record]) -> None:
        """Obey the rounds' facts in these records."""

    def resume_at(self, game_ns: Nanos) -> None:
        """Continue a round that was running before a restart; no game time passed meanwhile."""


def clock_of(rules: GameRules) -> tuple[Clock, ClockDirector]:
    """Return the game's clock, standing at the first round's start, and who moves it."""
    start_ns = rules.rounds[0].start_ns
    if rules.lock_step:
        virtual = VirtualClock(start_ns)
        return virtual, VirtualClockDirector(virtual)
    scaled = ScaledClock(start_ns, rules.speed)
    return scaled, ScaledClockDirector(scaled)


class ScaledClockDirector:
    """Runs a scaled clock from the released facts of the rounds."""

    def __init__(self, clock: ScaledClock) -> None:
        self._clock = clock

    def resume_at(self, game_ns: Nanos) -> None:
        self._clock.start(game_ns)

    def see(self, records: Sequence[Record]) -> None:
        for record in records:
            for output in record.outputs:
                if type(output) in ROUND_FACTS:
                    self._obey(record.game_ns, output)

    def _obey(self, game_ns: Nanos, fact: Message) -> None:
        match fact:
            case RoundStarted():
                self._clock.start(max(fact.start_ns, game_ns))
            case RoundPaused() | RoundEnded():
                self._clock.pause()
            case RoundResumed():
                self._clock.resume()
            case _:
                raise AssertionError(f"not a fact of a round: {fact!r}")


class VirtualClockDirector:
    """Jumps a virtual clock to the start of a round; from there lock step moves it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def resume_at(self, game_ns: Nanos) -> None:
        self._clock.advance_to(game_ns)

    def see(self, records: Sequence[Record]) -> None:
        for record in records:
            for output in record.outputs:
                if isinstance(output, RoundStarted):
                    self._clock.advance_to(output.start_ns)
