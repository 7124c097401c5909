"""The page of settings has every flag, every variable the program reads and every scenario key."""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App, CycloptsError
from rich.console import Console
from tools.scenario_keys import keys_of
from tools.settings_page import ENVIRONMENT_ALONE, flags_of

from itg.cli import app
from itg.scenario import available, json_schema
from itg.scenario.files import resolve

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "settings.md"
SOURCES = sorted((ROOT / "src" / "itg").rglob("*.py"))
VARIABLE = re.compile(r"(ITG|OTEL|XDG)_[A-Z_]+|PG[A-Z]+|CI|(WAYLAND_)?DISPLAY")
QUOTED = re.compile(f"[\"'](?:{VARIABLE.pattern})[\"']")
OPTION = re.compile(r"│ +\*? *(--[a-z-]+)")
KIND = re.compile(r"\([a-z_]+\)|\[\]")
OPEN = {"parameters", "weights"}  # tables whose keys are a model's or an underlying's


def variables_in(source: str) -> set[str]:
    """Return the names of variables that stand in a module as whole strings."""
    if not QUOTED.search(source):  # most modules: not worth parsing
        return set()
    words = (n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant))
    return {word for word in words if isinstance(word, str) and VARIABLE.fullmatch(word)}


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n{heading}\n")[2].partition("\n#")[0]
    return [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| `")]


def commands(group: App, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in group:
        if not name.startswith("-") and group[name].show:
            path = (*words, name)
            inner = list(commands(group[name], path))
            yield from inner or [path]


def help_of(words: tuple[str, ...]) -> list[str]:
    page = io.StringIO()
    app.help_print(list(words), console=Console(file=page, width=400))
    return page.getvalue().splitlines()


def default_in(line: str) -> str:
    """Return the default that a line of help tells, as the page writes it."""
    if "[required]" in line:
        return "must be given"
    told = re.search(r"\[default: (.*?)\]", line)
    words = {"": "none", '""': "none", "()": "none", "False": "off", "True": "on"}
    text = told[1] if told else ""
    return words.get(text, f"`{text}`")


def keys_in(table: dict[str, object], path: str = "") -> Iterator[str]:
    """Yield the path of every plain value of a scenario's tables, without places in lists."""
    for name, value in table.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value, dict) and name not in OPEN:
            yield from keys_in(value, place)
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for one in value:
                yield from keys_in(one, place)
        else:
            yield place


def test_every_variable_that_the_program_reads_is_on_the_page_and_no_other() -> None:
    read = set().union(*(variables_in(source.read_text("utf-8")) for source in SOURCES))
    assert {row[0].strip("`") for row in rows("## Environment")} == read


def test_a_variable_is_found_where_a_module_reads_it() -> None:
    source = 'import os\n"""Says ITG_BUS."""\nNAME = "ITG_NEW_ONE"\nos.environ.get("CI")\n'
    assert variables_in(source) == {"ITG_NEW_ONE", "CI"}


@pytest.mark.parametrize("words", list(commands(app)), ids=" ".join)
def test_every_flag_that_help_shows_is_on_the_page_with_variable_and_default(
    words: tuple[str, ...],
) -> None:
    told = {
        row[0].partition(",")[0].strip("`"): row for row in rows(f"### `itg {' '.join(words)}`")
    }
    for line in help_of(words):
        option = OPTION.search(line)
        if option is None or option[1] == "--help":
            continue
        _, variable, default, meaning = told[option[1]]
        named = re.search(r"env var: (\w+)", line)
        assert variable.strip("`") == (named[1] if named else "")
        assert default == default_in(line)
        assert meaning


def test_no_command_without_a_section_and_no_flag_without_a_meaning() -> None:
    headings = re.findall(r"^### `itg (.+)`$", PAGE.read_text("utf-8"), re.MULTILINE)
    flags = list(flags_of(app))
    assert headings == list(dict.fromkeys(flag.command for flag in flags))
    assert [flag for flag in flags if not flag.meaning] == []
    assert all(meaning for *_, meaning in ENVIRONMENT_ALONE)


@pytest.mark.parametrize("name", available())
def test_every_key_of_a_shipped_scenario_is_on_the_page(name: str) -> None:
    told = {KIND.sub("", row[0].strip("`")) for row in rows("## Keys of a scenario")}
    for key in keys_in(resolve(name).tables):
        plain = re.sub(r"^(scoring\.(?:roles|pars))\.\w+", r"\1.NAME", key)
        assert re.sub(r"(\.kpis)\.\w+", r"\1.NAME", plain) in told


def test_a_key_says_its_default_its_range_and_that_it_must_be_given() -> None:
    keys = {key.path: key for key in keys_of(json_schema())}
    assert keys["clock.speed"].default == "`1.0`"
    assert keys["registration.rotation"].values == "`latin_square`, `none`"
    assert keys["market.step_ms"].default == "must be given"
    assert keys["market.step_ms"].values == "integer, from 10 to 1,000"
    assert keys["session(civil).closing_auction"].default == "none"


def test_an_unknown_flag_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(CycloptsError, match=r"--buss.*--bus"):
        app.parse_args(["node", "game", "--buss=x"], print_error=False, exit_on_error=False)
