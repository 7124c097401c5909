"""Game time and wall time, as a pump sees them. The one module that reads the machine's clocks."""

import time
from collections.abc import Callable
from typing import Protocol

from itg.kernel.times import NS_PER_S, Nanos

Watcher = Callable[[], None]


class Clock(Protocol):
    """Tell game and wall time in ns since the epoch, and how long a game time is away."""

    def game_ns(self) -> Nanos:
        """Return the game's time; may stand still, jump, or run faster than the wall."""

    def wall_ns(self) -> Nanos:
        """Return the time stamped on records for people; never an input of a rule."""

    def wall_delay_until(self, game_ns: Nanos) -> float | None:
        """Return seconds of wall time until `game_ns`: 0 when past, None while no waiting helps."""

    def watch(self, on_change: Watcher) -> None:
        """Call `on_change` when `wall_delay_until` changes for a reason other than waiting."""


class SystemClock:
    """Game time is wall time."""

    def game_ns(self) -> Nanos:
        return Nanos(time.time_ns())

    def wall_ns(self) -> Nanos:
        return Nanos(time.time_ns())

    def wall_delay_until(self, game_ns: Nanos) -> float | None:
        return max(0, game_ns - time.time_ns()) / NS_PER_S

    def watch(self, on_change: Watcher) -> None:
        """Do nothing: the machine's clock tells nobody when it is set."""


class ScaledClock:
    """Game time that runs `speed` times as fast as the wall once started; frozen until then.

    `monotonic_ns` is the machine's steady clock unless another is given.
    """

    def __init__(
        self,
        game_start_ns: Nanos,
        speed: float,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        assert speed > 0
        self.speed = speed
        self._anchor_game_ns = game_start_ns
        self._anchor_ns: int | None = None
        self._monotonic_ns = monotonic_ns
        self._watchers: list[Watcher] = []

    @property
    def is_frozen(self) -> bool:
        """Tell whether game time stands still."""
        return self._anchor_ns is None

    def start(self, game_ns: Nanos) -> None:
        """Run from `game_ns` on, whatever was before."""
        self._anchor_game_ns = game_ns
        self._anchor_ns = self._monotonic_ns()
        self._tell()

    def pause(self) -> None:
        """Freeze game time where it is."""
        self._anchor_game_ns = self.game_ns()
        self._anchor_ns = None
        self._tell()

    def resume(self) -> None:
        """Run on from where game time stands."""
        if self._anchor_ns is None:
            self.start(self._anchor_game_ns)

    def game_ns(self) -> Nanos:
        if self._anchor_ns is None:
            return self._anchor_game_ns
        elapsed_ns = self._monotonic_ns() - self._anchor_ns
        return Nanos(self._anchor_game_ns + int(elapsed_ns * self.speed))

    def wall_ns(self) -> Nanos:
        return Nanos(time.time_ns())

    def wall_delay_until(self, game_ns: Nanos) -> float | None:
        missing_ns = game_ns - self.game_ns()
        if missing_ns <= 0:
            return 0.0
        return None if self.is_frozen else missing_ns / self.speed / NS_PER_S

    def watch(self, on_change: Watcher) -> None:
        self._watchers.append(on_change)

    def _tell(self) -> None:
        for on_change in self._watchers:
            on_change()


class VirtualClock:
    """Time that stands still and jumps when told; wall time is game time, so records repeat."""

    def __init__(self, start_ns: Nanos) -> None:
        self._now_ns = start_ns
        self._watchers: list[Watcher] = []

    def advance_to(self, game_ns: Nanos) -> None:
        """Jump forward; a time already past changes nothing."""
        if game_ns <= self._now_ns:
            return
        self._now_ns = game_ns
        for on_change in self._watchers:
            on_change()

    def game_ns(self) -> Nanos:
        return self._now_ns

    def wall_ns(self) -> Nanos:
        return self._now_ns

    def wall_delay_until(self, game_ns: Nanos) -> float | None:
        return 0.0 if game_ns <= self._now_ns else None

    def watch(self, on_change: Watcher) -> None:
        self._watchers.append(on_change)


class FollowedClock:
    """Game time as another process tells it now and then, run on in between."""

    def __init__(self) -> None:
        self._anchor_game_ns = Nanos(0)
        self._anchor_ns = time.monotonic_ns()
        self._rate = 0.0
        self._watchers: list[Watcher] = []

    def set(self, game_ns: Nanos, rate: float) -> None:
        """Take the time of now, which never runs back, and game seconds per second of the wall."""
        self._anchor_game_ns = max(game_ns, self.game_ns())
        self._anchor_ns = time.monotonic_ns()
        is_other, self._rate = rate != self._rate, rate
        if is_other:
            for on_change in self._watchers:
                on_change()

    def reach(self, game_ns: Nanos) -> None:
        """Be at least at this time: something that happened then has been heard of."""
        if game_ns > self.game_ns():
            self.set(game_ns, self._rate)

    def game_ns(self) -> Nanos:
        elapsed_ns = time.monotonic_ns() - self._anchor_ns
        return Nanos(self._anchor_game_ns + int(elapsed_ns * self._rate))

    def wall_ns(self) -> Nanos:
        return Nanos(time.time_ns())

    def wall_delay_until(self, game_ns: Nanos) -> float | None:
        missing_ns = game_ns - self.game_ns()
        if missing_ns <= 0:
            return 0.0
        return None if self._rate == 0 else missing_ns / self._rate / NS_PER_S

    def watch(self, on_change: Watcher) -> None:
        self._watchers.append(on_change)


class HeldClock:
    """Another clock, held at a time of the game until it is let go."""

    def __init__(self, clock: Clock, at_ns: Nanos) -> None:
        self._clock = clock
        self._held_ns: Nanos | None = at_ns
        self._watchers: list[Watcher] = []

    def let_go(self) -> None:
        """Be the other clock from now on; again does nothing."""
        if self._held_ns is not None:
            self._held_ns = None
            for on_change in self._watchers:
                on_change()

    def game_ns(self) -> Nanos:
        return self._clock.game_ns() if self._held_ns is None else self._held_ns

    def wall_ns(self) -> Nanos:
        return self._clock.wall_ns()

    def wall_delay_until(self, game_ns: Nanos) -> float | None:
        if self._held_ns is None:
            return self._clock.wall_delay_until(game_ns)
        return 0.0 if game_ns <= self._held_ns else None

    def watch(self, on_change: Watcher) -> None:
        self._watchers.append(on_change)
        self._clock.watch(on_change)
