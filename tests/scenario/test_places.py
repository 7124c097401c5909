"""A complaint leads to the line of the text that it is about."""

import pytest

from itg.scenario.places import line_of, place_in

TEXT = """\
title = "x"
[market]
step_ms = "fast"
[[roles]]
role = "one"
[[roles]]
role = "two"
[[roles.constraints]]
kind = "size"
[[roles.constraints]]
kind = "rate"
per_s = -1
"""


@pytest.mark.parametrize(
    ("complaint", "place", "line"),
    [
        ("title: too short", "title", 1),
        ("market.step_ms: Expected `int`, got `str`", "market.step_ms", 3),
        ("unknown key `speed` in table [market]; known: step_ms", "market.speed", 2),
        ("unknown key `speed` in the file", "speed", None),
        ("table [market] misses the key `kind`", "market", 2),
        ("roles[1].constraints[1].per_s: below 0", "roles[1].constraints[1].per_s", 12),
        ("roles[1].constraints[0].burst: missing", "roles[1].constraints[0].burst", 8),
        ("roles[0].cash: missing", "roles[0].cash", 4),
        ("series.expiries: it is too many", "series.expiries", None),
        ("x.toml is not TOML: Invalid value (at line 7, column 3)", "", 7),
        ("something else", "", None),
    ],
)
def test_a_complaint_names_a_key_and_its_line_or_the_table_around_it(
    complaint: str, place: str, line: int | None
) -> None:
    assert (place_in(complaint), line_of(TEXT, complaint)) == (place, line)
