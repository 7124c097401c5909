"""Whom an organizer means: a team's id before any name, and never two teams at once."""

import pytest

from itg.cli.asking import AskingError, Json
from itg.cli.score_views import id_meant
from itg.cli.teams import both_names, team_in
from itg.wire.v1.game import TeamBody, TeamPage

# As a game could have them before names were held apart from ids.
NAMED = {"t1": "t12", "t2": "Blue", "t12": "Gold"}


def rows(names: dict[str, str]) -> list[Json]:
    return [{"team_id": team_id, "team_name": name} for team_id, name in names.items()]


def page(names: dict[str, str]) -> TeamPage:
    items = [
        TeamBody(team_id=team_id, team_name=name, role="hedge_fund", registered_us=0)
        for team_id, name in names.items()
    ]
    return TeamPage(items=items, next_cursor=None)


@pytest.mark.parametrize(("asked", "meant"), [("t12", "t12"), ("t1", "t1"), ("Blue", "t2")])
def test_an_id_is_preferred_to_a_name_that_is_the_same(asked: str, meant: str) -> None:
    assert team_in(rows(NAMED), asked)["team_id"] == meant
    assert id_meant(page(NAMED), asked) == meant


def test_a_name_that_two_teams_have_is_refused_with_both() -> None:
    twice = rows({"t1": "Blue", "t2": "Blue"})
    with pytest.raises(AskingError, match=r"'Blue' is the name of t1 and t2; give the id"):
        team_in(twice, "Blue")


def test_nobody_is_named_with_those_there_are() -> None:
    with pytest.raises(AskingError, match=r"no team 'Red'; there are t1 \(t12\), t2 \(Blue\)"):
        team_in(rows(NAMED), "Red")
    assert id_meant(page(NAMED), "me") == "me"


def test_what_is_done_is_said_with_name_and_id() -> None:
    (blue,) = rows({"t2": "Blue"})
    assert both_names(blue) == "Blue (t2)"
