"""The small investors' orders, at 99.9 % bounds on fixed seeds."""

from itertools import pairwise
from math import sqrt

import pytest
from tests.retail.models import (
    END,
    NOW,
    SPOTS,
    configured,
    dice,
    flow,
    instruments,
    listings,
    second,
    seen,
    theories,
)

from itg.kernel.ids import AccountId, InstrumentId, OrderId, Shard
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import OptionRight, Phase, Side
from itg.retail.core.calibration import chi_square, chi_square_bound, size_chances
from itg.retail.core.chains import Market
from itg.retail.core.choice import STREAMS, Dice, draw_limit, draw_quantity
from itg.retail.core.flow import Flow, OrderWish
from itg.retail.core.listings import Listings

Z = 3.29
DRAWS = 4_000
HALF = 7_500  # of a theory of 10.00
PAID = Price(100_000)


def near(share: float, count: int) -> float:
    return Z * sqrt(share * (1 - share) / count)


@pytest.fixture(scope="module")
def wishes() -> list[OrderWish]:
    investors, rolls, market = flow(), dice(), seen()
    drawn = (investors.arrive(NOW, rolls, market) for _ in range(DRAWS))
    return [wish for wish in drawn if wish is not None]


def share(wishes: list[OrderWish], which: list[bool]) -> float:
    return sum(which) / len(wishes)


def test_sides_rights_and_expiries_have_their_shares(wishes: list[OrderWish]) -> None:
    assert len(wishes) == DRAWS
    options = {i.instrument_id: i.option for i in instruments()}
    nearest = min(o.expires_ns for o in options.values() if o)
    chosen = [o for wish in wishes if (o := options[wish.instrument_id])]
    assert share(wishes, [w.side is Side.BUY for w in wishes]) == pytest.approx(
        0.5, abs=near(0.5, DRAWS)
    )
    calls = share(wishes, [o.right is OptionRight.CALL for o in chosen])
    assert calls == pytest.approx(0.6, abs=near(0.6, DRAWS))
    at_first = share(wishes, [o.expires_ns == nearest for o in chosen])
    assert at_first == pytest.approx(0.8, abs=near(0.8, DRAWS))


def test_seven_of_ten_are_out_of_the_money(wishes: list[OrderWish]) -> None:
    by_name = {i.instrument_id: i for i in instruments()}
    out = 0
    for wish in wishes:
        instrument = by_name[wish.instrument_id]
        assert instrument.option
        is_above = instrument.option.strike > SPOTS[instrument.underlying_id]
        out += is_above == (instrument.option.right is OptionRight.CALL)
    # A put at the money counts as out of it here: at or below spot.
    assert out / DRAWS == pytest.approx(0.7, abs=near(0.7, DRAWS))


def test_market_and_limit_orders_have_their_shares_and_prices(wishes: list[OrderWish]) -> None:
    limits = [wish for wish in wishes if wish.price is not None]
    assert len(limits) / DRAWS == pytest.approx(0.6, abs=near(0.6, DRAWS))
    reach = [
        ((wish.price or 0) - 100_000) * (1 if wish.side is Side.BUY else -1) for wish in limits
    ]
    through = sum(r >= HALF for r in reach) / len(reach)
    far = sum(r <= -HALF for r in reach) / len(reach)
    assert through == pytest.approx(0.3, abs=near(0.3, len(reach)))
    assert far == pytest.approx(0.2, abs=near(0.2, len(reach)))
    assert all(wish.price and wish.price >= 100 and wish.price % 100 == 0 for wish in limits)


def test_sizes_are_exponential_in_lots() -> None:
    config, rng = configured()[1], dice(2)["quantity"]
    sizes = [draw_quantity(rng, config) for _ in range(DRAWS)]
    chances = size_chances(config)
    assert list(chances) == [1, 2, 3, 4, *range(5, 51, 5)]
    assert sum(chances.values()) == pytest.approx(1)
    assert set(sizes) <= set(chances)
    mean = sum(size * chance for size, chance in chances.items())
    deviation = sqrt(sum((size - mean) ** 2 * chance for size, chance in chances.items()))
    assert mean == pytest.approx(5, abs=0.1)  # what lots and the cap leave of the mean
    assert sum(sizes) / DRAWS == pytest.approx(mean, abs=Z * deviation / sqrt(DRAWS))
    observed = [sizes.count(size) for size in chances]
    statistic, freedom = chi_square(observed, [DRAWS * chance for chance in chances.values()])
    assert statistic < chi_square_bound(freedom)


def test_every_limit_price_is_at_least_a_tick() -> None:
    config, rng = configured()[1], dice(3)["price"]
    for theory in (0, 1, 50, 100, 250):
        for side in Side:
            drawn = [draw_limit(rng, config, side, Price(theory), Price(100)) for _ in range(200)]
            prices = [price for _, price in drawn]
            assert all(price is None or price >= 100 for price in prices)


def test_orders_arrive_as_a_poisson_process_within_the_window() -> None:
    investors, rolls = flow(orders_per_minute=600), dice(4)
    times = [Nanos(NOW - 50 * NS_PER_S)]
    while (at := investors.next_arrival(times[-1], rolls)) is not None:
        times.append(at)
    times = times[1:]
    assert times[0] >= NOW
    assert times[-1] < END
    expected = 600 * 30
    assert abs(len(times) - expected) < Z * sqrt(expected)
    gaps = [(b - a) / NS_PER_S for a, b in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    spread = sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    # The coefficient of variation of n exponentials deviates by 1/sqrt(n) (delta method).
    assert spread / mean == pytest.approx(1, abs=Z / sqrt(len(gaps)))
    minutes = [0] * 30
    for at in times:
        minutes[(at - NOW) // (60 * NS_PER_S)] += 1
    dispersion = sum((count - 600) ** 2 / 600 for count in minutes)
    assert chi_square_bound(30, 0.0005) < dispersion < chi_square_bound(30, 0.9995)


def test_the_cap_binds_each_account_and_orders_go_to_those_with_room() -> None:
    investors, rolls, market = flow(), dice(5), seen()
    cap, accounts = investors.config.position_cap, investors.config.account_ids
    number = 0
    while any(investors.holdings.room(account, cap) for account in accounts):
        number += 1
        wish = investors.arrive(NOW, rolls, market)
        assert wish is not None
        rest = wish.quantity // 2
        fill(investors, wish, wish.quantity - rest)
        investors.note_rest(NOW, OrderId(number), wish.account_id, wish.instrument_id, rest)
        assert investors.holdings.used[wish.account_id] <= cap
    assert investors.counts.room_closings == investors.counts.closing_orders == 0


def test_flow_never_stops_because_of_the_cap() -> None:
    investors, rolls, market = flow(position_cap=5), dice(5), seen()
    for number in range(2_000):
        now = second(number)
        wish = investors.arrive(now, rolls, market)
        assert wish is not None
        fill(investors, wish, wish.quantity, number)
    counts = investors.counts
    assert counts.orders == counts.arrivals == 2_000
    # 50 accounts of 5: each closing of up to 5 makes room for about as many openings as it closes.
    assert 500 < counts.room_closings < 1_500
    assert max(investors.holdings.used.values()) <= 5


def test_without_room_the_drawn_investor_closes_its_oldest_position_that_is_open() -> None:
    investors, market = flow(position_cap=6), seen()
    names = [i.instrument_id for i in instruments() if i.option]
    for account in investors.config.account_ids:
        for name in names[:2]:
            fill(investors, OrderWish(account, name, Side.BUY, 3), 3)
    first = Dice(4, {})["account"].below(50)
    market.listings.move(Shard(0), Phase.OPENING_AUCTION, names[0])
    wish = investors.arrive(NOW, dice(4), market.look(NOW, market.listings, SPOTS, theories()))
    owner = investors.config.account_ids[first]
    assert wish == OrderWish(owner, names[1], Side.SELL, 3, None)
    # While that order works, the next one closes somebody else's.
    investors.note_rest(NOW, OrderId(1), owner, names[1], 3)
    after = investors.arrive(NOW, dice(4), market)
    assert after is not None
    assert after.account_id == investors.config.account_ids[(first + 1) % 50]


def test_where_all_room_is_taken_by_waiting_orders_the_oldest_is_given_up() -> None:
    investors, market = flow(position_cap=3), seen()
    name = next(i.instrument_id for i in instruments() if i.option)
    for number, account in enumerate(investors.config.account_ids, start=1):
        investors.note_rest(second(number), OrderId(number), account, name, 3)
    assert investors.arrive(second(60), dice(), market) is None
    given_up = investors.give_up(second(60), market.listings)
    assert given_up == [(AccountId("retail-01"), OrderId(1))]


def fill(investors: Flow, wish: OrderWish, quantity: int, seconds: float = 0) -> None:
    now = Nanos(NOW + int(seconds * NS_PER_S))
    signed = quantity if wish.side is Side.BUY else -quantity
    investors.holdings.note_fill(now, wish.account_id, wish.instrument_id, signed, PAID)


def hold(investors: Flow, count: int, seconds: float = 0) -> list[OrderWish]:
    names = [i.instrument_id for i in instruments() if i.option]
    held = [
        OrderWish(AccountId(f"retail-{n % 50 + 1:02d}"), names[n // 50], Side.BUY, 3)
        for n in range(count)
    ]
    for wish in held:
        fill(investors, wish, 3, seconds)
    return held


def test_five_percent_of_positions_close_each_minute() -> None:
    investors, rolls, listed = flow(hold_s=100_000), dice(6), listings()
    hold(investors, 200)
    closings = [
        wish for n in range(1, 1_800) for wish in investors.close_some(second(n), rolls, listed)
    ]
    expected = 200 * 0.05 * 1_799 / 60
    assert abs(len(closings) - expected) < Z * sqrt(expected)
    assert all(w.side is Side.SELL and w.price is None and w.quantity == 3 for w in closings)
    assert len({(w.account_id, w.instrument_id) for w in closings}) > 100


def test_what_was_held_long_enough_is_closed_oldest_first_and_tried_again_later() -> None:
    investors, rolls, listed = flow(close_per_minute=0.0), dice(7), listings()
    old = hold(investors, 1)[0]
    closings = [
        (n, wish)
        for n in range(1, 1_800)
        for wish in investors.close_some(second(n), rolls, listed)
    ]
    assert [n for n, _ in closings] == [1_200]
    assert closings[0][1].instrument_id == old.instrument_id


def test_a_closed_position_is_closed_no_more() -> None:
    investors, rolls, listed = flow(), dice(8), listings()
    (wish,) = hold(investors, 1)
    fill(investors, OrderWish(wish.account_id, wish.instrument_id, Side.SELL, 3), 3)
    assert investors.holdings.positions == {}
    assert investors.holdings.room(wish.account_id, 50) == 50
    assert investors.close_some(second(1_500), rolls, listed) == []


def test_nothing_is_closed_in_a_freeze_or_outside_the_window() -> None:
    investors, rolls = flow(), dice(9)
    hold(investors, 100)
    frozen = listings(Phase.OPENING_AUCTION)
    late = Nanos(END + NS_PER_S)
    assert not any(investors.close_some(second(n), rolls, frozen) for n in range(1_500))
    assert investors.close_some(late, rolls, listings()) == []


def test_a_resting_order_is_given_up_after_its_life() -> None:
    investors, listed = flow(), listings()
    name = InstrumentId("SPX-20261203-C-4400")
    account = AccountId("retail-01")
    for number, at in ((1, 0), (2, 10), (3, 20)):
        investors.note_rest(second(at), OrderId(number), account, name, 5)
    investors.note_rest(second(30), OrderId(2), account, name, 2)  # partly filled
    investors.note_rest(second(40), OrderId(3), account, name, 0)  # gone
    assert investors.holdings.used[account] == 7
    assert investors.give_up(second(299), listed) == []
    assert investors.give_up(second(310), listed) == [(account, OrderId(1)), (account, OrderId(2))]
    assert investors.give_up(second(310), listings(Phase.OPENING_AUCTION)) == []


def test_no_order_is_drawn_without_a_price() -> None:
    investors, market = flow(), Market()
    assert investors.arrive(NOW, dice(), market.look(NOW, listings(), SPOTS, {})) is None
    assert investors.arrive(NOW, dice(), market.look(NOW, Listings(), SPOTS, theories())) is None
    assert investors.arrive(NOW, dice(), market.look(NOW, listings(), {}, theories())) is None
    assert investors.counts.orders == 0


def test_a_draw_of_one_stream_moves_no_other() -> None:
    disturbed, quiet = dice(), dice()
    disturbed["strike"].uniform()
    for name in STREAMS:
        if name != "strike":
            assert disturbed[name].bits64() == quiet[name].bits64()
    again = Dice(1, disturbed.counters())
    assert [again[n].bits64() for n in STREAMS] == [disturbed[n].bits64() for n in STREAMS]


# -- series that end ----------------------------------------------------------

ENDING, LASTING = InstrumentId("SPX-20261203-C-4400"), InstrumentId("SPX-20261210-C-4400")
OWNER = AccountId("retail-01")


def holding(*names: InstrumentId) -> Flow:
    investors = flow()
    for name in names:
        investors.holdings.note_fill(NOW, OWNER, name, 20, PAID)
        order_id = OrderId(len(investors.holdings.resting) + 1)
        investors.note_rest(NOW, order_id, OWNER, name, 5)
    return investors


def test_a_settlement_frees_the_contracts_it_ends_once() -> None:
    investors = holding(ENDING, LASTING)
    assert investors.holdings.room(OWNER, 50) == 0
    for _ in range(2):
        investors.holdings.settle(OWNER, ENDING)
    assert investors.holdings.room(OWNER, 50) == 20


def test_an_instrument_that_is_no_more_leaves_nothing_behind() -> None:
    investors = holding(ENDING, LASTING)
    investors.holdings.forget(ENDING)
    assert investors.holdings.room(OWNER, 50) == 25
    assert [h.instrument_id for h in investors.holdings.positions.values()] == [LASTING]
    assert [r.instrument_id for r in investors.holdings.resting.values()] == [LASTING]
    # The cancel of what rested is told after the delisting.
    investors.note_rest(NOW, OrderId(1), OWNER, ENDING, 0)
    assert investors.holdings.room(OWNER, 50) == 25


def test_nothing_is_closed_or_given_up_in_an_instrument_that_is_not_listed() -> None:
    investors, listed, rolls = holding(ENDING), listings(), dice()
    listed.remove(ENDING)
    late = Nanos(NOW + 1_500 * NS_PER_S)
    assert investors.close_some(late, rolls, listed) == []
    assert investors.give_up(late, listed) == []
