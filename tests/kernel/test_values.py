import pytest
from hypothesis import given
from hypothesis import strategies as st

from itg.kernel.ids import SHARD_COUNT_MAX, Shard, first_id_of_shard, shard_of_id
from itg.kernel.money import (
    Price,
    nearest_ticks,
    round_half_up_to_tick,
    usd_words,
)
from itg.kernel.times import to_micros

PRICES = st.integers(-(10**12), 10**12).map(Price)
TICKS = st.sampled_from([1, 100, 500, 1_000, 2_500]).map(Price)


@given(PRICES, TICKS)
def test_nearest_ticks_enclose_the_price_and_lie_on_the_grid(price: Price, tick: Price) -> None:
    below, above = nearest_ticks(price, tick)
    assert below <= price <= above
    assert below % tick == 0
    assert above % tick == 0
    assert above - below == (tick if price % tick else 0)


@given(st.integers(-(10**9), 10**9), TICKS)
def test_a_price_on_the_grid_rounds_to_itself(ticks: int, tick: Price) -> None:
    price = ticks * tick
    assert round_half_up_to_tick(float(price), tick) == price


@given(st.floats(-1e9, 1e9), TICKS)
def test_rounding_moves_a_value_by_at_most_half_a_tick(value: float, tick: Price) -> None:
    rounded = round_half_up_to_tick(value, tick)
    assert rounded % tick == 0
    assert abs(rounded - value) <= tick / 2 + 1e-6


def test_a_half_tick_rounds_upward() -> None:
    assert round_half_up_to_tick(250.0, Price(500)) == 500
    assert round_half_up_to_tick(-250.0, Price(500)) == 0


@given(st.integers(0, SHARD_COUNT_MAX - 1), st.integers(1, 2**48 - 1))
def test_an_id_names_its_shard_and_is_exact_in_json(shard: int, count: int) -> None:
    number = first_id_of_shard(Shard(shard)) + count
    assert shard_of_id(number) == shard
    assert number < 2**53


def test_a_shard_beyond_the_ids_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        first_id_of_shard(Shard(SHARD_COUNT_MAX))


def test_micros_round_down() -> None:
    assert to_micros(1_999) == 1


@pytest.mark.parametrize(
    ("price", "words"),
    [(0, "0.00"), (12_5000, "12.50"), (1, "0.0001"), (-1_2500, "-1.25"), (-1, "-0.0001")],
)
def test_a_price_is_written_in_usd_with_as_many_decimals_as_it_needs(
    price: int, words: str
) -> None:
    assert usd_words(Price(price)) == words
