"""Windows of a follower's tracking error: when they open and close, and what they announce.

The market draws the error a horizon ahead, so the truth of an announcement is known when it is
made: whether the error will then be smaller than now. A window tells the truth with its band's
accuracy, and is judged by the error that is there when the horizon has come.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.signals.contract import (
    AccuracyBand,
    Announcement,
    TrackingForecast,
    TrackingSignaled,
    TrackingWord,
)
from itg.signals.core.dice import Dice
from itg.signals.core.record import NOBODY, Awaited, Given

_PPM = 1_000_000
_PPB = 1_000_000_000
_OPPOSITE = {
    Announcement.CONVERGES: Announcement.DIVERGES,
    Announcement.DIVERGES: Announcement.CONVERGES,
}


class Reading(Struct, frozen=True):
    """One follower's hidden error at a step, 1e-9, and the prices it lies between."""

    lagged_price: Price
    theo_price: Price
    error: int
    error_ahead: int | None


class Moment(Struct, frozen=True):
    """Where the game stands at a step."""

    now: Nanos
    regime: VolRegime
    session_start_ns: Nanos
    session_end_ns: Nanos


class Window(Struct):
    """An open window: what it announces, and what was told of it last."""

    signal_id: int
    announcement: Announcement
    horizon_ns: Nanos
    accuracy_ppm: int
    told: TrackingWord | None = None
    told_ns: Nanos = Nanos(0)


class Announced(Struct):
    """An announcement that waits for its horizon; `truth` is what the error ahead told."""

    awaited: Awaited
    truth: Announcement


class Watch(Struct):
    """One follower: the errors of the last seconds, its window, announcements still to judge."""

    errors: list[tuple[Nanos, int]] = field(default_factory=list)
    window: Window | None = None
    announced: list[Announced] = field(default_factory=list)

    def reach_horizon(self, now: Nanos, error: int) -> Iterator[tuple[Given, Announcement]]:
        """Yield each announcement whose horizon has come, with its truth."""
        while self.announced and self.announced[0].awaited.horizon_ns <= now:
            announced = self.announced.pop(0)
            truth = truth_of(announced.awaited.start, error)
            assert truth is announced.truth, "horizon_s is not how far ahead the error is drawn"
            yield announced.awaited.given, truth

    def note(self, now: Nanos, error: int, average_s: int) -> None:
        self.errors.append((now, error))
        while self.errors[0][0] <= now - average_s * NS_PER_S:
            del self.errors[0]

    def stage(self, now: Nanos, config: TrackingForecast) -> str:
        """Return which stage of the open window is to be told, empty if none."""
        assert self.window is not None
        if not self._is_above(config.closes_below):
            return "close"
        return "update" if now - self.window.told_ns >= NS_PER_S else ""

    def tell(self, now: Nanos, stage: str, tracking: TrackingWord | None) -> TrackingSignaled:
        """Say something of the open window."""
        window = self.window
        assert window is not None
        assert tracking is not None, "a window is told of when it opens"
        window.told, window.told_ns = tracking, now
        self.window = None if stage == "close" else window
        return TrackingSignaled(
            signal_id=window.signal_id,
            role=NOBODY,
            signal_seq=0,
            stage=stage,
            announcement=window.announcement,
            horizon_ns=window.horizon_ns,
            accuracy_ppm=window.accuracy_ppm,
            tracking=tracking,
        )

    def may_open(self, moment: Moment, config: TrackingForecast, reading: Reading) -> bool:
        """Tell whether a window opens here: above the bound, known ahead, within the session."""
        now = moment.now
        return (
            reading.error_ahead is not None
            and now >= moment.session_start_ns + config.average_s * NS_PER_S
            and now + config.horizon_s * NS_PER_S <= moment.session_end_ns
            and self._is_above(config.opens_above)
        )

    def open(self, moment: Moment, config: TrackingForecast, reading: Reading, dice: Dice) -> None:
        """Open a window and draw, once, what it announces."""
        assert reading.error_ahead is not None
        band = self._band(config.bands)
        stream = f"tracking.{config.underlying_id}"
        truth = truth_of(reading.error, reading.error_ahead)
        is_true = dice[f"{stream}.truth"].uniform() < band.accuracy
        window = Window(
            signal_id=dice.draw_id(stream),
            announcement=truth if is_true else _OPPOSITE[truth],
            horizon_ns=Nanos(moment.now + config.horizon_s * NS_PER_S),
            accuracy_ppm=round(band.accuracy * _PPM),
        )
        given = Given(
            signal_id=window.signal_id,
            regime=moment.regime,
            predicted=window.announcement.value,
            band=round(band.error_min * _PPM),
        )
        awaited = Awaited(given=given, horizon_ns=window.horizon_ns, start=reading.error)
        self.window = window
        self.announced.append(Announced(awaited=awaited, truth=truth))

    def _is_above(self, bound: float) -> bool:
        total = sum(error for _, error in self.errors)
        return abs(total) > round(bound * _PPB) * len(self.errors)

    def _band(self, bands: Sequence[AccuracyBand]) -> AccuracyBand:
        # Above the opening bound there is always a band: the lowest one reaches down to it.
        reached = [band for band in bands if self._is_above(band.error_min)]
        return max(reached or bands[:1], key=lambda band: band.error_min)


def truth_of(error: int, error_ahead: int) -> Announcement:
    """Tell whether the error ahead is smaller than the error now, both without their signs."""
    return Announcement.CONVERGES if abs(error_ahead) < abs(error) else Announcement.DIVERGES


def word_of(spot_price: Price, reading: Reading, config: TrackingForecast) -> TrackingWord:
    """Say where the follower stands."""
    return TrackingWord(
        underlying_id=config.underlying_id,
        spot_price=spot_price,
        leader_price=reading.lagged_price,
        theo_price=reading.theo_price,
        error_ppm=round(reading.error * _PPM / _PPB),
        z_score_ppm=round(reading.error * _PPM / (config.error_std * _PPB)),
        half_life_s=config.half_life_s,
    )
