"""Commit and reveal: what is published before fixes what is shown after."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from itg.kernel.errors import ConfigurationError
from itg.scenario.commitment import Reveal, commitment_of, parts_of, reveal_of, reveal_text

REVEAL = Reveal(scenario="demo", scenario_hash="ab" * 32, seed=7, build="cd" * 32, salt="ef" * 32)
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
REVEALS = st.builds(
    Reveal,
    scenario=st.text(min_size=1),
    scenario_hash=HEX,
    seed=st.integers(0, 2**63 - 1),
    build=HEX,
    salt=HEX,
)


def test_anybody_can_compute_the_commitment_by_its_description() -> None:
    text = (
        f"itg-commitment-1\nscenario_hash={'ab' * 32}\nseed=7\nbuild={'cd' * 32}\n"
        f"salt={'ef' * 32}\n"
    )
    assert commitment_of(REVEAL) == hashlib.sha256(text.encode()).hexdigest()


@given(REVEALS, REVEALS)
def test_equal_commitments_mean_equal_parts(one: Reveal, two: Reveal) -> None:
    is_same = replace(one, scenario="") == replace(two, scenario="")
    assert (commitment_of(one) == commitment_of(two)) is is_same


@pytest.mark.parametrize(
    ("part", "other"),
    [("scenario_hash", "00" * 32), ("seed", 8), ("build", "00" * 32), ("salt", "00" * 32)],
)
def test_another_part_is_another_commitment(part: str, other: object) -> None:
    changed = replace(REVEAL, **{part: other})
    assert commitment_of(changed) != commitment_of(REVEAL)


@given(REVEALS)
def test_a_reveal_s_file_gives_the_reveal_back(reveal: Reveal) -> None:
    assert reveal_of(reveal_text(reveal), "here") == reveal


def compared(commitment: str, *, build: str = REVEAL.build) -> dict[str, bool]:
    parts = parts_of(REVEAL, scenario_hash=REVEAL.scenario_hash, build=build, commitment=commitment)
    return {part.part: part.is_equal for part in parts}


def test_every_part_is_compared_by_itself() -> None:
    whole = dict.fromkeys(("scenario_hash", "build", "commitment"), True)
    assert compared(commitment_of(REVEAL)) == whole
    assert compared(f" {commitment_of(REVEAL).upper()}\n") == whole
    assert compared("00" * 32) == {**whole, "commitment": False}
    assert compared(commitment_of(REVEAL), build="x") == {**whole, "build": False}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "missing required field `scenario`"),
        ("seed = 7", "JSON is malformed"),
        (reveal_text(REVEAL).replace("seed", "sed"), "unknown field `sed`"),
        (reveal_text(replace(REVEAL, salt="a\nb")), "more than one line"),
    ],
)
def test_a_file_that_is_no_reveal_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"here is no reveal: .*{told}"):
        reveal_of(text, "here")
