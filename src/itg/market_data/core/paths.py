"""Where prices go in one step: regime, diffusion, jumps, and the followers of the leader.

The leader is an exact geometric Brownian step (Hull 10e, eq. 14.15) at the regime's volatility with
compensated jumps; a follower is the lagged leader times one plus an exact Ornstein–Uhlenbeck error.
"""

from math import cosh, exp, sinh, sqrt

from msgspec import Struct

from itg.kernel.rng import Rng
from itg.market_data.contract import ConfigureMarketData, JumpModel, TrackingModel
from itg.market_data.core.regimes import Matrix, generator, step_matrix

NS = 1e-9
_PPM = 1_000_000
STREAMS = ("regime", "leader", "jump_time", "jump_size", "night")
FOLLOWER_STREAMS = ("error", "print", "lag")


class Follower(Struct):
    """A tracking underlying's hidden state."""

    error: float = 0.0
    lag_steps: int = 0


class Paths(Struct):
    """Hidden prices in USD; `past` are the leader's last prices, the newest at the end."""

    regime: int
    past: list[float]
    followers: list[Follower]
    jump_at_s: float | None = None  # of the session; None: none is left

    @property
    def leader(self) -> float:
        return self.past[-1]


class Dice:
    """The named streams of the model; their counters are state."""

    __slots__ = ("_streams",)

    def __init__(self, config: ConfigureMarketData, counters: dict[str, int]) -> None:
        root = Rng(config.seed, "market_data")
        followers = [u.underlying_id for u in config.underlyings if u.tracking is not None]
        names = [*STREAMS, *(f"{u}.{name}" for u in followers for name in FOLLOWER_STREAMS)]
        self._streams = {name: root.fork(name) for name in names}
        for name, counter in counters.items():
            self._streams[name].counter = counter

    def __getitem__(self, name: str) -> Rng:
        return self._streams[name]

    def counters(self) -> dict[str, int]:
        return {name: stream.counter for name, stream in self._streams.items()}


class Walk:
    """The constants of one configuration, and the steps they make."""

    def __init__(self, config: ConfigureMarketData) -> None:
        self.config = config
        self.rates: Matrix = generator(config.regimes.transition, config.regimes.regime_step_s)
        dt_s = config.step_ns * NS
        year_s = float(config.sessions_per_year * config.session_seconds)
        self._stay_and_go = step_matrix(self.rates, dt_s)
        self._deviations = [v * sqrt(dt_s / year_s) for v in config.regimes.volatilities]
        self._session_root = sqrt(1.0 / config.sessions_per_year)
        window_s = config.session_seconds - config.jumps.quiet_end_s
        self.jump_window_s = float(max(window_s, 0))
        jumps_per_s = config.jumps.mean_per_session / window_s if window_s > 0 else 0.0
        self._jump_gap_s = 1.0 / jumps_per_s if jumps_per_s > 0 else None
        self._jump_drift = -jumps_per_s * jump_compensator(config.jumps) * dt_s
        self.second_vol_ppm = [
            round(v * sqrt(1.0 / year_s) * _PPM) for v in config.regimes.volatilities
        ]
        self.trackings = [u.tracking for u in config.underlyings if u.tracking is not None]
        self._follower_ids = [u.underlying_id for u in config.underlyings if u.tracking]
        self._decays = [0.5 ** (dt_s / t.half_life_s) for t in self.trackings]
        self._dt_s = dt_s

    def begun(self, start: float, initial: int) -> Paths:
        """Return the paths at the very start."""
        return Paths(initial, [start] * self._past_kept(), [Follower() for _ in self.trackings])

    def open_session(self, paths: Paths, dice: Dice, *, after_night: bool) -> None:
        """Draw the night's gap, each follower's lag and the first jump's time."""
        if after_night:
            deviation = (
                self.config.overnight_gap
                * self.config.regimes.volatilities[paths.regime]
                * self._session_root
            )
            gap = deviation * dice["night"].normal() - 0.5 * deviation * deviation
            paths.past = [paths.leader * exp(gap)] * self._past_kept()
        for tracking, name, follower in zip(
            self.trackings, self._follower_ids, paths.followers, strict=True
        ):
            least, most = self._lag_steps(tracking)
            follower.lag_steps = least + dice[f"{name}.lag"].below(most - least + 1)
        paths.jump_at_s = 0.0
        self._draw_next_jump(paths, dice)

    def step(self, paths: Paths, dice: Dice, elapsed_s: float) -> list[float]:
        """Move all prices to `elapsed_s` of the session; return the jumps' log returns."""
        self._change_regime(paths, dice["regime"])
        deviation = self._deviations[paths.regime]
        log_return = deviation * dice["leader"].normal() - 0.5 * deviation * deviation
        if elapsed_s <= self.jump_window_s:
            log_return += self._jump_drift
        jumps: list[float] = []
        while paths.jump_at_s is not None and paths.jump_at_s <= elapsed_s:
            jumps.append(self._jump(dice["jump_size"]))
            self._draw_next_jump(paths, dice)
        paths.past.append(paths.leader * exp(log_return + sum(jumps)))
        del paths.past[0]
        self._move_followers(paths, dice)
        return jumps

    def spots(self, paths: Paths) -> list[float]:
        """Return the noise-free prices in model order, the leader first."""
        followed = [
            paths.past[-1 - follower.lag_steps] / tracking.ratio * (1.0 + follower.error)
            for tracking, follower in zip(self.trackings, paths.followers, strict=True)
        ]
        return [paths.leader, *followed]

    def prints(self, spots: list[float], dice: Dice) -> list[float]:
        """Return what is published of these prices."""
        noisy = [
            spot * (1.0 + tracking.print_noise_std * dice[f"{name}.print"].normal())
            for tracking, name, spot in zip(
                self.trackings, self._follower_ids, spots[1:], strict=True
            )
        ]
        return [spots[0], *noisy]

    def _change_regime(self, paths: Paths, rng: Rng) -> None:
        here = paths.regime
        row = self._stay_and_go[here]
        left = rng.uniform() - row[here]
        if left < 0:
            return
        others = [regime for regime in range(3) if regime != here]
        paths.regime = others[0] if left < row[others[0]] else others[1]

    def _jump(self, rng: Rng) -> float:
        jumps = self.config.jumps
        draw = 2.0 * rng.uniform() - 1.0
        size = jumps.size_min + abs(draw) * (jumps.size_max - jumps.size_min)
        return size if draw > 0 else -size

    def _draw_next_jump(self, paths: Paths, dice: Dice) -> None:
        if paths.jump_at_s is None or self._jump_gap_s is None:
            paths.jump_at_s = None
            return
        at_s = paths.jump_at_s + dice["jump_time"].exponential(self._jump_gap_s)
        paths.jump_at_s = at_s if at_s <= self.jump_window_s else None

    def _move_followers(self, paths: Paths, dice: Dice) -> None:
        for tracking, name, decay, follower in zip(
            self.trackings, self._follower_ids, self._decays, paths.followers, strict=True
        ):
            spread = tracking.error_std * sqrt(1.0 - decay * decay)
            follower.error = decay * follower.error + spread * dice[f"{name}.error"].normal()

    def _lag_steps(self, tracking: TrackingModel) -> tuple[int, int]:
        least = round(tracking.lag_s_min / self._dt_s)
        return least, max(least, round(tracking.lag_s_max / self._dt_s))

    def _past_kept(self) -> int:
        return 1 + max((self._lag_steps(tracking)[1] for tracking in self.trackings), default=0)


def jump_compensator(jumps: JumpModel) -> float:
    """Return E[exp(J)] − 1 of one jump."""
    low, high = jumps.size_min, jumps.size_max
    if high - low < 1e-12:
        return cosh(low) - 1.0
    return (sinh(high) - sinh(low)) / (high - low) - 1.0


def jump_variance(jumps: JumpModel) -> float:
    """Return E[J²] of one jump."""
    low, high = jumps.size_min, jumps.size_max
    return (low * low + low * high + high * high) / 3.0
