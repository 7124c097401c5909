"""The house's quotes: wide, never crossed, never below a tick, moved in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retail.models import NOW, configured, instruments, listings, theories

from itg.kernel.ids import InstrumentId, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.retail.core.house import House, QuoteWish

SPX, SPY = InstrumentId("SPX"), InstrumentId("SPY")
CALL = InstrumentId("SPX-20261203-C-4400")
TICK = 100


def house() -> House:
    return House(configured()[0])


def after(seconds: float) -> Nanos:
    return Nanos(NOW + int(seconds * NS_PER_S))


def spots(spx: int = 44_000_000, spy: int = 4_400_000) -> list[tuple[UnderlyingId, Price]]:
    return [(UnderlyingId("SPX"), Price(spx)), (UnderlyingId("SPY"), Price(spy))]


def by_name(wishes: list[QuoteWish]) -> dict[InstrumentId, QuoteWish]:
    return {wish.instrument_id: wish for wish in wishes}


def priced(price: int) -> dict[InstrumentId, Price]:
    return {CALL: Price(price)}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5_000_000), st.integers(0, 9_000), st.integers(0, 15), st.booleans()
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_quote_is_ever_crossed_or_below_a_tick(
    moves: list[tuple[int, int, int, bool]],
) -> None:
    quoting, listed, now = house(), listings(), NOW
    for theory, wait_ms, filled, is_bid in moves:
        now = Nanos(now + wait_ms * 1_000_000)
        wishes = quoting.option_wishes(now, listed, priced(theory))
        wishes += quoting.underlying_wishes(now, listed, spots(theory + TICK), wait_ms)
        for wish in wishes:
            check_sides(wish, 20)
        quoting.note_fill(now, CALL, Side.BUY if is_bid else Side.SELL, filled)


def check_sides(wish: QuoteWish, full: int) -> None:
    for price, quantity in ((wish.bid, wish.bid_quantity), (wish.ask, wish.ask_quantity)):
        assert (price is None) == (quantity == 0)
        assert 0 <= quantity <= full
        assert price is None or (price >= TICK and price % TICK == 0)
    if wish.bid is not None and wish.ask is not None:
        assert wish.bid < wish.ask


@given(st.integers(0, 5_000_000))
def test_a_series_is_quoted_around_theory_fifteen_percent_or_two_ticks_wide(theory: int) -> None:
    (wish,) = house().option_wishes(NOW, listings(), priced(theory))
    half = max(0.15 * theory, 2 * TICK) / 2
    assert wish.ask is not None
    assert theory + half <= wish.ask < theory + half + TICK or wish.ask == TICK
    if wish.bid is None:
        assert theory - half < TICK
    else:
        assert theory - half - TICK < wish.bid <= theory - half
    assert wish.ask_quantity == 10


def test_underlyings_are_quoted_by_the_larger_of_floor_and_deviation() -> None:
    calm = by_name(house().underlying_wishes(NOW, listings(), spots(), 10))
    assert (calm[SPX].bid, calm[SPX].ask) == (43_997_500, 44_002_500)
    assert (calm[SPY].bid, calm[SPY].ask) == (4_399_500, 4_400_500)
    assert (calm[SPX].bid_quantity, calm[SPY].ask_quantity) == (20, 20)
    wild = by_name(house().underlying_wishes(NOW, listings(), spots(), 200))
    # 1.5 × 0.0002 × 4400 = 1.32; 3 × 0.0002 × √2 × 440 = 0.3734, outward to the tick.
    assert (wild[SPX].bid, wild[SPX].ask) == (43_986_800, 44_013_200)
    assert (wild[SPY].bid, wild[SPY].ask) == (4_396_200, 4_403_800)


def test_only_what_changed_is_quoted_again() -> None:
    quoting, listed = house(), listings()
    assert len(quoting.underlying_wishes(NOW, listed, spots(), 10)) == 2
    assert quoting.underlying_wishes(after(0.25), listed, spots(), 10) == []
    moved = quoting.underlying_wishes(after(0.5), listed, spots(spx=44_001_000), 10)
    assert [wish.instrument_id for wish in moved] == [SPX]
    assert len(quoting.option_wishes(NOW, listed, theories())) == 60
    assert quoting.option_wishes(after(1), listed, theories()) == []


def test_a_series_moves_when_theory_moved_by_a_quarter_of_the_half_spread() -> None:
    quoting, listed = house(), listings()
    quoting.option_wishes(NOW, listed, priced(100_000))  # half-spread 7,500, a quarter 1,875
    assert quoting.option_wishes(after(1), listed, priced(101_875)) == []
    assert quoting.option_wishes(after(1), listed, priced(98_125)) == []
    (moved,) = quoting.option_wishes(after(2), listed, priced(101_876))
    assert moved.bid == 94_200


def test_what_is_traded_away_comes_back_five_seconds_after_the_first_fill() -> None:
    quoting, listed = house(), listings()
    quoting.option_wishes(NOW, listed, priced(100_000))
    quoting.note_fill(after(1), CALL, Side.BUY, 4)
    quoting.note_fill(after(3), CALL, Side.BUY, 6)
    (empty,) = quoting.option_wishes(after(4), listed, priced(110_000))
    assert (empty.bid, empty.bid_quantity, empty.ask_quantity) == (None, 0, 10)
    assert quoting.option_wishes(after(5.9), listed, priced(110_000)) == []
    (full,) = quoting.option_wishes(after(6), listed, priced(110_000))
    assert (full.bid_quantity, full.ask_quantity) == (10, 10)


def test_the_tracker_is_pulled_after_a_large_step_until_the_lag_has_passed() -> None:
    quoting, listed = house(), listings()
    quoting.underlying_wishes(NOW, listed, spots(), 10)
    jumped = by_name(quoting.underlying_wishes(after(0.25), listed, spots(spx=44_140_000), 10))
    assert (jumped[SPY].bid, jumped[SPY].ask) == (None, None)
    assert jumped[SPX].bid is not None
    later = by_name(quoting.underlying_wishes(after(2), listed, spots(spx=44_141_000), 10))
    assert SPY not in later
    back = by_name(quoting.underlying_wishes(after(2.25), listed, spots(spx=44_141_000), 10))
    assert back[SPY].bid == 4_399_500


@pytest.mark.parametrize(
    ("phase", "is_quoted"),
    [
        (Phase.CLOSED, False),
        (Phase.PRE_OPEN, True),
        (Phase.OPENING_AUCTION, False),
        (Phase.CONTINUOUS, True),
        (Phase.HALTED, True),
    ],
)
def test_quotes_are_set_where_orders_are_taken(phase: Phase, is_quoted: bool) -> None:
    listed = listings(phase)
    assert bool(house().underlying_wishes(NOW, listed, spots(), 10)) == is_quoted
    assert bool(house().option_wishes(NOW, listed, theories())) == is_quoted


def test_one_halted_instrument_is_on_its_own() -> None:
    listed = listings()
    listed.move(Shard(0), Phase.OPENING_AUCTION, CALL)
    names = by_name(house().option_wishes(NOW, listed, theories()))
    assert CALL not in names
    assert len(names) == 59


def test_expired_series_are_left_alone() -> None:
    expires = {i.option.expires_ns for i in instruments() if i.option}
    wishes = house().option_wishes(min(expires), listings(), theories())
    assert len(wishes) == 40


def test_forgotten_quotes_are_set_anew() -> None:
    quoting, listed = house(), listings()
    quoting.underlying_wishes(NOW, listed, spots(), 10)
    quoting.note_fill(NOW, SPX, Side.SELL, 20)
    quoting.forget([SPX])
    (wish,) = quoting.underlying_wishes(after(0.25), listed, spots(), 10)
    assert (wish.instrument_id, wish.ask_quantity) == (SPX, 20)


def test_a_jump_moves_every_quote_that_theory_left_however_little() -> None:
    quoting, listed = house(), listings()
    quoting.option_wishes(NOW, listed, priced(100_000))
    assert quoting.option_wishes(after(1), listed, priced(100_300)) == []
    (moved,) = quoting.option_wishes(after(1), listed, priced(100_300), is_jump=True)
    assert moved.instrument_id == CALL
    assert quoting.option_wishes(after(1), listed, priced(100_300), is_jump=True) == []


def test_a_full_quote_is_shown_again_though_theory_stood_still() -> None:
    quoting, listed = house(), listings()
    quoting.option_wishes(NOW, listed, priced(100_000))
    quoting.note_fill(after(1), CALL, Side.SELL, 4)
    assert quoting.option_wishes(after(5), listed, priced(100_000)) == []
    (full,) = quoting.option_wishes(after(6), listed, priced(100_000))
    assert (full.bid_quantity, full.ask_quantity) == (10, 10)


def test_what_a_fill_left_of_a_quote_is_not_set_again() -> None:
    quoting, listed = house(), listings()
    quoting.underlying_wishes(NOW, listed, spots(), 10)
    quoting.note_fill(after(0.1), SPX, Side.BUY, 5)
    quoting.note_fill(after(0.1), SPY, Side.SELL, 20)
    assert quoting.underlying_wishes(after(0.25), listed, spots(), 10) == []
    moved = quoting.underlying_wishes(after(0.5), listed, spots(spx=44_001_000), 10)
    assert [(w.instrument_id, w.bid_quantity, w.ask_quantity) for w in moved] == [(SPX, 15, 20)]
    refilled = by_name(quoting.underlying_wishes(after(5.25), listed, spots(spx=44_001_000), 10))
    assert (refilled[SPX].bid_quantity, refilled[SPY].ask_quantity) == (20, 20)
