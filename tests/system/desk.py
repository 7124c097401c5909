"""An organizer at a terminal: the command line, called as `itg` is, and what it printed."""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

from tests.system.server import Server

from itg.cli import app, exits


def itg(*words: str) -> int:
    """Run a command and return its exit code."""
    code = app(list(words), exit_on_error=False)
    assert isinstance(code, int)
    return code


class Desk:
    """The organizer of one server; what was printed is read with `said` and `complained`."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.said = self.complained = ""

    def __call__(self, *words: str) -> int:
        said, complained = StringIO(), StringIO()
        with redirect_stdout(said), redirect_stderr(complained):
            code = itg(*words, "--url", self.server.url, "--data", str(self.server.data))
        self.said, self.complained = said.getvalue(), complained.getvalue()
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
