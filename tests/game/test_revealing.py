"""Who did what in a round is revealed once it has ended, and a refusal says how it stands."""

import pytest

from itg import scenario
from itg.game.contract import RoundStatus
from itg.game.core.rounds import Rounds

ENDED, RUNNING, PAUSED = RoundStatus.ENDED, RoundStatus.RUNNING, RoundStatus.PAUSED


@pytest.fixture
def rounds() -> Rounds:
    plans = scenario.load("season").rules.rounds[:3]
    made = Rounds.planned(plans, "")
    made.statuses[:2] = [ENDED, RUNNING]
    return made


@pytest.mark.parametrize(
    ("round_id", "status", "word"),
    [(2, RUNNING, "running"), (2, PAUSED, "paused"), (3, RoundStatus.SCHEDULED, "scheduled")],
)
def test_a_round_that_has_not_ended_is_not_revealed(
    rounds: Rounds, round_id: int, status: RoundStatus, word: str
) -> None:
    rounds.statuses[round_id - 1] = status
    refusal = rounds.reveal_identities(round_id)
    assert refusal is not None
    assert (refusal.code, refusal.field) == ("ROUND_WRONG_STATUS", "round_id")
    told = f"round {round_id} is {word}; identities are revealed when it has ended"
    assert refusal.detail == told
    assert rounds.revealed == []


@pytest.mark.parametrize("is_ending", [False, True])
def test_a_round_is_revealed_once_whatever_the_next_one_does(
    rounds: Rounds, *, is_ending: bool
) -> None:
    rounds.is_ending = is_ending
    assert rounds.reveal_identities(1) is None
    assert rounds.revealed == [1]
    again = rounds.reveal_identities(1)
    assert again is not None
    assert again.detail == "round 1 is revealed already; that is done once"


def test_a_round_that_is_not_there_is_named(rounds: Rounds) -> None:
    refusal = rounds.reveal_identities(9)
    assert refusal is not None
    assert refusal.code == "ROUND_NOT_FOUND"
    assert refusal.detail.startswith("there is no round 9")
