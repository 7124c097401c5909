"""The reference page says every threshold as it is."""

import re
from pathlib import Path

import pytest

from itg.kernel.times import NS_PER_S
from itg.lab.surveillance import CaseKind, Thresholds

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "surveillance.md"


@pytest.mark.parametrize("kind", list(CaseKind))
def test_the_page_has_each_threshold_with_its_default(kind: CaseKind) -> None:
    section = PAGE.read_text(encoding="utf-8").split(f"### `{kind.value}`\n")[1].split("\n### ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE))
    terms = getattr(Thresholds(), kind.value)
    assert told == {name: _told(name, getattr(terms, name)) for name in terms.__struct_fields__}


def _told(name: str, value: float) -> str:
    if name.endswith("_ns"):
        return f"{value / NS_PER_S:g} s"
    is_share = name.endswith(("share_min", "share_max", "one_way_min"))
    return f"{value:.2f}" if is_share else str(value)
