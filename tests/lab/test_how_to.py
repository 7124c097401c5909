"""The page's code runs as it stands."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "play-in-the-lab.md"


def test_the_page_s_code_steps_a_game() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    seen = names["seen"]
    assert isinstance(seen, dict)
    assert seen["TeamRegistered"] == 2
    assert seen["RoundStarted"] == 1
