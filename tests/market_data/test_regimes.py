"""The chain of regimes and the variance it lets one expect."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market_data.models import Run, classic, stepping, without_jumps

from itg.market_data.core.regimes import ExpectedVariance, Matrix, generator, step_matrix

VOLATILITIES = (0.1, 0.2, 0.5)
CHI_SQUARE_999 = {10: 29.59, 12: 32.91}  # quantile 0.999 by degrees of freedom


@st.composite
def transitions(draw: st.DrawFn) -> Matrix:
    rows = []
    for regime in range(3):
        leave = draw(st.floats(0.0, 0.45))
        share = draw(st.floats(0.0, 1.0))
        others = [leave * share, leave * (1.0 - share)]
        others.insert(regime, 1.0 - leave)
        rows.append((others[0], others[1], others[2]))
    return rows[0], rows[1], rows[2]


def product(a: Matrix, b: Matrix) -> Matrix:
    rows = [tuple(sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)) for i in range(3)]
    return rows[0], rows[1], rows[2]  # type: ignore[return-value]  # three by three


def test_small_steps_make_up_classics_regime_step() -> None:
    transition = classic().regimes.transition
    rates = generator(transition, 300)
    small = step_matrix(rates, 300 / 1024)
    for _ in range(10):
        small = product(small, small)
    for made, given_row in zip(small, transition, strict=True):
        assert made == pytest.approx(given_row, abs=1e-12)


@given(transitions(), st.floats(0.01, 3_000.0))
def test_every_step_matrix_is_made_of_probabilities(transition: Matrix, dt_s: float) -> None:
    matrix = step_matrix(generator(transition, 300), dt_s)
    for row in matrix:
        assert sum(row) == pytest.approx(1.0, abs=1e-9)
        assert all(-1e-12 <= entry <= 1 + 1e-12 for entry in row)


@given(transitions(), st.floats(1.0, 60_000.0))
def test_expected_variance_is_the_sum_over_small_steps(transition: Matrix, seconds: float) -> None:
    # The independent way: halves of the horizon, W(2s) = W(s) + exp(Qs) W(s).
    rates = generator(transition, 300)
    pieces = 2**16
    dt_s = seconds / pieces
    squares = [v * v for v in VOLATILITIES]
    matrix = step_matrix(rates, dt_s)
    mean = [(squares[i] + sum(matrix[i][j] * squares[j] for j in range(3))) / 2 for i in range(3)]
    total = [dt_s * entry for entry in mean]
    for _ in range(16):
        total = [total[i] + sum(matrix[i][j] * total[j] for j in range(3)) for i in range(3)]
        matrix = product(matrix, matrix)
    expected = ExpectedVariance(rates, VOLATILITIES)
    assert expected.over(seconds) == pytest.approx(total, rel=1e-6)
    after = [sum(matrix[i][j] * squares[j] for j in range(3)) for i in range(3)]
    assert expected.at_end(expected.over(seconds)) == pytest.approx(after, rel=1e-6)


def test_expected_variance_does_not_depend_on_what_was_asked_before() -> None:
    rates = generator(classic().regimes.transition, 300)
    warm = ExpectedVariance(rates, VOLATILITIES)
    warm.over(100_000.0)
    cold = ExpectedVariance(rates, VOLATILITIES)
    assert cold.over(12_345.6) == warm.over(12_345.6)


@pytest.fixture(scope="module")
def chain() -> list[int]:
    run = Run(without_jumps(stepping(classic(seed=5), 60.0)))
    for _ in range(100):
        run.session()
    return run.regimes


@pytest.mark.parametrize("regime", [0, 1, 2])
def test_dwell_times_are_geometric(chain: list[int], regime: int) -> None:
    rates = generator(classic().regimes.transition, 300)
    leave = 1.0 - step_matrix(rates, 60.0)[regime][regime]
    dwells = dwell_lengths(chain, regime)
    bins = 11
    # Bounds of equal expected share; the last bin is open.
    counts = Counter(min(int((1 - (1 - leave) ** (d - 1)) * bins), bins - 1) for d in dwells)
    shares = bin_shares(leave, bins)
    statistic = sum(
        (counts[b] - len(dwells) * share) ** 2 / (len(dwells) * share)
        for b, share in enumerate(shares)
    )
    assert len(dwells) > 60
    assert statistic < CHI_SQUARE_999[10]


def dwell_lengths(chain: list[int], regime: int) -> list[int]:
    lengths, length = [], 0
    for here in chain:
        if here == regime:
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    return lengths[1:]


def bin_shares(leave: float, bins: int) -> list[float]:
    shares = [0.0] * bins
    survival = 1.0
    while survival > 1e-12:
        shares[min(int((1 - survival) * bins), bins - 1)] += survival * leave
        survival *= 1 - leave
    return shares


def test_a_very_long_step_leads_to_the_stationary_law_from_anywhere() -> None:
    rates = generator(classic().regimes.transition, 300)
    law = step_matrix(rates, 1e6)
    for row in law:
        # π P = π: 24/95, 49/95, 22/95 of classic's matrix.
        assert row == pytest.approx((24 / 95, 49 / 95, 22 / 95), abs=1e-9)


def test_time_is_shared_as_the_stationary_law_says(chain: list[int]) -> None:
    transition = classic().regimes.transition
    law = step_matrix(generator(transition, 300), 1e6)[0]
    # Visits are correlated: the variance of a share is inflated by the relaxation time, about
    # 12 regime steps of five chain steps each; the bound uses the resulting effective sample.
    effective = len(chain) / (2 * 12 * 5)
    for regime in range(3):
        share = chain.count(regime) / len(chain)
        bound = 3.29 * (law[regime] * (1 - law[regime]) / effective) ** 0.5
        assert abs(share - law[regime]) < bound
