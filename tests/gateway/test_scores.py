"""Scores on the wire: everybody sees every total, terms are their team's and the organizer's."""

import asyncio
import csv
from collections.abc import AsyncIterator
from io import StringIO

import pytest
import pytest_asyncio
from msgspec.structs import replace
from tests.game.scoring.recorded import classic
from tests.gateway.house import ADMIN_KEY, Answered, House, Team, socket_of
from tests.waiting import until

from itg.cli.score_views import show_scores, show_terms
from itg.game.contract import CreateGame
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_S
from itg.market_data.contract import MarksPublished

PARS = [
    {"role": role, "par": 55.5, "spread": 6.25, "sessions": 768}
    for role in ("market_maker", "hedge_fund", "arbitrage_desk")
]


def scored(create: CreateGame) -> CreateGame:
    """Return a game whose rounds are scored as in `classic`, without any par yet.

    Nobody has cash or a house to begin with in `bare`.
    """
    roles = tuple(replace(each, starting_cash=Cash(0)) for each in classic().roles)
    unlike = {"pars": (), "round_weights_ppm": (), "house_account_id": None, "roles": roles}
    scoring = replace(classic(), **unlike)
    return replace(create, rules=replace(create.rules, scoring=scoring))


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House(amend=scored) as running:
        await running.open_market()
        yield running


async def organize(house: House, method: str, path: str, body: object = None) -> Answered:
    return await house.call(method, path, body, key=ADMIN_KEY)


async def teams_of(house: House) -> tuple[Team, Team]:
    return await house.register("alpha", "market_maker"), await house.register("beta", "hedge_fund")


async def end_round(house: House) -> None:
    # `bare` has no market that makes them: with one second of trading there is something to score.
    house.pump.submit(MarksPublished(step=1, marks=()))
    answer = await organize(house, "POST", "/admin/rounds/1/end", {"reason": "over"})
    assert answer.status == 200, answer.body


async def test_a_team_sees_its_own_terms_and_others_totals(house: House) -> None:
    alpha, beta = await teams_of(house)
    body = (await alpha.call("GET", "/game/scores")).json
    assert (body["round_id"], body["is_final"]) == (1, False)
    own, other = body["items"]
    assert (own["team_id"], other["team_id"]) == (alpha.team_id, beta.team_id)
    names = [component["name"] for component in own["terms"]["components"]]
    wanted = ["capture", "coverage", "inventory", "volume", "compliance", "risk"]
    assert names == wanted
    assert other["terms"] is None
    assert other["rank"] >= 1
    full = (await organize(house, "GET", "/game/scores")).json
    assert all(item["terms"] is not None for item in full["items"])
    assert [final["judgement"] is None for final in body["final"]].count(False) == 1


async def test_the_last_row_of_the_exported_p_and_l_is_what_scores_have() -> None:
    async with House(amend=scored, speed=20.0) as house:
        await house.open_market()
        alpha, beta = await teams_of(house)
        await alpha.place("sell", 3, 10.0)
        await beta.place("buy", 3, 10.0)
        # The table has a row at each minute: the end is not at one.
        await until(lambda: 5 <= house.clock.game_ns() // NS_PER_S % 60 <= 30)
        await end_round(house)
        body = {"key_name": "analyst", "reason": "study"}
        key = str((await organize(house, "POST", "/admin/keys", body)).json["api_key"])
        table = await house.call("GET", "/game/rounds/1/export?what=pnl", key=key)
        items = (await organize(house, "GET", "/game/scores")).json["items"]
    last = {row["participant"]: row for row in csv.DictReader(StringIO(table.body.decode()))}
    wanted = sorted(item["terms"]["unscored"]["pnl"] for item in items)
    assert sorted(float(row["pnl"]) for row in last.values()) == wanted
    assert wanted[0] != 0.0


async def test_one_team_s_score_by_its_id_or_as_me(house: House) -> None:
    alpha, beta = await teams_of(house)
    mine = (await alpha.call("GET", "/game/scores/me?round_id=1")).json
    assert mine == (await alpha.call("GET", f"/game/scores/{alpha.team_id}")).json
    assert (await alpha.call("GET", f"/game/scores/{beta.team_id}")).json["terms"] is None
    assert (await alpha.call("GET", "/game/scores/nobody")).json["code"] == "TEAM_NOT_FOUND"
    for path in ("/game/scores?round_id=2", "/game/scores/me?round_id=2"):
        assert (await alpha.call("GET", path)).json["code"] == "ROUND_NOT_FOUND"


async def test_a_known_entity_tag_is_answered_with_304(house: House) -> None:
    alpha, beta = await teams_of(house)
    await end_round(house)
    first = await alpha.call("GET", "/game/scores")
    tag = first.headers["etag"]
    again = await alpha.call("GET", "/game/scores", **{"if-none-match": tag})
    assert (again.status, again.body) == (304, b"")
    other = await beta.call("GET", "/game/scores", **{"if-none-match": tag})
    assert other.status == 200


async def test_the_channel_tells_a_round_once_it_is_over(house: House) -> None:
    alpha, _ = await teams_of(house)
    async with alpha.socket("scores") as socket, socket_of(house, ADMIN_KEY, "/ws") as organizer:
        await organizer.request("subscribe", {"channels": ["scores"]})
        snapshot = await socket.push("scores", "snapshot")
        assert snapshot["data"]["is_final"] is False
        await end_round(house)
        told = await socket.push("scores", "scores")
        assert told["seq"] == snapshot["seq"] + 1
        assert told["data"]["is_final"] is True
        read = (await alpha.call("GET", "/game/scores")).json
        assert told["data"]["items"] == read["items"]
        of_all = await organizer.push("scores", "scores")
        assert all(item["terms"] is not None for item in of_all["data"]["items"])


async def test_pars_and_judgements_are_the_organizer_s_acts(house: House) -> None:
    alpha, _ = await teams_of(house)
    refused = await alpha.call("POST", "/admin/par", {"pars": PARS, "origin": "abc"})
    assert refused.status == 403
    body = {"pars": PARS, "origin": "abc", "reason": "calibrated"}
    answer = await organize(house, "POST", "/admin/par", body)
    assert (answer.status, answer.json) == (200, {"origin": "abc", "items": PARS})
    path = f"/admin/judgements/{alpha.team_id}"
    judged = await organize(house, "PUT", path, {"research": 80, "reason": "the talk"})
    wanted = {"team_id": alpha.team_id, "research": 80.0, "code": None, "team": None}
    assert judged.json == wanted
    terms = (await alpha.call("GET", "/game/scores/me")).json["terms"]
    assert (terms["par"], terms["spread"]) == (55.5, 6.25)
    audit = (await organize(house, "GET", "/admin/audit")).json["items"]
    acts = [(entry["act"], entry["reason"]) for entry in audit]
    assert ("scores.par", "calibrated") in acts
    assert ("scores.judgement", "the talk") in acts


async def test_what_cannot_be_is_refused_and_says_why(house: House) -> None:
    alpha, _ = await teams_of(house)
    twice = {"pars": [PARS[0], PARS[0]], "origin": "abc"}
    assert (await organize(house, "POST", "/admin/par", twice)).json["code"] == "INVALID_PAR"
    path = f"/admin/judgements/{alpha.team_id}"
    assert (await organize(house, "PUT", path, {"code": 101})).status in {400, 422}
    nobody = await organize(house, "PUT", "/admin/judgements/nobody", {"code": 1})
    assert nobody.json["code"] == "TEAM_NOT_FOUND"
    await end_round(house)
    late = await organize(house, "POST", "/admin/par", {"pars": PARS, "origin": "abc"})
    assert (late.status, late.json["code"]) == (409, "PAR_FROZEN")


async def test_a_game_without_scoring_says_so() -> None:
    async with House() as plain:
        team = await plain.register("alpha", "market_maker")
        body = (await team.call("GET", "/game/scores")).json
        assert (body["round_id"], body["items"], body["final"]) == (None, [], [])
        assert (await team.call("GET", "/game/scores/me")).json["code"] == "NOT_SCORED"


async def test_the_command_shows_a_round_and_one_s_terms(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    alpha, _ = await teams_of(house)
    server = (house.url, alpha.key)
    assert await asyncio.to_thread(show_scores, server, None, as_json=False) == 0
    shown = capsys.readouterr().out
    assert "Round 1, so far" in shown
    # Whoever reads the table can see why a score is what it is.
    (row,) = [line for line in shown.splitlines() if line.startswith("alpha (market_maker)")]
    measured, activity, kpi, compliance, risk = map(float, row.split()[-5:])
    joined = activity * (40 * kpi + 15 * compliance + 15 * risk) / 70
    assert measured == pytest.approx(joined, abs=0.01)
    assert await asyncio.to_thread(show_terms, server, "me", 1, as_json=False) == 0
    terms = capsys.readouterr().out
    for name in ("capture", "coverage", "inventory", "volume", "compliance", "risk"):
        assert name in terms
    assert await asyncio.to_thread(show_terms, server, "alpha", 1, as_json=False) == 0
    assert capsys.readouterr().out == terms
    assert await asyncio.to_thread(show_terms, server, "me", 9, as_json=True) == 1
    assert "ROUND_NOT_FOUND" in capsys.readouterr().err
