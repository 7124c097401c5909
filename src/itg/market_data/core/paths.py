"""Where prices go in one step: the model's move, jumps, and the followers of the leader.

The leader moves by a price model and by compensated jumps on top of it; a follower is the lagged
leader times one plus its tracking error.
"""

from collections.abc import Sequence
from math import exp, sqrt

from msgspec import Struct, field

from itg.kernel.rng import Rng, Streams
from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.jumps import JumpLaw, jump_compensator, jump_variance
from itg.market_data.core.models.protocol import PriceModel, Scalable
from itg.market_data.core.models.registry import built
from itg.market_data.core.session_time import step_seconds, year_seconds
from itg.market_data.core.tracking import Follower, Tracker

# A jump's moments are read beside the paths they shape.
__all__ = ["Dice", "Follower", "Paths", "Walk", "jump_compensator", "jump_variance"]

_PPM = 1_000_000
_SHIFT_UNIT = 1e-9
STREAMS = ("regime", "leader", "jump_time", "jump_size", "night")
FOLLOWER_STREAMS = ("error", "print", "lag")


class Paths(Struct):
    """Hidden prices in USD; `past` are the leader's last prices, the newest at the end.

    `regime` is the model's, and the initial one for ever where the model knows none.
    """

    regime: int
    past: list[float]
    followers: list[Follower]
    jump_at_s: float | None = None  # of the session; None: none is left
    model: list[float] = field(default_factory=list)  # the price model's own state

    @property
    def leader(self) -> float:
        return self.past[-1]

    def lagged(self, follower: Follower) -> float:
        return self.past[-1 - follower.lag_steps]


class Dice(Streams):
    """The named streams of the model; their counters are state."""

    def __init__(
        self, config: ConfigureMarketData, counters: dict[str, int], own: Sequence[str] = ()
    ) -> None:
        followers = [u.underlying_id for u in config.underlyings if u.tracking is not None]
        names = [*STREAMS, *(f"{u}.{name}" for u in followers for name in FOLLOWER_STREAMS), *own]
        super().__init__(Rng(config.seed, "market_data"), names, counters)


class Walk:
    """The constants of one configuration, and the steps they make."""

    def __init__(self, config: ConfigureMarketData, model: PriceModel | None = None) -> None:
        self.config = config
        self.model = self._base = model or built(config)
        self._by_factor = {1.0: self._base}
        self._ahead = [self._base]
        dt_s = step_seconds(config)
        self.jumps = JumpLaw(config, dt_s)
        self._session_root = sqrt(1.0 / config.sessions_per_year)
        self._second_root = sqrt(1.0 / year_seconds(config))
        self.trackers = [Tracker(u.tracking, dt_s) for u in config.underlyings if u.tracking]
        self._follower_ids = [u.underlying_id for u in config.underlyings if u.tracking]
        self._error_streams = [f"{name}.error" for name in self._follower_ids]

    def dice(self, counters: dict[str, int]) -> Dice:
        """Return the dice of this walk where the counters say they stand."""
        return Dice(self.config, counters, self.model.streams)

    def enter(self, factors: Sequence[float]) -> None:
        """Let this session and those that follow move by these factors; the last one goes on."""
        self._ahead = [self._scaled(factor) for factor in factors] or [self._base]
        self.model = self._ahead[0]

    def begun(self, start: float, initial: int) -> Paths:
        """Return the paths at the very start."""
        followers = [Follower() for _ in self.trackers]
        past = [start] * self._past_kept()
        return Paths(initial, past, followers, model=self.model.begun(initial))

    def open_session(self, paths: Paths, dice: Dice, *, after_night: bool) -> None:
        """Draw the night's gap, each follower's lag and the first jump's time."""
        if after_night:
            deviation = (
                self.config.overnight_gap * self.model.volatility(paths.model) * self._session_root
            )
            gap = deviation * dice["night"].normal() - 0.5 * deviation * deviation
            paths.past = [paths.leader * exp(gap)] * self._past_kept()
        for tracker, name, follower in zip(
            self.trackers, self._follower_ids, paths.followers, strict=True
        ):
            least, most = tracker.lag_steps
            follower.lag_steps = least + dice[f"{name}.lag"].below(most - least + 1)
        paths.jump_at_s = self.jumps.next_at(dice["jump_time"], 0.0)

    def shift(self, paths: Paths, shift_draw: int) -> None:
        """Let news change the regime; `shift_draw` (1e-9) chooses where to from the present one."""
        news, regime = self.config.news, self.model.regime(paths.model)
        if news is None or regime is None:
            return
        paths.regime = _destination(news.destinations[regime], shift_draw * _SHIFT_UNIT)
        self.model.enter(paths.model, paths.regime)

    def step(
        self, paths: Paths, dice: Dice, elapsed_s: float, news_jumps: Sequence[float] = ()
    ) -> list[float]:
        """Move all prices to `elapsed_s` of the session; return the jumps' log returns.

        `news_jumps` are what news brings to this step; they come first.
        """
        model, state, laws = self.model, paths.model, self.jumps
        jumps = list(news_jumps)
        log_return = model.step(state, dice, jumps) + laws.drift(elapsed_s)
        regime = model.regime(state)
        if regime is not None:
            paths.regime = regime
        while paths.jump_at_s is not None and paths.jump_at_s <= elapsed_s:
            jumps.append(laws.size(dice["jump_size"]))
            paths.jump_at_s = laws.next_at(dice["jump_time"], paths.jump_at_s)
        past = paths.past
        past.append(past[-1] * exp(log_return + sum(jumps)))
        del past[0]
        for tracker, name, follower in zip(
            self.trackers, self._error_streams, paths.followers, strict=True
        ):
            tracker.step(follower, dice[name])
        return jumps

    def spots(self, paths: Paths) -> list[float]:
        """Return the noise-free prices in model order, the leader first."""
        followed = [
            paths.lagged(follower) / tracker.model.ratio * (1.0 + follower.error)
            for tracker, follower in zip(self.trackers, paths.followers, strict=True)
        ]
        return [paths.leader, *followed]

    def prints(self, spots: list[float], dice: Dice) -> list[float]:
        """Return what is published of these prices."""
        noisy = [
            spot * (1.0 + tracker.model.print_noise_std * dice[f"{name}.print"].normal())
            for tracker, name, spot in zip(
                self.trackers, self._follower_ids, spots[1:], strict=True
            )
        ]
        return [spots[0], *noisy]

    def errors_ahead(self, paths: Paths, dice: Dice) -> list[float | None]:
        """Return each follower's error as far ahead as it is drawn."""
        return [
            tracker.error_ahead(follower, dice[name])
            for tracker, name, follower in zip(
                self.trackers, self._error_streams, paths.followers, strict=True
            )
        ]

    def second_vol_ppm(self, paths: Paths) -> int:
        """Return the deviation of the leader's next second without jumps, 1e-6."""
        return round(self.model.volatility(paths.model) * self._second_root * _PPM)

    def expected_variances(self, paths: Paths, ends: Sequence[float]) -> list[tuple[float, float]]:
        """Return ∫E[annual variance] until the end of each session, and its value the night after.

        `ends` are in session seconds from now on, the first this session's. Each session moves by
        its own factor, and so does the night before it. Regime shifts by news are expected;
        ordinary and news jumps are apart, in `jumps.variance`.
        """
        found, moved_before, model = [], 0.0, self._ahead[0]
        for nights, seconds in enumerate(ends, start=1):
            moved, at_end = model.expected_variance(paths.model, seconds)
            until_here = moved_before + moved
            following = self._ahead[min(nights, len(self._ahead) - 1)]
            if following is not model:
                model = following
                moved, at_end = model.expected_variance(paths.model, seconds)
                moved_before = until_here - moved
            found.append((until_here, at_end))
        return found

    def _scaled(self, factor: float) -> PriceModel:
        if factor not in self._by_factor:
            assert isinstance(self._base, Scalable), "checked before the game began"
            self._by_factor[factor] = self._base.scaled(factor)
        return self._by_factor[factor]

    def _past_kept(self) -> int:
        return 1 + max((tracker.lag_steps[1] for tracker in self.trackers), default=0)


def _destination(row: Sequence[float], draw: float) -> int:
    here = 0
    for regime, chance in enumerate(row):
        if chance > 0.0:
            here = regime
            if draw < chance:
                break
        draw -= chance
    return here
