"""Every colour of the page is a token, and every ink can be read on the grounds it stands on."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "frontend" / "src"
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
COLOR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(")
INKS = ("text", "quiet", "accent", "up", "down", "warn", "danger")
GROUNDS = ("ground", "surface", "raised", "mark")
# An ink on a wash of its own colour, and what stands on a button that is filled.
PAIRS = (
    *((ink, f"{ink}-wash") for ink in ("up", "down", "warn", "danger")),
    *(("text", f"{ink}-wash") for ink in ("up", "down", "warn", "danger")),
    *(("on-accent", ground) for ground in ("accent", "up", "down")),
)
PART = re.compile(r"--part: light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
READABLE = 4.5  # to one: WCAG 2.2, 1.4.3
VISIBLE = 2.0  # an area whose name stands beside it


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Return the colours by name, of the light theme and of the dark one."""
    found = TOKEN.findall((SOURCES / "app.css").read_text(encoding="utf-8"))
    return {name: light for name, light, _ in found}, {name: dark for name, _, dark in found}


def luminance(color: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    shares = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def hard_to_read(theme: dict[str, str]) -> Iterator[str]:
    for ink, ground in (*product(INKS, GROUNDS), *PAIRS):
        found = contrast(theme[ink], theme[ground])
        if found < READABLE:
            yield f"--{ink} on --{ground}: {found:.2f}"


@pytest.mark.parametrize("theme", tokens(), ids=("light", "dark"))
def test_every_ink_is_readable_on_every_ground_it_stands_on(theme: dict[str, str]) -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert list(hard_to_read(theme)) == []


def test_up_and_down_are_a_blue_and_an_orange_in_both_themes() -> None:
    for theme in tokens():
        (up_red, _, up_blue), (down_red, _, down_blue) = (
            [int(theme[name][at : at + 2], 16) for at in (1, 3, 5)] for name in ("up", "down")
        )
        assert up_blue > up_red
        assert down_red > down_blue


def test_the_parts_of_a_profit_differ_and_stand_out_from_the_ground() -> None:
    page = (SOURCES / "pages" / "report" / "Report.svelte").read_text(encoding="utf-8")
    for theme, parts in zip(tokens(), zip(*PART.findall(page), strict=True), strict=True):
        assert len({*parts}) == 7
        assert min(contrast(part, theme["surface"]) for part in parts) >= VISIBLE


def test_no_component_has_a_colour_of_its_own() -> None:
    own = {
        f"{file.relative_to(SOURCES)}: {line.strip()}"
        for file in SOURCES.rglob("*.svelte")
        for line in file.read_text(encoding="utf-8").partition("<style>")[2].splitlines()
        # But the parts of a profit, and what dims the page behind a dialog.
        if COLOR.search(line) and not PART.search(line) and "rgb(0 0 0 /" not in line
    }
    assert own == set()
