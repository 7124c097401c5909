"""A game is played without the extras: what needs one is loaded when it is asked for."""

import subprocess
import sys

import pytest

EXTRAS = (
    "alembic",
    "confluent_kafka",
    "matplotlib",
    "nats",
    "opentelemetry",
    "polars",
    "psycopg",
    "rstream",
    "sqlalchemy",
    "typst",
)
WITHOUT = "import sys; sys.modules.update(dict.fromkeys({extras!r})); import {module}"


@pytest.mark.parametrize(
    "module",
    ["itg.cli", "itg.cli.serving", "itg.compose.solo", "itg.compose.demo", "itg.compose.lab"],
)
def test_what_plays_a_game_loads_without_any_extra(module: str) -> None:
    program = WITHOUT.format(extras=EXTRAS, module=module)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510
    assert ended.returncode == 0, ended.stderr
