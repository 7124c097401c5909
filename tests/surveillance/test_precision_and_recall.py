"""Every planted offender is found, and no reference bot is a suspect."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from bench.surveillance import WORKERS, Outcome, judged

from itg.lab.surveillance import CaseKind

pytestmark = [pytest.mark.gate, pytest.mark.timeout(600)]  # half a minute on a quiet machine
SEEDS = (1, 2)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return list(pool.map(judged, SEEDS))


def test_every_planted_case_is_found_and_no_reference_bot_is_a_suspect(
    outcomes: list[Outcome],
) -> None:
    for outcome in outcomes:
        missed = [
            f"{one.manner} {one.bot}"
            for one, is_found in zip(outcome.planted, outcome.found, strict=True)
            if not is_found
        ]
        assert missed == [], f"seed {outcome.seed}"
        assert {one.kind for one in outcome.planted} == set(CaseKind)
        assert outcome.wrong_of_honest == 0, [case.summary for case in outcome.wrong]


def test_the_default_policy_lets_nobody_trade_with_itself(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        assert outcome.prevented >= 10
        assert not any("prevented" in case.summary for case in (*outcome.right, *outcome.wrong))
