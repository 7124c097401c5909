"""The investors' moods: what starts each, what it changes, and that none moves other draws."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import pytest
from msgspec import convert
from tests.retail.models import NOW, dice, fill, flow, instruments, second, seen, theories

from itg.kernel.ids import AccountId, InstrumentId, OrderId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import OptionRight, Side
from itg.retail.contract import Behaviors, HourFactor
from itg.retail.core.calibration import compare
from itg.retail.core.choice import STREAMS
from itg.retail.core.flow import Flow, OrderWish
from itg.retail.core.moods import Path
from itg.retail.core.report import report

Z = 3.2905
DRAWS = 1_000
LEADER = 44_000_000
RIGHTS = {i.instrument_id: i.option.right for i in instruments() if i.option}
NAMES = list(RIGHTS)


def near(share: float, count: int) -> float:
    return Z * sqrt(share * (1 - share) / count)


def path(**moods: float) -> Path:
    return Path(convert(moods, Behaviors))


def spots(leader: int) -> dict[UnderlyingId, Price]:
    return {UnderlyingId("SPX"): Price(leader), UnderlyingId("SPY"): Price(leader // 10)}


def walked(investors: Flow, leaders: Sequence[int], step_s: float = 1.0) -> Nanos:
    """Let investors hear a path and return when it ended."""
    for place, leader in enumerate(leaders):
        investors.hear(second(place * step_s), Price(leader))
    return second((len(leaders) - 1) * step_s)


def came(investors: Flow, now: Nanos, leader: int, count: int = DRAWS) -> list[OrderWish]:
    """Return the orders of the next who come; what they do is not filled."""
    rolls, market = dice(), seen(spots(leader))
    wishes = [investors.arrive(now, rolls, market) for _ in range(count)]
    return [wish for wish in wishes if wish is not None]


RISE = [LEADER, LEADER + 100_000]  # 0.227 %
FALL = [LEADER, LEADER - 100_000]


@pytest.mark.parametrize("leaders", [RISE, FALL])
def test_momentum_follows_the_move_with_its_probability(leaders: list[int]) -> None:
    investors = flow(behaviors={"momentum": 0.3})
    wishes = came(investors, walked(investors, leaders), leaders[-1])
    with_it = [
        (wish.side is Side.BUY)
        == ((RIGHTS[wish.instrument_id] is OptionRight.CALL) == (leaders is RISE))
        for wish in wishes
    ]
    # Who does not follow goes either way: 0.3 + 0.7 / 2.
    assert sum(with_it) / DRAWS == pytest.approx(0.65, abs=near(0.65, DRAWS))
    counts = investors.counts
    assert counts.momentum_chances == DRAWS
    assert counts.momentum_orders / DRAWS == pytest.approx(0.3, abs=near(0.3, DRAWS))


def test_momentum_is_over_when_the_move_is_older_than_the_window() -> None:
    heard = path(momentum=1.0)
    heard.hear(second(0), Price(LEADER))
    heard.hear(second(1), Price(LEADER + 100_000))
    for place in range(2, 302):
        heard.hear(second(place), Price(LEADER + 100_000))
        mood = heard.feel(dice(), Price(LEADER + 100_000), is_panic=False)
        assert mood.is_rise is (True if place <= 300 else None)
    assert len(heard.window) == 301


def test_a_move_of_exactly_the_threshold_is_none() -> None:
    heard = path(momentum=1.0, momentum_move=0.25)
    heard.hear(second(0), Price(LEADER))
    assert heard.feel(dice(), Price(LEADER * 5 // 4), is_panic=False).is_rise is None
    assert heard.feel(dice(), Price(LEADER * 5 // 4 + 100), is_panic=False).is_rise is True


def held(investors: Flow, count: int) -> None:
    for number in range(count):
        account = AccountId(f"retail-{number % 50 + 1:02d}")
        investors.holdings.note_fill(NOW, account, NAMES[number // 50], 2, Price(100_000))


def test_panic_closes_instead_of_opening_with_its_probability() -> None:
    investors = flow(behaviors={"panic": 0.2})
    held(investors, 100)
    now = walked(investors, [LEADER, LEADER - 250_000])  # 0.57 %
    rolls, market = dice(), seen(spots(LEADER - 250_000))
    closed = 0
    for _ in range(DRAWS):
        wish = investors.arrive(now, rolls, market)
        closed += wish is not None and wish.price is None and wish.quantity == 2
    counts = investors.counts
    assert counts.panic_chances == DRAWS
    assert counts.panic_closings == counts.closing_orders
    assert counts.panic_closings / DRAWS == pytest.approx(0.2, abs=near(0.2, DRAWS))
    assert counts.orders == DRAWS


def test_panic_lasts_two_minutes_and_a_second_jump_prolongs_it() -> None:
    investors = flow(behaviors={"panic": 0.2})
    assert not investors.hear(second(0), Price(LEADER))
    assert investors.hear(second(0.25), Price(LEADER - 250_000))
    assert investors.arrivals.panic_until_ns == second(120.25)
    # The step before the jump is a second old, then older.
    assert investors.hear(second(1), Price(LEADER - 250_000))
    assert not investors.hear(second(1.25), Price(LEADER - 250_000))
    assert investors.hear(second(60), Price(LEADER - 250_000)) is False
    assert investors.hear(second(60.25), Price(LEADER + 250_000))
    assert investors.arrivals.panic_until_ns == second(180.25)


def test_panic_without_positions_opens_as_always() -> None:
    calm, panicking = flow(), flow(behaviors={"panic": 1.0})
    now = walked(panicking, [LEADER, LEADER - 250_000])
    assert came(panicking, now, LEADER) == came(calm, now, LEADER)
    assert panicking.counts.panic_chances == 0


def test_panic_closes_no_position_twice_while_its_order_waits() -> None:
    investors = flow(behaviors={"panic": 1.0})
    held(investors, 3)
    now = walked(investors, [LEADER, LEADER - 250_000])
    rolls, market = dice(), seen(spots(LEADER))
    closed = []
    for number in range(3):
        wish = investors.arrive(now, rolls, market)
        assert wish is not None
        investors.note_rest(now, OrderId(number + 1), wish.account_id, wish.instrument_id, 2)
        closed.append(wish.account_id)
    assert sorted(closed) == ["retail-01", "retail-02", "retail-03"]
    assert investors.counts.panic_closings == 3
    assert investors.arrive(now, rolls, market) is not None
    assert investors.counts.panic_closings == 3


@pytest.mark.parametrize(
    ("last", "right"), [(LEADER, OptionRight.CALL), (LEADER - 400_000, OptionRight.PUT)]
)
def test_fomo_buys_what_gains_from_a_new_extreme_half_as_large_again(
    last: int, right: OptionRight
) -> None:
    investors = flow(behaviors={"fomo": 0.25})
    wishes = came(investors, walked(investors, [LEADER, LEADER - 400_000, last]), last)
    counts = investors.counts
    assert counts.fomo_chances == DRAWS
    assert counts.fomo_orders / DRAWS == pytest.approx(0.25, abs=near(0.25, DRAWS))
    is_call = right is OptionRight.CALL
    assert counts.fomo_call_orders == (counts.fomo_orders if is_call else 0)
    bought = sum(w.side is Side.BUY and RIGHTS[w.instrument_id] is right for w in wishes)
    expected = 0.25 + 0.75 * 0.5 * (0.6 if is_call else 0.4)
    assert bought / DRAWS == pytest.approx(expected, abs=near(expected, DRAWS))


def test_fomo_makes_the_same_draw_half_as_large_again() -> None:
    calm, eager = flow(lot=50), flow(lot=50, behaviors={"fomo": 1.0})
    now = walked(eager, [LEADER - 400_000, LEADER])
    small = came(calm, now, LEADER, 200)
    large = came(eager, now, LEADER, 200)
    for one, other in zip(small, large, strict=True):
        if one.quantity > 1 and other.quantity < 50:
            assert other.quantity == pytest.approx(1.5 * one.quantity, abs=1)


def test_there_is_nothing_to_miss_between_the_extremes_or_while_they_are_one() -> None:
    heard = path(fomo=1.0)
    heard.hear(second(0), Price(LEADER))
    assert heard.feel(dice(), Price(LEADER), is_panic=False).chased is None
    heard.hear(second(1), Price(LEADER - 400_000))
    assert heard.feel(dice(), Price(LEADER - 200_000), is_panic=False).chased is None
    heard.open()
    heard.hear(second(2), Price(LEADER - 400_000))
    assert (heard.high, heard.low) == (LEADER - 400_000, LEADER - 400_000)


def test_profits_are_taken_each_second_with_their_probability() -> None:
    investors = flow(close_per_minute=0.0, behaviors={"profit_taking": 0.15})
    held(investors, 200)
    rolls, market = dice(), seen()
    taken: list[OrderWish] = []
    seconds = 20
    for number in range(1, seconds + 1):
        worth = theories(130_001 if number % 2 else 130_000)
        taken += investors.look_around(second(number), rolls, market.listings, worth)
    chances = 200 * seconds // 2
    assert investors.counts.profit_chances == chances
    assert len(taken) / chances == pytest.approx(0.15, abs=near(0.15, chances))
    assert all(wish.side is Side.SELL and wish.price is None for wish in taken)


def test_a_short_position_profits_when_what_it_sold_becomes_cheap() -> None:
    investors = flow(close_per_minute=0.0, behaviors={"profit_taking": 1.0})
    investors.holdings.note_fill(NOW, AccountId("retail-01"), NAMES[0], -4, Price(100_000))
    listed, rolls = seen().listings, dice()
    assert investors.take_profits(second(1), rolls, listed, theories(70_000)) == []
    (wish,) = investors.take_profits(second(2), rolls, listed, theories(69_999))
    assert (wish.side, wish.quantity) == (Side.BUY, 4)
    investors.note_rest(second(2), OrderId(1), AccountId("retail-01"), NAMES[0], 4)
    assert investors.take_profits(second(3), rolls, listed, theories(69_999)) == []


def test_a_position_costs_what_was_paid_on_average() -> None:
    holdings, account, name = flow().holdings, AccountId("retail-01"), InstrumentId(NAMES[0])
    for signed, price, cost in ((4, 100, 400), (4, 200, 1_200), (-2, 900, 900), (-8, 300, -600)):
        holdings.note_fill(NOW, account, name, signed, Price(price))
        (holding,) = holdings.positions.values()
        assert holding.cost == cost
    assert holding.gain(Price(250)) == 100


PROBABILITIES = {"momentum": 0.3, "panic": 0.2, "fomo": 0.25, "profit_taking": 0.15}
FLOW_STREAMS = tuple(name for name in STREAMS if name not in PROBABILITIES)
WILD = [LEADER + 2_000 * (n * n * 37 % 211) for n in range(900)]


class Played(NamedTuple):
    investors: Flow
    counters: dict[str, int]
    times: list[Nanos]  # of arrivals


def played(behaviors: dict[str, float], hours: Sequence[HourFactor] = ()) -> Played:
    """Run a quarter of an hour on a wild path; everything is filled at its theory."""
    investors = flow(orders_per_minute=40, behaviors=behaviors, hours=hours)
    rolls, market = dice(3), seen()
    at, times = investors.next_arrival(NOW, rolls), []
    for number, leader in enumerate(WILD):
        now, worth = second(number), theories(20_000 + 97 * (leader % 1_009))
        market.look(now, market.listings, spots(leader), worth)
        while at is not None and at < now:
            times.append(at)
            if (arrived := investors.arrive(at, rolls, market)) is not None:
                fill(investors, at, arrived, worth[arrived.instrument_id])
            at = investors.next_arrival(at, rolls)
        if investors.hear(now, Price(leader)):
            at = investors.arrivals.due
        for wish in investors.look_around(now, rolls, market.listings, worth):
            fill(investors, now, wish, worth[wish.instrument_id])
    return Played(investors, rolls.counters(), times)


@pytest.fixture(scope="module")
def calm() -> Played:
    return played({})


def test_thresholds_without_probabilities_change_nothing(calm: Played) -> None:
    idle = played({"panic_move": 1e-9, "momentum_move": 1e-9, "profit_move": 0.0, "panic_rate": 9})
    assert idle.times == calm.times
    assert idle.counters == calm.counters
    assert idle.investors.counts == calm.investors.counts
    assert idle.investors.holdings == calm.investors.holdings
    assert all(calm.counters[name] == 0 for name in PROBABILITIES)


@pytest.mark.parametrize("mood", list(PROBABILITIES))
def test_a_mood_rolls_dice_of_its_own(mood: str, calm: Played) -> None:
    moved = played({mood: PROBABILITIES[mood]})
    assert moved.investors.counts != calm.investors.counts
    others = [name for name in STREAMS if name != mood]
    if mood == "panic":
        # More come, each with as many draws as ever.
        assert len(moved.times) > 1.2 * len(calm.times)
        per_order = [moved.counters[name] / len(moved.times) for name in FLOW_STREAMS[1:-1]]
        assert per_order == [calm.counters[n] / len(calm.times) for n in FLOW_STREAMS[1:-1]]
    else:
        assert moved.times == calm.times
        assert [moved.counters[n] for n in others] == [calm.counters[n] for n in others]
    assert moved.counters[mood] > 0


@pytest.mark.parametrize("mood", ["momentum", "fomo"])
def test_a_mood_changes_only_whom_it_seizes(mood: str) -> None:
    quiet, moved = flow(), flow(behaviors={mood: PROBABILITIES[mood]})
    now = walked(moved, RISE)
    before, after = came(quiet, now, RISE[-1]), came(moved, now, RISE[-1])
    assert [w.account_id for w in before] == [w.account_id for w in after]
    assert [w.price is None for w in before] == [w.price is None for w in after]
    changed = sum(one != other for one, other in zip(before, after, strict=True))
    seized = moved.counts.momentum_orders + moved.counts.fomo_orders
    assert 0 < changed <= seized
    if mood == "momentum":
        assert [w.quantity for w in before] == [w.quantity for w in after]
        assert [w.instrument_id for w in before] == [w.instrument_id for w in after]


def test_hours_change_when_investors_come_and_nothing_else(calm: Played) -> None:
    busy = played({}, [HourFactor(start_s=0, factor=2.0)])
    assert busy.times[: len(calm.times)] == pytest.approx(
        [NOW + (at - NOW) // 2 for at in calm.times], abs=len(calm.times)
    )
    assert busy.counters["account"] == len(busy.times)


def test_all_moods_together_are_calibrated() -> None:
    investors = played(PROBABILITIES).investors
    told = report(investors, None)
    rows = {row.what: row for row in compare(investors.config, told)}
    assert {"momentum", "panic", "fomo", "profit taking"} <= set(rows)
    assert [row for row in rows.values() if not row.is_within] == []
