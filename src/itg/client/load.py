"""Loads a bot from a file."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from inspect import isabstract
from pathlib import Path
from types import ModuleType

from itg.client.bot import Bot
from itg.client.errors import BotFileError

MODULE = "bot_file"


def load_bot(file: Path | str) -> type[Bot]:
    """Return the one Bot class that a Python file defines; raise `BotFileError` saying what lacks.

    The file is run, as a script would be; files beside it can be imported.
    """
    path = Path(file).resolve()
    if not path.is_file():
        raise BotFileError(f"{file}: no such file")
    module = _run(path)
    found = [
        member
        for member in vars(module).values()
        if isinstance(member, type) and issubclass(member, Bot) and member.__module__ == MODULE
    ]
    # A class that another one of the file builds on is a part, not the bot.
    bots = [bot for bot in found if not any(o is not bot and issubclass(o, bot) for o in found)]
    bots = [bot for bot in bots if not isabstract(bot)]
    if not bots:
        raise BotFileError(f"{file}: no class here subclasses itg.client.Bot; write one")
    if len(bots) > 1:
        names = ", ".join(bot.__name__ for bot in bots)
        raise BotFileError(f"{file}: several bots ({names}); keep one per file")
    return bots[0]


def _run(path: Path) -> ModuleType:
    spec = spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise BotFileError(f"{path}: not a Python file; its name should end in .py")
    module = module_from_spec(spec)
    sys.modules[MODULE] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise BotFileError(f"{path}: line {error.lineno}: {error.msg}") from error
    finally:
        sys.path.remove(str(path.parent))
    return module
