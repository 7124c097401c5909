"""REST reads and registration."""

import pytest
from tests.client.venue import KEY, Venue, running

from itg.client import ConflictError, ConnectionFailedError, NotFoundError, Rest
from itg.client.errors import error_of
from itg.wire.v1.problems import FieldError, Problem


async def test_a_team_registers_and_gets_its_key() -> None:
    async with running(Venue()) as venue, Rest(venue.url) as rest:
        team = await rest.register("quants", "hedge_fund")
    assert (team.team_id, team.api_key) == ("t1", KEY)


async def test_a_refused_registration_says_why() -> None:
    async with running(Venue()) as venue, Rest(venue.url) as rest:
        with pytest.raises(ConflictError, match="DUPLICATE_TEAM_NAME"):
            await rest.register("taken", "hedge_fund")


async def test_pages_are_read_to_the_end() -> None:
    async with running(Venue()) as venue, Rest(venue.url, KEY) as rest:
        instruments = await rest.instruments()
    assert [i.instrument_id for i in instruments] == ["SPX", "SPX-20261217-C-4400"]


async def test_a_busy_server_is_asked_again() -> None:
    async with running(Venue()) as venue, Rest(venue.url, KEY) as rest:
        venue.answers_503 = 1
        assert (await rest.rules()).scenario == "venue"


async def test_an_answer_that_is_no_problem_document_is_reported_with_its_status() -> None:
    async with running(Venue()) as venue, Rest(venue.url, KEY) as rest:
        with pytest.raises(NotFoundError) as raised:
            await rest.prices()
    assert (raised.value.problem.status, raised.value.code) == (404, "HTTP")


async def test_a_missing_server_is_reported() -> None:
    async with running(Venue()) as venue:
        url = venue.url
    async with Rest(url) as rest:
        with pytest.raises(ConnectionFailedError, match="GET http"):
            await rest.rules()


async def test_an_address_without_a_scheme_is_told_what_it_lacks() -> None:
    async with Rest("localhost:8000") as rest:
        with pytest.raises(ConnectionFailedError, match="an address begins with http://"):
            await rest.register("blue", "hedge_fund")


def test_a_refusal_says_once_what_its_only_field_is_refused_for() -> None:
    detail = "Choose another team_name."
    problem = Problem(
        type="/problems/DUPLICATE_TEAM_NAME",
        title="Duplicate team name",
        status=409,
        detail=detail,
        code="DUPLICATE_TEAM_NAME",
        errors=[FieldError(pointer="/team_name", detail=detail)],
    )
    assert str(error_of(problem)) == f"DUPLICATE_TEAM_NAME: {detail}"
