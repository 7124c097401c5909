"""Jumps that come on top of any model: ordinary ones, and what one expects of news."""

from math import cosh, sinh

from itg.kernel.rng import Rng
from itg.market_data.contract import ConfigureMarketData, JumpModel, NewsModel
from itg.market_data.core.regimes import news_per_second


class JumpLaw:
    """The constants of one configuration's jumps; `window_s` is when ordinary ones may come."""

    def __init__(self, config: ConfigureMarketData, dt_s: float) -> None:
        jumps, session_s = config.jumps, config.session_seconds
        self._jumps = jumps
        window_s = session_s - jumps.quiet_end_s
        self.window_s = float(max(window_s, 0))
        per_second = jumps.mean_per_session / window_s if window_s > 0 else 0.0
        self._gap_s = 1.0 / per_second if per_second > 0 else None
        self._drift = -per_second * jump_compensator(jumps) * dt_s
        self._variance = jumps.mean_per_session * jump_variance(jumps)
        news = config.news or _NO_NEWS
        self._news_window_s = float(max(session_s - news.quiet_end_s, 0))
        self._quiet_s = (session_s - self.window_s, session_s - self._news_window_s)
        # What would fall into the quiet end comes in the next session: none is lost.
        items = news_per_second(news) * session_s if self._news_window_s else 0.0
        per_second = items / max(self._news_window_s, 1.0)
        self._news_drift = -per_second * news.jump_mean * dt_s
        self._news_variance = items * news.jump_variance

    def drift(self, elapsed_s: float) -> float:
        """Return the compensators' log return in the step that ends then."""
        drift = self._drift if elapsed_s <= self.window_s else 0.0
        return drift + self._news_drift if elapsed_s <= self._news_window_s else drift

    def next_at(self, rng: Rng, from_s: float) -> float | None:
        """Draw when the next ordinary jump comes; None: not in this session."""
        if self._gap_s is None:
            return None
        at_s = from_s + rng.exponential(self._gap_s)
        return at_s if at_s <= self.window_s else None

    def size(self, rng: Rng) -> float:
        """Draw an ordinary jump's log return."""
        jumps = self._jumps
        draw = 2.0 * rng.uniform() - 1.0
        size = jumps.size_min + abs(draw) * (jumps.size_max - jumps.size_min)
        return size if draw > 0 else -size

    def variance(self, remaining_s: float, sessions: int) -> float:
        """Return the variance to expect of jumps in a session's rest and whole sessions after."""
        quiet_s, news_quiet_s = self._quiet_s
        first = max(remaining_s - quiet_s, 0.0) / max(self.window_s, 1.0)
        news_first = max(remaining_s - news_quiet_s, 0.0) / max(self._news_window_s, 1.0)
        ordinary = self._variance * (first + sessions)
        return ordinary + self._news_variance * (news_first + sessions)


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


_NO_NEWS = NewsModel(mean_gap_s=0.0, shift=0.0, jump_mean=0.0, jump_variance=0.0, destinations=())
