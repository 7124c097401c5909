"""What one session of the simulated world was like: prices, regimes, jumps, news, windows."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from itg.exchange.contract import JumpGuard, MarketBreaker
from itg.kernel.ids import UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.lab.figures import Figure
from itg.market_data.contract import JumpOccurred, PricesStepped, RegimeChanged
from itg.news.contract import NewsPublished
from itg.signals.contract import TrackingSignaled

REALISED = "realised volatility, jumps included"
JUMPS = "jumps, all causes"
A_SESSION = "a session"
CORRELATION_S = 300
RETURNS_MIN = 3  # fewer make no correlation
REGIME_SECONDS_MIN = 60  # a shorter stay measures no volatility
_PPM = 1_000_000
Series = NDArray[np.float64]


class WorldTerms(Struct, frozen=True, kw_only=True):
    """What a scenario says of the session watched: ids in model order, the leader first."""

    underlying_ids: tuple[UnderlyingId, ...]
    step_ns: Nanos
    sessions_per_year: int
    session_seconds: int
    initial: VolRegime
    breaker: MarketBreaker | None = None
    guard: JumpGuard | None = None
    has_news: bool = False
    has_windows: bool = False


class WorldWatch:
    """Hears one session's facts; `figures` says what they come to."""

    def __init__(self, terms: WorldTerms) -> None:
        self.terms = terms
        self._regime = terms.initial
        self._prices: list[list[int]] = [[] for _ in terms.underlying_ids]
        self._regimes: list[VolRegime] = []
        self._jumped: list[bool] = []
        self._jumps_now = 0
        self._jumps = 0
        self._news = 0
        self._news_jumps = 0
        self._windows: set[int] = set()

    def hear(self, outputs: Sequence[Message]) -> None:
        """Take in what one input caused."""
        for output in outputs:
            match output:
                case PricesStepped():
                    if output.is_moving:
                        self._step(output)
                case RegimeChanged():
                    self._regime = output.regime
                case JumpOccurred():
                    self._jumps_now += 1
                    self._jumps += 1
                case NewsPublished():
                    self._news += 1
                    self._news_jumps += output.outcome.jump_ppm != 0
                case TrackingSignaled():
                    self._windows.add(output.signal_id)
                case _:
                    pass

    def figures(self) -> list[Figure]:
        """Return the session's numbers; what it cannot show is left out."""
        if len(self._prices[0]) <= 1:
            return []
        return [*self._volatilities(), *self._counts(), *self._correlations()]

    def _step(self, stepped: PricesStepped) -> None:
        for series, spot in zip(self._prices, stepped.prices, strict=True):
            series.append(spot.spot_price)
        self._regimes.append(self._regime)
        self._jumped.append(self._jumps_now > 0)
        self._jumps_now = 0

    def _volatilities(self) -> Iterator[Figure]:
        returns = np.diff(np.log(self._series(0)))
        regimes = np.array([regime.value for regime in self._regimes[1:]])
        jumped = np.array(self._jumped[1:])
        yield _figure(REALISED, "% a year", self._annual(returns))
        stays = Counter(regimes.tolist())
        for regime in VolRegime:
            calm = returns[(regimes == regime.value) & ~jumped]
            if len(calm) * self.terms.step_ns >= REGIME_SECONDS_MIN * NS_PER_S:
                what = f"realised volatility in {regime.value}"
                yield _figure(what, "% a year", self._annual(calm))
        for regime in VolRegime:
            share = 100 * stays[regime.value] / len(regimes)
            yield _figure(f"time in {regime.value}", "% of the session", share)

    def _annual(self, returns: Series) -> float:
        steps_per_second = NS_PER_S / self.terms.step_ns
        year_s = self.terms.sessions_per_year * self.terms.session_seconds
        return float(100 * np.sqrt(np.mean(returns**2) * steps_per_second * year_s))

    def _counts(self) -> Iterator[Figure]:
        terms = self.terms
        counts = {JUMPS: self._jumps, "jumps without news": max(self._jumps - self._news_jumps, 0)}
        if terms.has_news:
            counts |= {"news": self._news, "news with a jump": self._news_jumps}
        if terms.breaker is not None:
            counts["halts"] = len(self._halts(terms.breaker))
        if terms.guard is not None:
            counts["jump guards"] = self._guards(terms.guard)
        if terms.has_windows:
            counts["tracking windows"] = len(self._windows)
        watched_s = len(self._regimes) * terms.step_ns / NS_PER_S
        scale = max(1.0, terms.session_seconds / watched_s)
        for what, count in counts.items():
            yield _figure(what, A_SESSION, count * scale)

    def _correlations(self) -> Iterator[Figure]:
        every = max(1, CORRELATION_S * NS_PER_S // self.terms.step_ns)
        returns = [np.diff(np.log(self._series(n)[::every])) for n in range(len(self._prices))]
        leader, *followers = self.terms.underlying_ids
        if len(returns[0]) < RETURNS_MIN:
            return
        for follower, moves in zip(followers, returns[1:], strict=True):
            if np.std(returns[0]) and np.std(moves):
                together = float(np.corrcoef(returns[0], moves)[0, 1])
                yield _figure(f"{leader}/{follower} five-minute correlation", "", together)

    def _halts(self, breaker: MarketBreaker) -> list[int]:
        # The exchange's rule: too far from the window's extremes; nothing is seen while it halts,
        # and the window begins anew.
        width = breaker.window_ns // self.terms.step_ns + 1
        pause = breaker.halt_ns // self.terms.step_ns
        halts: list[int] = []
        start = 0
        while (found := self._first_halt(start, width, breaker.move_ppm)) is not None:
            halts.append(found)
            start = found + pause
        return halts

    def _first_halt(self, start: int, width: int, move_ppm: int) -> int | None:
        found = [
            place
            for n in range(len(self._prices))
            if (place := _first_move(self._series(n)[start:], width, move_ppm)) is not None
        ]
        return start + min(found) if found else None

    def _guards(self, guard: JumpGuard) -> int:
        # A jump while one is open moves its end once and opens none; a halt drops it.
        pause, opened = guard.guard_ns // self.terms.step_ns, 0
        ends, is_moved = -1, False
        breaker = self.terms.breaker
        halts = [] if breaker is None else self._halts(breaker)
        halted = 0 if breaker is None else breaker.halt_ns // self.terms.step_ns
        for place in sorted(self._jump_steps(guard.step_ppm)):
            while halts and halts[0] + halted <= place:
                ends = min(ends, halts.pop(0))
            if halts and halts[0] <= place:
                continue
            if place >= ends:
                opened, ends, is_moved = opened + 1, place + pause, False
            elif not is_moved:
                ends, is_moved = place + pause, True
        return opened

    def _jump_steps(self, step_ppm: int) -> set[int]:
        steps: set[int] = set()
        for n in range(len(self._prices)):
            prices = self._series(n)
            moves = np.abs(np.diff(prices)) * _PPM > step_ppm * prices[:-1]
            steps.update((np.flatnonzero(moves) + 1).tolist())
        return steps

    def _series(self, place: int) -> Series:
        return np.array(self._prices[place], dtype=np.float64)


def _first_move(prices: Series, width: int, move_ppm: int) -> int | None:
    if len(prices) <= 1:
        return None
    padded = np.concatenate([np.full(width - 1, prices[0]), prices])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    low, high = windows.min(axis=1), windows.max(axis=1)
    moved = ((prices - low) * _PPM >= move_ppm * low) | ((high - prices) * _PPM >= move_ppm * high)
    places = np.flatnonzero(moved)
    return int(places[0]) if len(places) else None


def _figure(what: str, unit: str, value: float) -> Figure:
    return Figure(what=what, unit=unit, value=float(value))
