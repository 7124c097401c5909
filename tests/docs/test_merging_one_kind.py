"""Two people who each add a reject code and a route merge without a conflict, documents too."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.docs.applying import Tree

pytestmark = [pytest.mark.gate, pytest.mark.timeout(600)]

REASONS = "src/itg/positions/contract/reasons.py"
EXPORTS = "src/itg/positions/contract/__init__.py"
TEXTS = "src/itg/gateway/static/problems.toml"
ROUTES = "src/itg/gateway/routes"
TABLE = f"{ROUTES}/table.py"
PAGE = "docs/reference/rest.md"
SUMMARY = "Read the table once more."
REASON = """

{code} = RejectReason(
    code="{code}", hint="Read the rules and try again."
)
"""
TEXT = """
[{code}]
means = "The rule that is added here does not let this pass."
cure = "Read the rules and try again."
example = {{ instance = "/exchange/orders", detail = "Read the rules and try again." }}
"""
ROUTE = '''"""One more read."""

from itg.gateway.calls import Call, done
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless
from itg.translate.news import headline_table
from itg.wire.v1.news import HeadlineTableBody


def _tell(gateway: Gateway, call: Call) -> None:
    call.reply(gateway.as_of(call, done(headline_table(gateway.directory.headlines))))


OPERATIONS: tuple[Operation, ...] = (
    parameterless(
        Route(
            name="{module}.table",
            method="GET",
            path="/{module}/table",
            summary="{summary}",
            result=HeadlineTableBody,
            on_socket=False,
        ),
        _tell,
    ),
)
'''


class Addition(NamedTuple):
    """A code after the one before it by name, and a module of routes after another."""

    code: str
    after_code: str
    module: str
    after_module: str
    after_row: str  # of the page of requests: the last row of the module before


ONE = Addition(
    *("INSTRUMENT_NOT_YET_LISTED", "INSTRUMENT_NOT_ALLOWED"),
    *("novelties", "messages", "admin.message"),
)
OTHER = Addition("LOSS_STOP_NEAR", "LOSS_STOP_REACHED", "forecasts", "events", "events.replay")
# Where ONE stands too: nobody can say which of the two comes first.
BESIDE_ONE = ONE._replace(code="INSTRUMENT_NOT_YOURS", module="nearby")


class Repository(Tree):
    """A copy of the source with a history."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("the source")

    def git(self, *words: str, is_refused: bool = False) -> str:
        name = ("-c", "user.name=A person", "-c", "user.email=person@example.org")
        done = subprocess.run(
            ["git", *name, *words], cwd=self.place, capture_output=True, text=True, check=False
        )
        assert bool(done.returncode) == is_refused, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def branch(self, addition: Addition, *, is_written: bool = True) -> str:
        """Make a branch off main with an addition and what the program writes of it."""
        name = addition.module
        self.git("switch", "--quiet", "--create", name, "main")
        code, like = addition.code, addition.after_code
        self._after_block(REASONS, f"{like} = RejectReason(", "\n)\n", REASON.format(code=code))
        self._after_line(EXPORTS, f"    {like},\n", f"    {code},\n")
        self._after_line(EXPORTS, f'    "{like}",\n', f'    "{code}",\n')
        self._after_block(TEXTS, f"[{like}]\n", "\n\n", TEXT.format(code=code)[1:] + "\n")
        route = ROUTE.format(module=name, summary=SUMMARY)
        (self.place / ROUTES / f"{name}.py").write_text(route, encoding="utf-8")
        self._after_line(TABLE, f"    {addition.after_module},\n", f"    {name},\n")
        rows = f"    *{addition.after_module}.OPERATIONS,\n"
        self._after_line(TABLE, rows, f"    *{name}.OPERATIONS,\n")
        row = f"| `{name}.table` | `GET /{name}/table` | read | {SUMMARY} |\n"
        self._after_block(PAGE, f"| `{addition.after_row}` |", "\n", row)
        if is_written:
            self.run("tools.api", "write")
        self.commit(f"{name}: a code and a route")
        return name

    def _after_line(self, file: str, line: str, added: str) -> None:
        self._after_block(file, line, "", added)

    def _after_block(self, file: str, begins: str, ends: str, added: str) -> None:
        path = self.place / file
        text = path.read_text(encoding="utf-8")
        assert text.count(begins) == 1, f"{file}: {begins!r}"
        at = text.index(ends, text.index(begins) + len(begins)) + len(ends)
        path.write_text(text[:at] + added + text[at:], encoding="utf-8")


def test_two_who_add_a_code_and_a_route_each_merge_and_what_is_generated_is_right(
    tmp_path: Path,
) -> None:
    repository = Repository(tmp_path)
    one, other = map(repository.branch, (ONE, OTHER))
    beside = repository.branch(BESIDE_ONE, is_written=False)
    repository.git("switch", "--quiet", one)
    repository.git("merge", "--no-edit", other)
    tested = ("-n0", "-p", "no:randomly", "-p", "no:cacheprovider")
    repository.run("pytest", "-q", *tested, "tests/gateway/test_documents.py")
    served = (
        "from itg.gateway.problems import REASONS\n"
        "from itg.gateway.routes.table import OPERATIONS\n"
        f"assert {{{ONE.code!r}, {OTHER.code!r}}} <= REASONS.keys()\n"
        f"assert {{'{one}.table', '{other}.table'}} <= {{row.route.name for row in OPERATIONS}}\n"
    )
    (tmp_path / "served.py").write_text(served, encoding="utf-8")
    repository.run("served")
    told = repository.git("merge", "--no-edit", beside, is_refused=True)
    assert f"CONFLICT (content): Merge conflict in {REASONS}" in told
