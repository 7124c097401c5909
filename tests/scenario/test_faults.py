"""Everything that is wrong with a file is told at once."""

from pathlib import Path

import pytest

from itg import scenario
from itg.kernel.errors import ConfigurationError
from itg.scenario.faults import faults_of


def faults(folder: Path, text: str, base: str = "classic") -> list[str]:
    file = folder / "mine.toml"
    file.write_text(f'extends = "{base}"\n{text}', encoding="utf-8")
    return faults_of(str(file))


@pytest.mark.parametrize("name", scenario.available())
def test_no_shipped_scenario_has_a_fault(name: str) -> None:
    assert faults_of(name) == []


def test_every_wrong_key_is_told_unknown_ones_first(tmp_path: Path) -> None:
    text = (
        'titel = "x"\nseed = "three"\n[market]\nstep_ms = 5\n[market.jumps]\nsize = 1\n'
        "[news]\ndestinations = 3\nhours = [{ weight = 0 }, { starts = 09:00:00, weight = -1 }]\n"
    )
    assert faults(tmp_path, text) == [
        "unknown key `size` in table [market.jumps]; did you mean 'size_min'?",
        "unknown key `titel` in the file; did you mean 'title'?",
        "seed: Expected `int`, got `str`",
        "market.step_ms: Expected `int` >= 10",
        "news.destinations: Expected `array`, got `int`",
        "table [news.hours[0]] misses the key `starts`",
        "news.hours[0].weight: Expected `float` > 0.0",
        "news.hours[1].weight: Expected `float` > 0.0",
    ]


def test_every_contradiction_is_told(tmp_path: Path) -> None:
    text = (
        '[matching]\nauction = "midpont"\n[protection]\n[market.jumps]\nsize_min = 0.5\n'
        "[news]\ngap_min_s = 100\n[retail]\nlot = 51\n"
    )
    told = faults(tmp_path, text)
    assert len(told) == 4
    for part in ("matching.auction", "market.jumps.size_min", "retail.lot", "news.gap_min_s"):
        assert any(part in fault for fault in told)


def test_every_part_that_does_not_compile_is_told_once(tmp_path: Path) -> None:
    text = (
        "first_day = 2026-12-02\n[house]\nleader_half_spread_min = 0.25001\n"
        "[session]\npre_open = 10:00:00\n"
    )
    told = faults(tmp_path, text)
    assert len(told) == 3
    for part in ("first_day: 2026-12-02 is no trading day", "0.25001 USD", "must be rising times"):
        assert any(part in fault for fault in told)


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no scenario 'clasic'"):
        faults_of("clasic")


@pytest.mark.parametrize(
    "text",
    ['seed = "x"\n', '[matching]\nauction = "x"\n', "[house]\nleader_half_spread_min = 0.25001\n"],
)
def test_the_first_fault_is_what_loading_is_refused_with(tmp_path: Path, text: str) -> None:
    first, *_ = faults(tmp_path, text)
    with pytest.raises(ConfigurationError) as refused:
        scenario.load(str(tmp_path / "mine.toml"))
    assert str(refused.value).endswith(first)
