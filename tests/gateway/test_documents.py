"""The reference pages list exactly what the program has."""

import re
from pathlib import Path

import pytest
from tools import api

from itg.gateway.problems import REASONS
from itg.gateway.routes.table import OPERATIONS
from itg.kernel.words import Activation
from itg.translate import explaining
from itg.wire.v1.channels import METHODS

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
WRITTEN = (
    "openapi.json",
    "asyncapi.json",
    "bus.asyncapi.json",
    "bus.md",
    "internal.openapi.json",
    "nats-permissions.conf",
    "problems.md",
    "read-models.md",
    "scenario.schema.json",
    "services.md",
    "settings.md",
    "websocket.md",
)


def test_the_page_of_problems_lists_every_code_with_its_status_and_hint() -> None:
    reasons = sorted(REASONS.values(), key=lambda reason: (reason.status, reason.code))
    rows = [f"| `{reason.code}` | {reason.status} | {reason.hint} |" for reason in reasons]
    table = ["", "| code | status | what to do |", "|---|---|---|", *rows, ""]
    assert between("problems.md", "codes") == table


def test_the_page_of_rest_lists_every_operation() -> None:
    rows = [
        f"| `{route.name}` | `{route.method} {route.path}` | {scope_of(route.scope)} | "
        f"{route.summary} |"
        for route in (operation.route for operation in OPERATIONS)
    ]
    table = ["", "| name | request | scope | |", "|---|---|---|---|", *rows, ""]
    assert between("rest.md", "operations") == table


def test_the_page_of_the_socket_names_every_read() -> None:
    page = (REFERENCE / "websocket.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", page))
    methods = {operation.route.name for operation in OPERATIONS if operation.route.on_socket}
    assert methods <= named
    assert all(f"| `{row.name}` |" in page for row in METHODS)


def test_the_page_of_rest_lists_what_explanations_say() -> None:
    told = set(re.findall(r"`([a-z_]+)…?`", "\n".join(between("rest.md", "explanations"))))
    source = Path(explaining.__file__).read_text(encoding="utf-8")
    whole = set(re.findall(r'code="([a-z_]+)"|\("(filled_[a-z_]+)"', source))
    codes = {code or fill for code, fill in whole}
    codes |= {f"activated_{activation.value}" for activation in Activation}
    assert told - {"cancel_reason"} == codes | {"canceled_", "phase_"}


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return api.written()


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_committed_is_what_the_program_says(name: str, written: dict[str, str]) -> None:
    assert written.keys() == set(WRITTEN)
    committed = (REFERENCE / name).read_text(encoding="utf-8")
    assert committed == written[name], "run `make api` and commit what it writes"


def test_the_page_has_the_types_of_what_the_program_sends() -> None:
    assert api.WIRE_TYPES.read_text(encoding="utf-8") == api.page_types(), "run `make api`"


def scope_of(scope: object) -> str:
    return "" if scope is None else str(getattr(scope, "value", ""))


def between(page: str, mark: str) -> list[str]:
    """Return the lines between `<!-- mark -->` and the next `<!-- end -->`."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return text.partition(f"<!-- {mark} -->\n")[2].partition("<!-- end -->")[0].split("\n")[:-1]
