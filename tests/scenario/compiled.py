"""Scenarios as tests want them: compiled, and their commands by kind."""

from pathlib import Path
from typing import TypeVar

from msgspec import msgpack

from itg import scenario
from itg.game.asking import Setup
from itg.game.contract import CreateGame
from itg.kernel.messages import Command
from itg.news.contract import ConfigureNews
from itg.signals.contract import ConfigureSignals

C = TypeVar("C")


def compiled(folder: Path, text: str, base: str | None = "classic") -> CreateGame:
    file = folder / "mine.toml"
    extends = "" if base is None else f'extends = "{base}"\n'
    file.write_text(extends + text, encoding="utf-8")
    return scenario.load(str(file))


def setup_of(game: CreateGame) -> list[Command]:
    kind = Setup | ConfigureNews | ConfigureSignals
    return [msgpack.decode(raw, type=kind) for raw in game.setup]


def of(kind: type[C], game: CreateGame) -> list[C]:
    return [command for command in setup_of(game) if isinstance(command, kind)]


def the(kind: type[C], game: CreateGame) -> C:
    (command,) = of(kind, game)
    return command
