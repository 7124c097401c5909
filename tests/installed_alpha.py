"""The example's alpha model as an installer would leave it, entry point and all."""

import re
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "alpha"
MODULE = "mean_reversion"


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the example on the path for one test; drop `MODULE` from sys.modules afterwards."""
    text = (EXAMPLE / "pyproject.toml").read_text()
    points = re.search(r'\[project.entry-points."itg.alpha_models"\]\n(.*)', text, re.DOTALL)
    assert points is not None
    about = folder / f"{MODULE}-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mean-reversion\nVersion: 0.1.0\n")
    unquoted = points.group(1).replace('"', "")
    (about / "entry_points.txt").write_text(f"[itg.alpha_models]\n{unquoted}")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.syspath_prepend(str(EXAMPLE / "src"))
