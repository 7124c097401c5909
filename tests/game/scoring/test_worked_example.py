"""The reference page's example and table are what the code gives."""

import re
from pathlib import Path

from msgspec.structs import replace
from tests.game.scoring.recorded import classic

from itg.game.contract import MEASURES
from itg.game.core.scoring.compliance import COMPLIANCE
from itg.game.core.scoring.points import points_of, ratio
from itg.game.core.scoring.risk import RISK
from itg.game.core.scoring.scorer import joined
from itg.game.core.scoring.season import Judgement, season_of

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "scores.md").read_text(encoding="utf-8")
PPM = 1_000_000


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def ppm(text: str) -> int:
    return round(number(text) * PPM)


def rows_of(title: str) -> list[list[str]]:
    part = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def told(pattern: str) -> float:
    found = re.search(pattern, PAGE.replace("\n", " "))
    assert found is not None, pattern
    return number(found[1])


def test_the_example_adds_up() -> None:
    rows = rows_of("Worked example")
    points = {}
    for name, _, value, zero, half, full, wanted in rows:
        points[name] = points_of(ppm(value), (ppm(zero), ppm(half), ppm(full)))
        assert points[name] == ppm(wanted), name
    weights = {name: ppm(weight) for name, weight, *_ in rows[:4]}
    kpi = ratio(sum(weights[name] * points[name] for name in weights), PPM)
    assert kpi == round(told(r"= ([\d.]+)\. With activity") * PPM)
    measured = joined((kpi, points["compliance"], points["risk"]), PPM, classic())
    assert measured == round(told(r"/ 70 = ([\d.]+)\. Against") * PPM)
    par, spread = told(r"par (\d+) and") * PPM, told(r"spread (\d+),") * PPM
    score = 50 * PPM + ratio(20 * PPM * (measured - round(par)), round(spread))
    assert score == round(told(r"/ 8 = ([\d.]+)\.") * PPM)
    rules = replace(classic(), round_weights_ppm=())
    season = season_of([(1, score), (2, round(told(r"scored (\d+), both") * PPM))], rules)
    assert season is not None
    assert season.mean == round(told(r"mean is ([\d.]+) and") * PPM)
    assert season.semideviation == round(told(r"below 50 is ([\d.]+):") * PPM)
    assert season.measured == round(told(r"measured ([\d.]+)\. Judged") * PPM)
    judged = Judgement(research=80 * PPM, code=70 * PPM, team=60 * PPM).points(rules)
    assert judged == round(told(r"it has ([\d.]+) there") * PPM)
    assert judged is not None
    total = ratio(70 * season.measured + 30 * judged, 100)
    assert total == round(told(r"in all ([\d.]+)\.") * PPM)


def test_the_table_has_every_measure_with_the_shipped_anchors() -> None:
    rows = {name.strip("`"): anchors for name, _, anchors in rows_of("Measures")}
    assert {*rows} == {*MEASURES, "compliance", "risk"}
    kpis = [kpi for role in classic().roles for kpi in role.kpis]
    for kpi in [*kpis, COMPLIANCE, RISK]:
        wanted = [kpi.zero, kpi.half, kpi.full]
        assert [number(part) for part in rows[kpi.name].split("/")] == wanted, kpi.name
    for role in classic().roles:
        if role.activity != "coverage":
            assert rows[role.activity] == f"gate {role.activity_gate:.2f}"


def test_the_shipped_weights_are_the_page_s() -> None:
    rules = classic()
    assert (rules.kpi_weight, rules.compliance_weight, rules.risk_weight) == (40, 15, 15)
    assert (rules.research_weight, rules.code_weight, rules.team_weight) == (15, 10, 5)
    assert (rules.numbers.breach_depths, rules.numbers.breach_points) == ((0.1, 0.25), (5, 15, 30))
