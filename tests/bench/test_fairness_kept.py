"""Sessions that took hours to play are counted from a file as they were from their cache."""

import argparse
from pathlib import Path

import pytest
from bench import fairness, fairness_kept
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from itg.compose.par import SeatTerms

SEATS = st.builds(
    SeatTerms,
    role=st.sampled_from(["market_maker", "hedge_fund", "arbitrage_desk"]),
    kpi=st.integers(0, 10**8),
    compliance=st.integers(0, 10**8),
    activity=st.integers(0, 10**6),
    drawdown=st.floats(0, 1e7),
    deviation=st.floats(0, 1e7),
    is_zeroed=st.booleans(),
)


@given(st.dictionaries(st.integers(1, 20_000), st.lists(SEATS, min_size=1, max_size=6)))
def test_a_file_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, sessions: fairness_kept.Sessions
) -> None:
    file = tmp_path_factory.mktemp("kept") / "liquid.csv"
    kept = fairness_kept.Kept(scenario="liquid", commit="c0ffee", origin="0", sessions=sessions)
    fairness_kept.write(file, kept)
    assert fairness_kept.read(file) == kept


def seats(seed: int) -> list[SeatTerms]:
    return [
        SeatTerms(
            role=role,
            kpi=50_000_000 + 1_000_000 * ((7 * seed + number) % 11),
            compliance=100_000_000,
            activity=1_000_000,
            drawdown=1_000.0 + 10 * ((3 * seed + number) % 7),
            deviation=100.0 + seed % 5,
            is_zeroed=False,
        )
        for number, role in enumerate(("market_maker", "hedge_fund", "arbitrage_desk") * 2)
    ]


def test_what_a_cache_holds_is_packed_counted_and_laid_back(tmp_path: Path) -> None:
    place = tmp_path / "cache" / "par" / "0"
    place.mkdir(parents=True)
    for seed in (1, 2, 3, 4):
        (place / f"{seed}.json").write_bytes(json.encode(seats(seed)))
    file, cache = tmp_path / "liquid.csv", tmp_path / "cache"
    asked = {"scenario": "liquid", "commit": "c0ffee", "origin": "0"}
    fairness_kept.pack(argparse.Namespace(file=file, cache=cache, **asked))
    wanted = {"scenario": "liquid", "kept": file, "cache": cache, "jobs": 1}
    found = fairness.find(argparse.Namespace(sessions=4, **wanted))
    assert [role.sessions for role in found.roles] == [4, 4, 4]
    assert all(role.par > 0 and role.spread > 0 for role in found.roles)
    again = tmp_path / "again"
    fairness_kept.unpack(argparse.Namespace(file=file, cache=again))
    assert read_all(again / "par" / "0") == read_all(place)
    with pytest.raises(SystemExit, match="1 of 5 sessions are not kept, the first is seed 5"):
        fairness.find(argparse.Namespace(sessions=5, **wanted))


def read_all(place: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in place.iterdir()}
