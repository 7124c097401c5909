"""Prices cross the border exactly or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itg.kernel.money import PRICE_SCALE
from itg.translate.numbers import PRICE_MAX_USD, UnfitFieldError, price_in, usd

UNITS = st.integers(-PRICE_MAX_USD * PRICE_SCALE, PRICE_MAX_USD * PRICE_SCALE)


@given(UNITS)
def test_every_price_leaves_as_a_number_and_comes_back_the_same(units: int) -> None:
    assert price_in(usd(units), "/price") == units


@given(UNITS)
def test_a_price_as_text_means_the_same_as_the_number(units: int) -> None:
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), PRICE_SCALE)
    assert price_in(f"{sign}{whole}.{part:04}", "/price") == units


@given(UNITS, st.integers(1, 9))
def test_a_fifth_decimal_is_refused(units: int, digit: int) -> None:
    value = float(f"{abs(units) // PRICE_SCALE}.{abs(units) % PRICE_SCALE:04}{digit}")
    with pytest.raises(UnfitFieldError) as refused:
        price_in(value, "/price")
    assert refused.value.pointer == "/price"


@pytest.mark.parametrize(
    "value",
    [
        float("inf"),
        -float("inf"),
        float("nan"),
        1e300,
        PRICE_MAX_USD + 0.0001,
        1.00005,
        "1e3",
        "",
        "1.",
        ".5",
        "0x10",
        " 1",
        "1_000",
        "٣",
        "1.00001",
        "99999999999",
        "NaN",
    ],
)
def test_what_is_no_price_is_refused_by_name(value: float | str) -> None:
    with pytest.raises(UnfitFieldError) as refused:
        price_in(value, "/bid")
    assert refused.value.pointer == "/bid"
    assert refused.value.reason.code == "INVALID_PRICE"


def test_minus_zero_is_zero() -> None:
    assert price_in(-0.0, "/price") == 0
