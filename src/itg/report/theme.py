"""Colours and styles: blue for gains, orange for losses, each with a glyph beside it.

Text has a contrast of at least 4.5 to 1 against its ground in both themes; a test computes it.
"""

from collections.abc import Mapping
from typing import Final

LIGHT: Final = {
    "ground": "#ffffff",
    "text": "#1b1f24",
    "quiet": "#57606a",
    "edge": "#d0d7de",
    "shade": "#f3f5f8",
    "blue": "#0b5cad",
    "orange": "#a8460a",
}
DARK: Final = {
    "ground": "#14171c",
    "text": "#e6e9ed",
    "quiet": "#a3adb8",
    "edge": "#3a424c",
    "shade": "#1d2229",
    "blue": "#79b8ff",
    "orange": "#ffab70",
}
# The parts of the P&L in their order; told apart by lightness too. Fees and the residual are grays.
PARTS_LIGHT: Final = (
    *("#0b5cad", "#a8460a", "#4d9de0", "#e0a458", "#083459"),
    *("#8a929b", "#454c54"),
)
PARTS_DARK: Final = (
    *("#79b8ff", "#ffab70", "#2f78c4", "#b8662a", "#c3e0ff"),
    *("#7d8792", "#cdd4db"),
)
_FONT: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
_PAGE: Final = """
*{box-sizing:border-box}
body{margin:0 auto;padding:24px;max-width:1120px;background:var(--ground);color:var(--text);
font:15px/1.5 FONT}
h1{font-size:26px;margin:0}h2{font-size:20px;margin:40px 0 4px;padding-top:12px;
border-top:2px solid var(--edge)}
header p,.lead,figcaption,caption,footer{color:var(--quiet)}
.lead{margin:0 0 12px;max-width:75ch}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:10px;margin:18px 0}
dl div{background:var(--shade);border:1px solid var(--edge);border-radius:6px;padding:8px 12px}
dt{font-size:13px;color:var(--quiet)}dd{margin:0;font-size:17px;font-variant-numeric:tabular-nums;
white-space:nowrap}
nav ol{display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:0;list-style:none}
a{color:var(--blue)}
.wide{overflow-x:auto;margin:14px 0 22px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption,figcaption{text-align:left;font-weight:600;padding:4px 0}
th,td{padding:4px 8px;text-align:left;vertical-align:top;border-bottom:1px solid var(--edge)}
th{background:var(--shade);font-weight:600}
.many table{font-size:12.5px}.many th,.many td{padding:4px 6px}td:first-child{white-space:nowrap}
td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.total td{font-weight:700;border-top:2px solid var(--text)}
.none{color:var(--quiet)}
figure{margin:18px 0;overflow-x:auto}
svg{display:block;width:100%;min-width:600px;height:auto;font-family:FONT}
.gain{color:var(--blue)}.loss{color:var(--orange)}
@page{margin:15mm}
@media print{body{padding:0;max-width:none;font-size:11px}table{font-size:10px}nav{display:none}
h2,caption,figcaption{break-after:avoid}tr,figure,dl{break-inside:avoid}.wide,figure{overflow:visible}
svg{min-width:0}}
"""


def styles() -> str:
    """Return a page's style sheet, both themes and paper in it."""
    return (
        f":root{{color-scheme:light dark;{_variables(LIGHT, PARTS_LIGHT)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK, PARTS_DARK)}}}}}"
        + _PAGE.replace("FONT", _FONT)
        + drawing_styles({name: f"var(--{name})" for name in (*LIGHT, *_part_names())})
    )


def drawing_styles(colors: Mapping[str, str]) -> str:
    """Return the classes of drawings in these colours."""
    filled = ("blue", "orange", *_part_names())
    fills = "".join(f"svg .{name}{{fill:{colors[name]}}}" for name in filled)
    strokes = "".join(f"svg .line.{name}{{stroke:{colors[name]};fill:none}}" for name in filled)
    return (
        f"svg .t{{fill:{colors['text']};font-size:12px}}"
        f"svg .grid{{stroke:{colors['edge']};stroke-width:1}}"
        f"svg .axis{{stroke:{colors['text']};stroke-width:1}}"
        f"{fills}svg .line{{stroke-width:2}}{strokes}"
    )


def paper() -> dict[str, str]:
    """Return the light theme's colours by name, those of the parts too."""
    return {**LIGHT, **dict(zip(_part_names(), PARTS_LIGHT, strict=True))}


def _part_names() -> tuple[str, ...]:
    return tuple(f"p{at}" for at in range(len(PARTS_LIGHT)))


def _variables(theme: Mapping[str, str], parts: tuple[str, ...]) -> str:
    named = {**theme, **dict(zip(_part_names(), parts, strict=True))}
    return "".join(f"--{name}:{color};" for name, color in named.items())
