"""The earlier rules beside ours: every kind has its place, and the first that fails is told."""

import re
from itertools import permutations
from pathlib import Path

import pytest
from tests.gateway.house import House

from itg.gateway.problems import REASONS
from itg.scenario import json_schema

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "positions.md"
EARLIER = (
    *("position_limit", "portfolio_limit", "order_size", "order_rate", "order_type_allowed"),
    *("instrument_allowed", "price_range", "trading_window"),
)
ROLE = """
extends = "bare"
[[roles]]
role = "market_maker"
registrable = true
maker_fee = 0.0
taker_fee = 0.0
constraints = [{rules}]
"""
# An order for ten puts fails each of these.
RULES = {
    "POSITION_LIMIT_EXCEEDED": '{ kind = "position_limit", max_quantity = 4 }',
    "ORDER_SIZE_EXCEEDED": '{ kind = "order_size", max_quantity = 5 }',
    "INSTRUMENT_NOT_ALLOWED": '{ kind = "instrument_allowed", options = false }',
}
WORD = re.compile(r"`([A-Za-z_\[\]]+)`")


def table(heading: str) -> list[list[str]]:
    """Return the rows of the table whose first cell of the head is given."""
    rest = PAGE.read_text(encoding="utf-8").partition(f"| {heading} |")[2].partition("\n\n")[0]
    return [line.strip("|").split("|") for line in rest.splitlines()[2:]]


def codes_by_kind() -> dict[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for kind, *_, code in table("kind"):
        codes.setdefault(WORD.findall(kind)[0], set()).update(WORD.findall(code))
    return codes


def test_every_earlier_kind_of_rule_has_ours_beside_it_with_the_code_it_refuses_with() -> None:
    definitions = json_schema()["$defs"]
    assert isinstance(definitions, dict)
    tags = {
        d.get("properties", {}).get("kind", {}).get("enum", [""])[0] for d in definitions.values()
    }
    tables = definitions["Scenario"]["properties"]
    refused = codes_by_kind()
    rows = table("earlier kind")
    assert tuple(WORD.findall(row[0])[0] for row in rows) == EARLIER
    for _, keys, here, codes, differs in rows:
        kinds = [word for word in WORD.findall(here) if not word.startswith("[")]
        places = [word.strip("[]") for word in WORD.findall(here) if word.startswith("[")]
        assert set(kinds) <= tags
        assert set(places) <= tables.keys()
        assert bool(kinds) != bool(places)
        told = set(WORD.findall(codes))
        assert told
        assert told <= REASONS.keys()
        assert not kinds or told == set().union(*(refused[kind] for kind in kinds))
        assert keys.strip()
        assert differs.strip()


@pytest.mark.parametrize("codes", list(permutations(RULES)), ids="-".join)
async def test_of_several_rules_that_fail_the_first_one_written_is_told(
    codes: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "rules.toml"
    rules = ", ".join(RULES[code] for code in codes)
    file.write_text(ROLE.format(rules=rules), encoding="utf-8")
    async with House(str(file)) as house:
        team = await house.register("alpha")
        await house.open_market()
        put = next(name for name in house.instruments if "-P-" in name)
        refused = await team.place("buy", 10, 1.0, instrument_id=put)
        assert (refused.status, refused.json["code"]) == (422, codes[0])


async def test_the_exchange_refuses_a_price_and_a_phase_for_every_role(tmp_path: Path) -> None:
    file = tmp_path / "no-rules.toml"
    file.write_text(ROLE.format(rules=""), encoding="utf-8")
    async with House(str(file)) as house:
        team = await house.register("alpha")
        early = await team.place("buy", 1, 1.0)
        assert early.json["code"] == "WRONG_PHASE"
        await house.open_market()
        off = await team.place("buy", 1, 0.001)
        assert off.json["code"] == "INVALID_PRICE"
