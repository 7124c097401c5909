"""Tracking errors drawn ahead: announced early, the same numbers, nothing more to keep."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from tests.market_data.models import classic, session_of

from itg.kernel.messages import Event
from itg.kernel.times import Nanos
from itg.market_data import store
from itg.market_data.contract import (
    ConfigureMarketData,
    PricesStepped,
    RegimeChanged,
    TrackingError,
    TrackingErrorsStepped,
)
from itg.market_data.core.market import Impact, Market

STEP_NS = 250_000_000
SECONDS = 30
AHEAD_S = 12
AHEAD_STEPS = 48


def foresighted(ahead_s: int = AHEAD_S) -> ConfigureMarketData:
    config = replace(classic(seed=61), session_seconds=SECONDS)
    leader, follower = config.underlyings
    assert follower.tracking is not None
    tracking = replace(follower.tracking, ahead_s=ahead_s, half_life_s=5.0)
    return replace(config, underlyings=(leader, replace(follower, tracking=tracking)))


def day(market: Market, number: int, *, until_s: float = SECONDS + 1) -> list[list[Event]]:
    """Run one session, a second before and after it too."""
    session = session_of(number, SECONDS)
    start = session.session_start_ns
    market.start(start, session)
    return [
        list(market.advance(Nanos(start + n * STEP_NS))) for n in range(-4, int(until_s * 4) + 1)
    ]


def told(steps: Sequence[Sequence[Event]]) -> list[TrackingErrorsStepped]:
    return [event for step in steps for event in step if isinstance(event, TrackingErrorsStepped)]


def of_follower(steps: Sequence[Sequence[Event]]) -> list[TrackingError]:
    return [event.errors[0] for event in told(steps)]


def prices(steps: Sequence[Sequence[Event]]) -> list[PricesStepped]:
    return [event for step in steps for event in step if isinstance(event, PricesStepped)]


def test_the_error_announced_ahead_is_the_error_that_comes_the_night_between() -> None:
    market = Market.configured(foresighted())
    errors = [error for number in range(3) for error in of_follower(day(market, number))]
    assert len(errors) == 3 * SECONDS * 4
    for now, later in zip(errors, errors[AHEAD_STEPS:], strict=False):
        assert now.error_ahead == later.error
    assert len({error.error for error in errors}) == len(errors)


def test_telling_ahead_moves_no_price() -> None:
    ahead, plain = Market.configured(foresighted()), Market.configured(foresighted(ahead_s=0))
    for number in range(2):
        ours, theirs = day(ahead, number), day(plain, number)
        assert prices(ours) == prices(theirs)
        assert not told(theirs)
    assert ahead.snapshot_state().counters == plain.snapshot_state().counters
    assert ahead.snapshot_state().paths == plain.snapshot_state().paths


def test_errors_are_told_each_moving_step_after_the_truths_and_before_the_prices() -> None:
    config = foresighted()
    market = Market.configured(replace(config, regimes=replace(config.regimes, regime_step_s=1)))
    market.hear(Impact(None, 12_000))
    steps = day(market, 0)
    for step in steps:
        names = [type(event).__name__ for event in step]
        (step_prices,) = prices([step])
        if not step_prices.is_moving:
            assert "TrackingErrorsStepped" not in names
            continue
        place = names.index("TrackingErrorsStepped")
        assert names[place + 1] == "PricesStepped"
        assert set(names[:place]) <= {"RegimeChanged", "JumpOccurred"}
        assert told([step])[0].step == step_prices.step
    assert any(isinstance(event, RegimeChanged) for step in steps for event in step)


def test_the_prices_told_are_the_lagged_leader_and_its_share() -> None:
    market = Market.configured(foresighted())
    steps = day(market, 0)
    lag = market.state.paths.followers[0].lag_steps
    moving = [step for step in prices(steps) if step.is_moving]
    for place, error in enumerate(of_follower(steps)):
        before = moving[place - lag].prices[0].spot_price if place >= lag else 44_000_000
        assert error.lagged_price == before
        # Half a tick of the leader's rounding, a tenth of it here.
        assert error.theo_price == pytest.approx(before / 10, abs=5.5)
        own = moving[place].prices[1].spot_price
        assert error.theo_price * (1 + error.error * 1e-9) == pytest.approx(own, abs=51)


@pytest.mark.parametrize("seconds", [0.0, 3.25, SECONDS - 2.0])
def test_a_snapshot_holds_no_buffer_and_goes_on_identically(seconds: float) -> None:
    market, plain = Market.configured(foresighted()), Market.configured(foresighted(ahead_s=0))
    day(market, 0, until_s=seconds)
    day(plain, 0, until_s=seconds)
    data = store.encode(market)
    assert len(data) == len(store.encode(plain))
    state = store.decode(data)
    assert state is not None
    again = Market(state)
    assert store.encode(again) == data
    start = session_of(0, SECONDS).session_start_ns
    for n in range(int(seconds * 4) + 1, SECONDS * 4 + 1):
        now = Nanos(start + n * STEP_NS)
        assert list(market.advance(now)) == list(again.advance(now))
    assert of_follower(day(market, 1)) == of_follower(day(again, 1))
    assert store.encode(again) == store.encode(market)
