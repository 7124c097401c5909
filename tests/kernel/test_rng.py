import subprocess
import sys
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itg.kernel.rng import Rng, normal_quantile, philox4x32

ONES = 0xFFFFFFFF
SEEDS = st.integers(0, 2**64)
DRAWS = """
from itg.kernel.rng import Rng
rng = Rng(7, "market_data").fork("spx")
print([rng.bits64() for _ in range(5)], rng.normal(), rng.exponential(2.0), rng.choose([1.0, 2.0]))
"""


# Known answers of Random123's kat_vectors for philox4x32, ten rounds.
@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
    ids=["zeros", "ones", "digits_of_pi"],
)
def test_philox_gives_the_published_words(
    counter: tuple[int, int, int, int], key: tuple[int, int], words: tuple[int, int, int, int]
) -> None:
    assert philox4x32(counter, key) == words


@given(st.floats(min_value=1e-300, max_value=1.0, exclude_max=True))
def test_normal_quantile_agrees_with_the_standard_library(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(NormalDist().inv_cdf(p), rel=1e-13, abs=1e-15)


def test_normal_quantile_is_odd_about_one_half() -> None:
    assert normal_quantile(0.5) == 0
    assert normal_quantile(0.25) == -normal_quantile(0.75)


@given(SEEDS, st.integers(0, 2**40))
def test_a_stream_continues_from_its_counter(seed: int, counter: int) -> None:
    rng = Rng(seed, "a", counter)
    first, second = rng.bits64(), rng.bits64()
    assert Rng(seed, "a", counter).bits64() == first
    assert Rng(seed, "a", counter + 1).bits64() == second
    assert rng.counter == counter + 2


@given(SEEDS)
def test_a_fork_is_a_stream_of_its_own_and_moves_nothing(seed: int) -> None:
    parent, untouched = Rng(seed, "a"), Rng(seed, "a")
    child = parent.fork("b")
    assert child.bits64() == Rng(seed, "a.b").bits64()
    assert parent.bits64() == untouched.bits64()
    assert Rng(seed, "a.b").bits64() != Rng(seed, "a").bits64()


@given(SEEDS, st.integers(0, 2**40))
def test_every_draw_stays_in_its_range(seed: int, counter: int) -> None:
    rng = Rng(seed, "a", counter)
    assert 0 < rng.uniform() < 1
    assert rng.exponential(3.0) > 0
    assert 0 <= rng.below(7) < 7
    assert rng.choose((0.0, 1.0, 0.0)) == 1


def test_draws_are_spread_as_their_laws_say() -> None:
    rng = Rng(1, "laws")
    n = 20_000
    normals = [rng.normal() for _ in range(n)]
    assert abs(sum(normals) / n) < 4 / n**0.5
    assert abs(sum(x * x for x in normals) / n - 1) < 4 * (2 / n) ** 0.5
    assert abs(sum(rng.exponential(2.0) for _ in range(n)) / n - 2) < 4 * 2 / n**0.5
    heads = sum(rng.choose((1.0, 3.0)) for _ in range(n))
    assert abs(heads / n - 0.75) < 4 * (0.75 * 0.25 / n) ** 0.5


def test_weights_that_rounding_exhausts_fall_to_the_last() -> None:
    assert Rng(0, "a").choose([0.0, 0.0]) == 1


def test_streams_do_not_depend_on_the_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DRAWS],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
