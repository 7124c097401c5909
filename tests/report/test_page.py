"""The page's colors and words."""

from itertools import product

import pytest

from itg.game.contract import MEASURES, Ranking
from itg.report.blocks import exact, money
from itg.report.drawing import Lane, Series, bars, lines, stacked, timeline
from itg.report.theme import DARK, LIGHT, PARTS_DARK, PARTS_LIGHT
from itg.report.words import RANKINGS, TERMS


def luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_a_contrast_of_four_and_a_half_in_both_themes(theme: dict[str, str]) -> None:
    for ink, ground in product(("text", "quiet", "blue", "orange"), ("ground", "shade")):
        assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)


@pytest.mark.parametrize(("theme", "parts"), [(LIGHT, PARTS_LIGHT), (DARK, PARTS_DARK)])
def test_parts_stand_out_from_the_ground(theme: dict[str, str], parts: tuple[str, ...]) -> None:
    assert len({*parts}) == 7
    for part in parts:
        assert contrast(part, theme["ground"]) >= 2.0


def test_every_measure_and_ranking_has_its_words() -> None:
    assert {*MEASURES, "compliance", "risk"} == {*TERMS}
    assert {ranking.value for ranking in Ranking} == {*RANKINGS}


@pytest.mark.parametrize(
    ("value", "text", "tone"),
    [
        (0.0, "0.00", ""),
        (1234.5, "▲ 1,234.50", "gain"),
        (-0.0201, "▼ −0.0201", "loss"),
        (-1234.567, "▼ −1,234.5670", "loss"),
    ],
)
def test_money_is_told_to_the_last_digit_with_a_glyph(value: float, text: str, tone: str) -> None:
    cell = money(value)
    assert (cell.text, cell.tone, cell.is_number) == (text, tone, True)


def test_numbers_keep_the_digits_they_have() -> None:
    assert [exact(value).text for value in (0.5, -1.25, 3.0, 1234.567891)] == [
        "0.5",
        "−1.25",
        "3",
        "1,234.567891",
    ]


def test_stacked_bars_are_as_high_as_their_parts() -> None:
    series = [
        Series(name="up", style="p0", values=(3.0, 0.0)),
        Series(name="more", style="p1", values=(1.0, -2.0)),
    ]
    svg = stacked(series, [(0.0, "09:30")], "parts")
    heights = [float(piece.split('height="')[1].split('"')[0]) for piece in svg.split("<rect")[1:4]]
    assert heights[0] == pytest.approx(3 * heights[1], rel=0.01)
    assert heights[2] == pytest.approx(2 * heights[1], rel=0.01)


def test_drawings_of_nothing_are_drawings() -> None:
    empty = Series(name="none", style="p0", values=())
    for svg in (
        stacked([empty], [], "a"),
        lines([empty], [], "b"),
        bars([], "c"),
        timeline([Lane(name="d")], [], "d"),
    ):
        assert svg.startswith("<svg")
        assert "nan" not in svg
