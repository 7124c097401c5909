"""Whoever calls whatever with anything is answered as the published document says, never by 5xx."""

import re
from collections import Counter

from tests.dice import Dice
from tests.gateway.house import ADMIN_KEY, House, Json

PLACES = ("none", "1", "me", "SPX", "%00", "-1", "9" * 30)
BODIES: tuple[object, ...] = ({}, {"reason": "x"}, [1], "text", None)
NAMES = (
    *("reason", "quantity", "price", "side", "instrument_id", "team_name", "role", "phase"),
    *("rows", "orders", "quotes", "key_name", "scopes", "text", "headline_id", "par"),
)
WORDS = ("buy", "SPX", "market_maker", "continuous", "", "\u0000", "x" * 3000, "☃")
REQUESTS = 1_500


def operations(document: Json) -> list[tuple[str, str, set[str]]]:
    return [
        (method.upper(), path, {*operation["responses"]})
        for path, row in document["paths"].items()
        for method, operation in row.items()
    ]


async def test_every_operation_answers_everybody_with_what_its_document_lists() -> None:
    statuses: Counter[int] = Counter()
    async with House("demo") as house:
        team = await house.register("alpha")
        document = (await house.call("GET", "/openapi.json")).json
        for method, path, listed in operations(document):
            for place in PLACES:
                address = re.sub(r"\{\w+\}", place, path)
                for body in (None,) if method == "GET" else BODIES:
                    for key in (None, team.key, ADMIN_KEY):
                        answer = await house.call(method, address, body, key=key)
                        assert str(answer.status) in listed, (method, address, body, answer.body)
                        assert answer.status < 500, answer.body
                        statuses[answer.status] += 1
                if "{" not in path:
                    break
    assert {200, 400, 401, 403, 404, 422} <= statuses.keys()


async def test_what_answers_to_a_known_etag_lists_that_it_does() -> None:
    async with House("demo") as house:
        team = await house.register("alpha")
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        document = (await house.call("GET", "/openapi.json")).json
        told = {}
        for method, path, listed in operations(document):
            if method != "GET":
                continue
            address = path.replace("{instrument_id}", "SPX").replace("{team_id}", "me")
            etag = (await team.call("GET", address)).headers.get("etag")
            if etag is not None:
                again = await team.call("GET", address, If_None_Match=etag)
                told[path] = (again.status, "304" in listed)
            else:
                assert "304" not in listed, path
    assert len(told) == 5
    assert set(told.values()) == {(304, True)}


async def test_any_body_is_answered_with_what_the_document_lists() -> None:
    dice = Dice(4)
    async with House("demo") as house:
        team = await house.register("alpha", "market_maker")
        document = (await house.call("GET", "/openapi.json")).json
        writing = [each for each in operations(document) if each[0] != "GET"]
        for _ in range(REQUESTS):
            method, path, listed = dice.choice(writing)
            body = {dice.choice(NAMES): anything(dice) for _ in range(dice.randint(1, 5))}
            address = re.sub(r"\{\w+\}", dice.choice(PLACES), path)
            key = dice.choice((team.key, ADMIN_KEY))
            answer = await house.call(method, address, body, key=key)
            assert str(answer.status) in listed, (method, address, body, answer.body)
            assert answer.status < 500, answer.body


def anything(dice: Dice, depth: int = 2) -> object:
    """Return any JSON value, words of the interface among them."""
    kind = dice.randrange(9 if depth else 7)
    if kind == 7:
        return [anything(dice, depth - 1) for _ in range(dice.randrange(3))]
    if kind == 8:
        return {dice.choice(NAMES): anything(dice, depth - 1) for _ in range(dice.randrange(3))}
    scalars = (None, True, dice.randint(-(10**20), 10**20), dice.randint(-2, 50))
    return (*scalars, dice.random(), dice.choice(NAMES), dice.choice(WORDS))[kind]
