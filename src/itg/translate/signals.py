"""Signals as their role sees them; what a signal turned out to be does not leave."""

from typing import assert_never

from itg.kernel.times import Nanos, to_micros
from itg.signals.contract import (
    AlphaSignaled,
    AnySignal,
    SignalItem,
    TrackingSignaled,
    VolatilitySignaled,
)
from itg.translate.numbers import usd
from itg.wire.v1.signals import (
    AlphaPush,
    RegimeChances,
    SignalPush,
    SignalWord,
    StageWord,
    TrackingPush,
    VolatilityPush,
)

PPM = 1_000_000
_STAGES: dict[str, StageWord] = {"open": "open", "update": "update", "close": "close"}


def signal_push(signal: AnySignal, signaled_ns: Nanos) -> tuple[SignalWord, SignalPush]:
    """Return a signal as type and data of a push."""
    match signal:
        case VolatilitySignaled():
            return "volatility", _volatility(signal, to_micros(signaled_ns))
        case TrackingSignaled():
            return "tracking", _tracking(signal, to_micros(signaled_ns))
        case AlphaSignaled():
            return "alpha", _alpha(signal, to_micros(signaled_ns))
        case _:
            assert_never(signal)


def signal_body(item: SignalItem) -> SignalPush:
    """Return a signal that was kept."""
    return signal_push(item.signal, item.signaled_ns)[1]


def _volatility(signal: VolatilitySignaled, game_us: int) -> VolatilityPush:
    low, medium, high = (chance / PPM for chance in signal.probabilities)
    return VolatilityPush(
        signal_id=signal.signal_id,
        seq=signal.signal_seq,
        role=signal.role,
        game_us=game_us,
        regime=signal.regime.value,
        is_shift=signal.is_shift,
        probabilities=RegimeChances(low=low, medium=medium, high=high),
        effective_us=to_micros(signal.effective_ns),
        accuracy=signal.accuracy_ppm / PPM,
    )


def _tracking(signal: TrackingSignaled, game_us: int) -> TrackingPush:
    word = signal.tracking
    return TrackingPush(
        signal_id=signal.signal_id,
        seq=signal.signal_seq,
        role=signal.role,
        game_us=game_us,
        stage=_STAGES[signal.stage],
        announcement=signal.announcement.value,
        horizon_us=to_micros(signal.horizon_ns),
        accuracy=signal.accuracy_ppm / PPM,
        underlying_id=word.underlying_id,
        spot_price=usd(word.spot_price),
        leader_price=usd(word.leader_price),
        theo_price=usd(word.theo_price),
        tracking_error=word.error_ppm / PPM,
        deviation="none" if word.error_ppm == 0 else "above" if word.error_ppm > 0 else "below",
        z_score=word.z_score_ppm / PPM,
        half_life_s=word.half_life_s,
    )


def _alpha(signal: AlphaSignaled, game_us: int) -> AlphaPush:
    return AlphaPush(
        signal_id=signal.signal_id,
        seq=signal.signal_seq,
        role=signal.role,
        game_us=game_us,
        model=signal.model,
        underlying_id=signal.underlying_id,
        expected_return=signal.return_ppm / PPM,
        confidence=signal.confidence_ppm / PPM,
        horizon_us=to_micros(signal.horizon_ns),
    )
