"""What the reference page says of the small investors of `classic`, held against what they do."""

import re
from pathlib import Path

import pytest
from msgspec.json import decode
from tests.system.desk import called

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "scenario.md"


@pytest.mark.gate
@pytest.mark.timeout(300)
def test_investors_of_classic_order_as_many_contracts_a_session_as_is_published() -> None:
    found = re.search(r"([\d,]+) to ([\d,]+) contracts a session", PAGE.read_text("utf-8"))
    assert found is not None
    low, high = (int(number.replace(",", "")) for number in found.groups())
    checked = called(
        *("scenario", "check", "classic", "--seeds", "0", "--market-seeds", "2", "--json")
    )
    assert checked.code == 0, checked.complained
    rows = decode(checked.said)["simulation"]["market"]
    (ordered,) = (row for row in rows if row["what"] == "retail contracts ordered")
    assert (ordered["unit"], ordered["count"]) == ("a session", 2)
    assert low <= ordered["low"] <= ordered["median"] <= ordered["high"] <= high
