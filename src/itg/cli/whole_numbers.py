"""Whole numbers of the command line are taken as they are written."""

from collections.abc import Sequence
from typing import get_args

from cyclopts import App, ArgumentCollection, CoercionError


def refuse_fractions(app: App, commands: Sequence[str], arguments: ArgumentCollection) -> None:
    """Refuse `7.5` where a whole number is asked for, which would be rounded without a word."""
    del app, commands
    for argument in arguments:
        if int not in (argument.hint, *get_args(argument.hint)):
            continue
        for token in argument.tokens:
            if "." in token.value:
                raise CoercionError(argument=argument, token=token, target_type=int)
