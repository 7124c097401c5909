"""Files laid over files: what is left out, where a key comes from, and the text of the whole."""

import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itg import scenario
from itg.kernel.errors import ConfigurationError
from itg.scenario.faults import faults_of
from itg.scenario.files import purpose_of, read, resolve
from itg.scenario.layers import laid_over, paths_of
from itg.scenario.starting import starting_text
from itg.scenario.toml_text import toml_text

KEYS = st.one_of(st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True), st.text(max_size=4))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
PLAIN = st.one_of(
    TEXTS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.dates(), TIMES
)
TABLES = st.recursive(
    st.dictionaries(KEYS, st.one_of(PLAIN, st.lists(PLAIN, max_size=30)), max_size=5),
    lambda inner: st.dictionaries(
        KEYS, st.one_of(PLAIN, inner, st.lists(inner, max_size=3), st.lists(st.lists(PLAIN))),
        max_size=5,
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=40)
@given(TABLES)
def test_the_text_of_tables_parses_to_the_tables(tables: dict[str, object]) -> None:
    assert repr(tomllib.loads(toml_text(tables))) == repr(in_text_order(tables))


def in_text_order(value: object) -> object:
    # Of a table TOML writes the plain keys first.
    if isinstance(value, list):
        return [in_text_order(item) for item in value]
    if not isinstance(value, dict):
        return value
    parsed = tomllib.loads(toml_text(value))
    return {key: in_text_order(value[key]) for key in parsed}


@pytest.mark.parametrize("name", scenario.available())
def test_a_shown_scenario_is_the_scenario(name: str, tmp_path: Path) -> None:
    resolved = resolve(name)
    for notes in (None, resolved.origins):
        text = toml_text(resolved.tables, notes)
        assert tomllib.loads(text) == resolved.tables
    file = tmp_path / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    assert scenario.load(str(file)).scenario_hash == scenario.load(name).scenario_hash


def test_every_key_knows_the_file_that_says_it(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "demo"\n[clock]\nspeed = 3\n', encoding="utf-8")
    resolved = resolve(str(tmp_path / "mine.toml"))
    assert [*resolved.origins] == paths_of(resolved.tables)
    assert resolved.origins["clock", "speed"] == "mine.toml"
    assert resolved.origins["session", "continuous_s"] == "demo.toml"
    assert resolved.origins["market", "jumps", "size_min"] == "classic.toml"


def test_notes_stand_one_below_the_other_behind_their_keys() -> None:
    resolved = resolve("demo")
    noted = [
        line for line in toml_text(resolved.tables, resolved.origins).split("\n") if "  # " in line
    ]
    assert len({line.index("  # ") for line in noted}) == 1
    assert sum(line.endswith("# demo.toml") for line in noted) > 10
    assert "speed = 10 " in next(line for line in noted if line.startswith("speed"))


def test_what_a_file_goes_without_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "classic"\nwithout = ["signals", "news.hours"]\n', encoding="utf-8")
    tables = resolve(str(file)).tables
    assert "signals" not in tables
    news = tables["news"]
    assert isinstance(news, dict)
    assert "hours" not in news
    assert news["mean_gap_s"] == 9000


def test_without_needs_something_to_be_laid_over(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('without = ["news"]\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="extends: expected a scenario's name"):
        resolve(str(file))


@settings(max_examples=40)
@given(TABLES)
def test_nothing_laid_over_tables_changes_nothing(tables: dict[str, object]) -> None:
    assert repr(laid_over(tables, {})) == repr(tables)
    assert repr(laid_over(tables, tables)) == repr(tables)


@pytest.mark.parametrize("base", scenario.available())
def test_a_file_to_start_from_is_its_base_until_it_is_changed(base: str, tmp_path: Path) -> None:
    file = tmp_path / "my-day.toml"
    text = starting_text(file, base)
    file.write_text(text, encoding="utf-8")
    resolved, below = resolve(str(file)), resolve(base)
    assert {**resolved.tables, "title": ""} == {**below.tables, "title": ""}
    assert resolved.tables["title"] == "My day"
    # Every key is there to be changed.
    for path in below.origins:
        assert f"\n# {path[-1]} = " in text or f"[{'.'.join(path)}]]" in text or path == ("title",)


def test_a_key_freed_of_its_comment_is_a_change(tmp_path: Path) -> None:
    file = tmp_path / "my-day.toml"
    text = starting_text(file, "classic")
    file.write_text(text.replace("# mean_gap_s = 9000", "mean_gap_s = 3600"), encoding="utf-8")
    news = resolve(str(file)).tables["news"]
    assert isinstance(news, dict)
    assert news["mean_gap_s"] == 3600


def test_a_file_to_start_from_may_extend_a_neighbour(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('extends = "demo"\nseed = 5\n', encoding="utf-8")
    file = tmp_path / "mine.toml"
    file.write_text(starting_text(file, "base.toml"), encoding="utf-8")
    assert resolve(str(file)).tables["seed"] == 5


@pytest.mark.parametrize("name", scenario.available())
def test_every_shipped_file_says_what_it_is_for(name: str) -> None:
    assert len(purpose_of(name)) > 60


def test_civil_values_are_written_as_toml_has_them() -> None:
    tables = {"day": date(2026, 12, 1), "at": time(9, 30)}
    assert toml_text(tables) == "day = 2026-12-01\nat = 09:30:00\n"


HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
GUIDES = ("write-a-scenario.md", "run-a-competition-day.md")
BLOCKS = [
    block
    for guide in GUIDES
    for block in (HOW_TO / guide).read_text(encoding="utf-8").split("```toml\n")[1:]
]


@pytest.mark.parametrize("block", BLOCKS)
def test_the_guide_s_files_are_scenarios(block: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(block.partition("```")[0], encoding="utf-8")
    assert faults_of(str(file)) == []


def test_the_competition_day_of_the_guide_has_pars_and_lasts_minutes(tmp_path: Path) -> None:
    file = tmp_path / "day.toml"
    file.write_text(BLOCKS[-1].partition("```")[0], encoding="utf-8")
    day, create = read(str(file))[1], scenario.load(str(file))
    assert create.rules.scoring is not None
    assert len(create.rules.scoring.pars) == 3
    assert day.registration.rotation.value == "latin_square"
    assert [one.is_scored for one in create.rules.rounds] == [False, True, True, True]
    first = create.rules.rounds[0]
    lasts_ns = first.session_end_ns - first.start_ns
    # Two and a half minutes as the page says: four of them leave a quarter of an hour its rest.
    assert 135 <= lasts_ns / 1_000_000_000 / day.clock.speed <= 150
