"""Which strikes and expiries a shard lists, and which it delists overnight."""

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from tests.exchange.life import DAY_NS, STEP, TICK, Chain, ladder_of, names, usd
from tests.exchange.market import of

from itg.exchange.contract import InstrumentDelisted, InstrumentListed, PlaceOrder
from itg.exchange.core.ladder import (
    expiries_to_list,
    strikes_beside,
    strikes_to_delist,
    strikes_to_list,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import AccountId, InstrumentId, ReservationId, Shard
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Phase, Side
from itg.market_data.contract import TrackSeries, UntrackSeries
from itg.runtime.service import StartTimer, TimerFired

CLOSED, PRE_OPEN, CONTINUOUS = Phase.CLOSED, Phase.PRE_OPEN, Phase.CONTINUOUS
spots = st.integers(3 * STEP, 200 * STEP)
rungs = st.sets(st.integers(1, 220), max_size=15)


def sides(listed: set[int], spot: int) -> tuple[int, int]:
    return sum(strike < spot for strike in listed), sum(strike > spot for strike in listed)


@given(rungs, spots, st.integers(1, 4), st.integers(1, 15))
@example(set(), 100 * STEP, 2, 5)
def test_two_strikes_each_side_unless_the_chain_is_full_and_never_more_than_fifteen(
    held_rungs: set[int], spot: int, each_side: int, at_start: int
) -> None:
    ladder = ladder_of(strikes_each_side=each_side, strikes_at_start=at_start)
    listed = [Price(STEP * rung) for rung in sorted(held_rungs)]
    added = strikes_to_list(ladder, listed, spot)
    after = {*listed, *added}
    assert added == sorted(set(added))
    assert not set(added) & set(listed)
    assert all(strike > 0 and strike % STEP == 0 for strike in added)
    assert len(after) <= 15
    below, above = sides(set(after), spot)
    has_room = len(listed) + 2 * each_side <= 15
    assert not has_room or min(below, above) >= min(each_side, (spot - 1) // STEP)


@given(rungs, spots, rungs)
def test_nobody_s_holding_and_no_strike_beside_spot_is_delisted(
    listed_rungs: set[int], spot: int, held_rungs: set[int]
) -> None:
    ladder = ladder_of()
    listed = [Price(STEP * rung) for rung in sorted(listed_rungs)]
    held = [Price(STEP * rung) for rung in held_rungs]
    gone = strikes_to_delist(ladder, listed, spot, held)
    assert set(gone) <= set(listed)
    assert not set(gone) & {*held, *strikes_beside(ladder, spot)}
    assert all(abs(strike - spot) > 0.06 * spot for strike in gone)
    stays = set(listed) - set(gone) - set(held) - set(strikes_beside(ladder, spot))
    assert all(abs(strike - spot) * 100 <= 6 * spot for strike in stays)


# A day's moves of spot in basis points, each with what is held overnight (every n-th strike).
walks = st.lists(
    st.tuples(st.lists(st.integers(-150, 150), max_size=5), st.integers(2, 9)), max_size=7
)


def walked(walk: list[tuple[list[int], int]]) -> tuple[list[list[str]], list[str]]:
    """Trade through days; return each day's chain at its open, and every id ever listed."""
    chain, spot, opened, ever = (
        Chain(ladder_of(review_ns=10)),
        4400.0,
        list[list[str]](),
        list[str](),
    )
    chain.price(spot)
    for number, (moves, every) in enumerate(walk, start=1):
        chain.now = number * DAY_NS - 900
        told = chain.enter(PRE_OPEN, CONTINUOUS)
        check(chain, number, spot)
        opened.append(names(chain.listed()))
        for move in moves:
            spot = round(spot * (1 + move / 10_000), 2)
            chain.now += 20
            told += chain.price(spot)
            chain.now += 20
            told += chain.send(fired(chain))
            check(chain, number, spot)
        told += chain.enter(CLOSED)
        held = [n for n, i in enumerate(chain.listed()) if i.option and n % every == 0]
        kept = [names(chain.listed())[n] for n in held]
        told += chain.report(*kept)
        assert set(kept) <= set(names(chain.listed()))
        told += chain.close(spot, number)
        ever += [m.instrument.instrument_id for m in of(InstrumentListed, told)]
        check_marking(told)
    return opened, ever


def check(chain: Chain, number: int, spot: float) -> None:
    for expiry in range(number, min(number + 3, 9)):
        strikes = chain.strikes(expiry)
        below, above = (sum(way * k < way * spot for k in strikes) for way in (1, -1))
        # A chain that spot ran eleven percent away from within days is full.
        assert len(strikes) <= 15
        assert len(strikes) == 15 or min(below, above) >= 2
    assert {o.expires_ns // DAY_NS for o in chain.options()} == set(
        range(number, min(number + 3, 9))
    )
    assert len(set(names(chain.listed()))) == len(chain.listed())


def check_marking(told: Sequence[Message]) -> None:
    listed = [m.instrument for m in told if isinstance(m, InstrumentListed)]
    assert listed == [m.instrument for m in told if isinstance(m, TrackSeries)]
    delisted = [m.instrument_id for m in told if isinstance(m, InstrumentDelisted)]
    assert delisted == [m.instrument_id for m in told if isinstance(m, UntrackSeries)]


def fired(chain: Chain) -> TimerFired:
    return TimerFired(owner="exchange.0", key="due", at_ns=Nanos(chain.now))


@given(walks)
def test_through_days_every_expiry_stays_two_sided_and_repeats_exactly(
    walk: list[tuple[list[int], int]],
) -> None:
    assert walked(walk) == walked(walk)


def test_the_expiries_listed_are_the_nearest_to_come() -> None:
    ladder = ladder_of(expiries=4)
    assert [e.expires_ns for e in expiries_to_list(ladder, Nanos(999))] == [1000, 2000, 3000]
    assert [e.expires_ns for e in expiries_to_list(ladder, Nanos(1000))] == [2000, 3000, 4000]
    assert [e.expires_ns for e in expiries_to_list(ladder, Nanos(3999))] == [4000]


def test_a_new_chain_has_five_strikes_around_spot_named_in_the_one_format() -> None:
    chain = Chain(ladder_of(expiries=1))
    chain.price(4405)
    told = chain.enter(PRE_OPEN)
    assert chain.strikes() == [4312, 4356, 4400, 4444, 4488]
    first = of(InstrumentListed, told)[:2]
    assert names([m.instrument for m in first]) == ["U-20261201-C-4312", "U-20261201-P-4312"]


def test_a_fraction_of_a_dollar_stands_in_the_name() -> None:
    chain = Chain(ladder_of(expiries=1, step=usd(4.4), strikes_at_start=1))
    chain.price(440)
    chain.enter(PRE_OPEN)
    assert "U-20261201-P-435.6" in names(chain.listed())


def test_nothing_is_listed_before_a_price_is_known() -> None:
    chain = Chain()
    assert of(InstrumentListed, chain.enter(PRE_OPEN)) == []
    chain.price(4400)
    assert len(of(InstrumentListed, chain.enter(CONTINUOUS))) == 3 * 5 * 2


def test_a_move_of_spot_lists_nothing_until_the_review() -> None:
    chain = Chain(ladder_of(expiries=1))
    chain.price(4400)
    chain.enter(PRE_OPEN, CONTINUOUS)
    chain.now = 100
    assert of(InstrumentListed, chain.price(4600)) == []
    chain.now = 101
    told = chain.send(fired(chain))
    assert [m.instrument.instrument_id for m in of(InstrumentListed, told)] == [
        f"U-20261201-{right}-{strike}" for strike in (4532, 4576, 4620, 4664) for right in "CP"
    ]


def test_a_message_after_the_review_s_instant_runs_it_and_a_halted_shard_has_none() -> None:
    chain = Chain(ladder_of(expiries=1))
    chain.price(4400)
    chain.enter(PRE_OPEN, CONTINUOUS)
    chain.now = 50
    chain.price(4600)
    chain.now = 250
    assert len(of(InstrumentListed, chain.price(4600))) == 8
    chain.enter(CLOSED)
    chain.price(4800)
    chain.now = 900
    assert of(InstrumentListed, chain.price(4800)) == []


def test_reviews_have_a_timer_between_the_boundaries() -> None:
    chain = Chain(ladder_of(expiries=1))
    chain.price(4400)
    told = chain.schedule((1, PRE_OPEN), (1, CONTINUOUS), (950, CLOSED))
    assert [m.at_ns for m in of(StartTimer, told) if m.key == "due"] == [101]
    chain.now = 101
    told = chain.send(fired(chain))
    assert [m.at_ns for m in of(StartTimer, told) if m.key == "due"] == [201]


def test_a_far_strike_goes_overnight_unless_one_of_its_two_options_is_held() -> None:
    chain = Chain(ladder_of(expiries=1, strikes_at_start=15))
    chain.price(4400)
    chain.enter(PRE_OPEN, CLOSED)
    told = chain.report("U-20261201-P-4092")
    assert [m.instrument_id for m in of(InstrumentDelisted, told)] == [
        "U-20261201-C-4708",
        "U-20261201-P-4708",
    ]
    assert chain.strikes()[0] == 4092


def test_an_open_shard_delists_nothing() -> None:
    chain = Chain(ladder_of(expiries=1, strikes_at_start=15))
    chain.price(4400)
    chain.enter(PRE_OPEN)
    assert of(InstrumentDelisted, chain.report()) == []


def test_what_expires_at_this_close_is_left_to_its_settlement() -> None:
    chain = Chain(ladder_of(expiries=1, strikes_at_start=15))
    chain.price(4400)
    chain.enter(PRE_OPEN, CLOSED)
    chain.now = DAY_NS
    assert of(InstrumentDelisted, chain.report()) == []


def test_a_series_that_was_delisted_takes_no_orders() -> None:
    chain = Chain(ladder_of(expiries=1, strikes_at_start=15))
    chain.price(4400)
    chain.enter(PRE_OPEN, CLOSED)
    chain.report()
    chain.enter(PRE_OPEN)
    order = PlaceOrder(
        shard=Shard(0),
        reservation_id=ReservationId(1),
        account_id=AccountId("a"),
        instrument_id=InstrumentId("U-20261201-C-4708"),
        side=Side.BUY,
        quantity=Quantity(1),
        price=TICK,
    )
    (told,) = chain.send(order)
    assert told.refusal.code == "INVALID_INSTRUMENT"  # type: ignore[attr-defined]


def test_without_a_ladder_the_chain_is_fixed() -> None:
    chain = Chain()
    chain.service = ExchangeService(Shard(0))
    chain.price(4400)
    assert of(InstrumentListed, chain.enter(PRE_OPEN, CONTINUOUS)) == []


def test_a_snapshot_of_the_chain_goes_on_identically() -> None:
    chain, again = Chain(), Chain()
    chain.price(4400)
    chain.enter(PRE_OPEN, CONTINUOUS)
    again.service.restore(chain.service.snapshot())
    again.now = chain.now = 500
    assert again.price(4700) == chain.price(4700)
    assert again.service.snapshot() == chain.service.snapshot()
