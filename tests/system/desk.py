"""An organizer at a terminal: the command line, called as `itg` is, and what it printed."""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple

from tests.system.server import Server

from itg.cli import app, exits


def itg(*words: str) -> int:
    """Run a command and return its exit code."""
    code = app(list(words), exit_on_error=False)
    assert isinstance(code, int)
    return code


class Called(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    said: str
    complained: str


def called(*words: str) -> Called:
    """Run a command and keep what it prints."""
    said, complained = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(complained):
        code = itg(*words)
    return Called(code, said.getvalue(), complained.getvalue())


class Desk:
    """The organizer of one server; what was printed is read with `said` and `complained`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.said = self.complained = ""

    def __call__(self, *words: str) -> int:
        at = ("--url", self.server.url, "--data", str(self.server.data))
        code, self.said, self.complained = called(*words, *at)
        return code

    def do(self, *words: str) -> str:
        """Run a command that has to succeed; return what it printed."""
        assert self(*words) == exits.DONE, (words, self.complained)
        return self.said

    def read(self, *words: str) -> object:
        """Return what a command prints as JSON."""
        return json.loads(self.do(*words, "--json"))

    def phase(self) -> str:
        """Return the market's phase."""
        state = self.read("game", "status")
        assert isinstance(state, dict)
        phase = state["time"]["phase"]
        assert isinstance(phase, str)
        return phase
