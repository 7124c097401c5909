"""Marks, implied volatilities and surfaces of whole chains against one strike at a time."""

from collections.abc import Iterator, Sequence
from math import log, sqrt

import pytest
from msgspec.structs import replace
from tests.market_data.models import classic, instruments, session_of
from tests.market_data.reference import fair_pair, mark, skew_factor

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, OptionRight
from itg.market_data.contract import (
    ConfigureMarketData,
    Mark,
    QuotedPrice,
    SpotPrice,
    SurfaceModel,
)
from itg.market_data.core.paths import Paths, Walk
from itg.market_data.core.valuation import Horizon, Valuation, nights_until

SESSION = session_of(0)
CONFIG = replace(classic(), surface=SurfaceModel(skew=-0.15, smile=0.05))
OPEN, END = SESSION.session_start_ns, SESSION.session_end_ns
MOMENTS = (OPEN, OPEN + 3_600 * NS_PER_S, END - 60 * NS_PER_S, END - NS_PER_S // 4, END)


def tracked() -> list[Instrument]:
    """Return the scenario's instruments, expiring with sessions of ours, the first with today's."""
    days = ["2026-12-03", "2026-12-10", "2026-12-17"]
    return [
        replace(
            one,
            option=replace(
                one.option,
                expires_ns=SESSION.session_ends_ns[2 * days.index(one.option.expiry_date)],
            ),
        )
        if one.option
        else one
        for one in instruments()
    ]


def spots(leader: float) -> list[SpotPrice]:
    first, second = Price(round(leader * PRICE_SCALE)), Price(round(leader * PRICE_SCALE / 10))
    return [
        SpotPrice(CONFIG.underlyings[0].underlying_id, first, first),
        SpotPrice(CONFIG.underlyings[1].underlying_id, second, second),
    ]


def paths(regime: int = 1) -> Paths:
    return Walk(CONFIG).begun(4_400.0, regime)


class Desk:
    """A valuation and what it stands on."""

    def __init__(self, listed: Sequence[Instrument], config: ConfigureMarketData = CONFIG) -> None:
        self.listed = listed
        self.config = config
        self.valuation = Valuation(config, Walk(config), listed)

    def marks(self, now: int, prices: list[SpotPrice], regime: int = 1) -> tuple[Mark, ...]:
        return self.valuation.marks(Nanos(now), SESSION, paths(regime), prices)

    def reference(self, now: int, prices: list[SpotPrice], regime: int = 1) -> Iterator[Mark]:
        at = {spot.underlying_id: spot.spot_price for spot in prices}
        for one in self.listed:
            spot = at[one.underlying_id]
            if not one.option:
                yield Mark(one.instrument_id, spot, 0, 1_000_000, 0, 0, 0)
                continue
            pair = fair_pair(
                spot / PRICE_SCALE,
                one.option.strike / PRICE_SCALE,
                self.horizon(one.option.expires_ns, now, regime),
                self.config.surface,
                self.config.sessions_per_year,
            )
            yield mark(one, pair)

    def horizon(self, expires_ns: Nanos, now: int, regime: int) -> Horizon:
        nights = nights_until(expires_ns, SESSION)
        if nights is None:
            return Horizon(0.0, 0.0)
        return self.valuation._horizons(Nanos(now), SESSION, paths(regime), nights)[nights]


@pytest.mark.parametrize("now", MOMENTS)
@pytest.mark.parametrize("leader", [3_300.0, 4_312.0, 4_400.0, 4_437.25, 5_700.0])
def test_marks_are_those_of_one_strike_at_a_time(now: int, leader: float) -> None:
    # The last bit of a float may turn a half of the last digit published, so one unit is allowed;
    # seldom.
    desk = Desk(tracked())
    different = 0
    for regime in range(3):
        pairs = zip(
            desk.marks(now, spots(leader), regime),
            desk.reference(now, spots(leader), regime),
            strict=True,
        )
        for ours, theirs in pairs:
            assert ours.instrument_id == theirs.instrument_id
            for name in ours.__struct_fields__[1:]:
                assert abs(getattr(ours, name) - getattr(theirs, name)) <= 1
            different += ours != theirs
    assert different <= 1


def test_a_call_less_a_put_is_spot_less_strike_to_the_last_unit() -> None:
    desk = Desk(tracked())
    prices = spots(4_437.25)
    by_strike: dict[tuple[str, int, Price], dict[OptionRight, Mark]] = {}
    for one, marked in zip(desk.listed, desk.marks(OPEN, prices), strict=True):
        if one.option:
            key = (one.underlying_id, one.option.expires_ns, one.option.strike)
            by_strike.setdefault(key, {})[one.option.right] = marked
    at = {spot.underlying_id: spot.spot_price for spot in prices}
    for (underlying, _, strike), pair in by_strike.items():
        call, put = pair[OptionRight.CALL], pair[OptionRight.PUT]
        assert call.mark_price - put.mark_price == at[UnderlyingId(underlying)] - strike
        assert call.delta - put.delta == 1_000_000
        assert (call.gamma, call.vega, call.theta) == (put.gamma, put.vega, put.theta)


def test_an_expired_series_is_its_payoff() -> None:
    gone = [
        replace(one, option=replace(one.option, expires_ns=Nanos(OPEN - 1))) if one.option else one
        for one in tracked()
    ]
    desk = Desk(gone)
    assert desk.marks(OPEN, spots(4_400.0)) == tuple(desk.reference(OPEN, spots(4_400.0)))


def test_a_mark_does_not_depend_on_what_else_is_tracked() -> None:
    listed = tracked()
    whole = {one.instrument_id: one for one in Desk(listed).marks(OPEN, spots(4_437.25))}
    for start, count in ((0, 1), (1, 1), (5, 3), (2, 7), (9, 17), (20, 33), (1, 60)):
        part = listed[start : start + count]
        alone = Desk(part).marks(OPEN, spots(4_437.25))
        assert alone == tuple(whole[one.instrument_id] for one in part)
    backwards = Desk(listed[::-1]).marks(OPEN, spots(4_437.25))
    assert backwards == tuple(whole[one.instrument_id] for one in listed[::-1])


def test_nothing_tracked_has_no_marks_no_surface_and_implies_nothing() -> None:
    desk = Desk([])
    assert desk.marks(OPEN, spots(4_400.0)) == ()
    assert implied(desk, OPEN, [QuotedPrice(InstrumentId("nothing"), Price(1))]) == [None]
    fair = desk.valuation.fair(OPEN, SESSION, paths(), spots(4_400.0))
    assert list(desk.valuation.surface(fair, CONFIG.underlyings[0].underlying_id)) == []


def implied(desk: Desk, now: int, quotes: Sequence[QuotedPrice]) -> list[int | None]:
    fair = desk.valuation.fair(Nanos(now), SESSION, paths(), spots(4_437.25))
    return desk.valuation.implied(fair, quotes)


def test_a_mark_implies_the_volatility_it_was_made_with() -> None:
    # A mark is rounded to half a unit of price, so the volatility comes back to that over the vega.
    desk = Desk(tracked())
    marks = [one for one in desk.marks(OPEN, spots(4_437.25)) if one.implied_vol]
    quotes = [QuotedPrice(one.instrument_id, one.mark_price) for one in marks]
    for one, found in zip(marks, implied(desk, OPEN, quotes), strict=True):
        points = 0.5 / PRICE_SCALE / max(one.vega - 0.5, 0.5) * 1e6
        assert found is not None
        assert abs(found - one.implied_vol) <= points / 100 * 1e6 * 1.01 + 1


def test_no_time_value_no_time_and_no_option_imply_nothing() -> None:
    listed = tracked()
    desk = Desk(listed)
    call = next(one for one in listed if one.option and one.option.right is OptionRight.CALL)
    assert call.option
    (spot,) = [s.spot_price for s in spots(4_437.25) if s.underlying_id == call.underlying_id]
    payoff = max(spot - call.option.strike, 0)
    prices = {
        payoff - 1: False,
        payoff: False,
        payoff + call.tick_size // 2 - 1: False,
        payoff + call.tick_size // 2: True,
        spot: False,
    }
    quotes = [QuotedPrice(call.instrument_id, Price(price)) for price in prices]
    found = implied(desk, OPEN, quotes)
    assert [one is not None for one in found] == list(prices.values())
    assert implied(desk, END, quotes[3:4]) == [None]
    underlying = next(one for one in listed if not one.option)
    strangers = [
        QuotedPrice(underlying.instrument_id, Price(100_000)),
        QuotedPrice(InstrumentId("nothing"), Price(100_000)),
    ]
    assert implied(desk, OPEN, strangers) == [None, None]
    assert implied(desk, OPEN, []) == []


def test_the_surface_is_level_times_skew_nearest_expiry_first() -> None:
    desk = Desk(tracked()[::-1])
    prices = spots(4_437.25)
    fair = desk.valuation.fair(Nanos(OPEN), SESSION, paths(), prices)
    for spot in prices:
        slices = list(desk.valuation.surface(fair, spot.underlying_id))
        expiries = [one.expires_ns for one in slices]
        assert expiries == sorted(expiries)
        assert len(expiries) == 3
        for one in slices:
            horizon = desk.horizon(one.expires_ns, OPEN, 1)
            level = sqrt(horizon.variance / horizon.years)
            assert one.years == round(horizon.years * 1e9)
            assert one.level_vol == round(level * 1e6)
            assert [point.strike for point in one.points] == sorted(
                {
                    i.option.strike
                    for i in desk.listed
                    if i.option
                    and i.underlying_id == spot.underlying_id
                    and i.option.expires_ns == one.expires_ns
                }
            )
            for point in one.points:
                k = log(point.strike / spot.spot_price) / sqrt(horizon.years)
                assert abs(point.moneyness - k * 1e6) <= 0.501
                volatility = level * skew_factor(k, CONFIG.surface)
                assert abs(point.implied_vol - volatility * 1e6) <= 0.501


def test_what_is_over_has_no_place_in_the_surface() -> None:
    desk = Desk(tracked())
    fair = desk.valuation.fair(Nanos(END), SESSION, paths(), spots(4_400.0))
    leader = CONFIG.underlyings[0].underlying_id
    assert len(list(desk.valuation.surface(fair, leader))) == 2
    assert list(desk.valuation.surface(fair, UnderlyingId("nothing"))) == []
