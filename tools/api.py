"""Write, or check, the documents of both interfaces and the tables that are read from the program.

    python -m tools.api write   # the documents, the scenario's schema, parts of the pages
    python -m tools.api check   # fail on what breaks clients of the last release

What is written stands under docs/reference and is committed; a test says that it equals what the
program serves. A release copies the two documents into docs/reference/released.
"""

import json
import sys
import textwrap
from pathlib import Path

import msgspec
from tools.api_changes import asyncapi_changes, openapi_changes
from tools.bus_api import bus_document, permissions, subject_table
from tools.read_models_page import read_models_page
from tools.services_page import services_page
from tools.settings_page import settings_page
from tools.wire_types import wire_types

from itg.compose.internal import document
from itg.compose.services import services_of
from itg.gateway.asyncapi import asyncapi_document
from itg.gateway.openapi import openapi_document
from itg.gateway.problem_texts import problem_texts
from itg.gateway.problems import REASONS, title_of
from itg.gateway.routes.table import BY_NAME, OPERATIONS
from itg.kernel.ids import Shard
from itg.scenario import json_schema
from itg.wire.v1.channels import CHANNELS, CLOSE_CODES, PROMISES

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
RELEASED = REFERENCE / "released"
WIRE_TYPES = ROOT / "frontend" / "src" / "wire.ts"
COMPARE = {"openapi.json": openapi_changes, "asyncapi.json": asyncapi_changes}
WIDTH = 100


def main() -> int:
    match sys.argv[1:]:
        case ["write"]:
            for name, text in written().items():
                (REFERENCE / name).write_text(text, encoding="utf-8")
            WIRE_TYPES.write_text(page_types(), encoding="utf-8")
            return 0
        case ["check"]:
            broken = [name for name in COMPARE if breaks(name)]
            return int(bool(broken))
        case _:
            print(__doc__)
            return 2


def written() -> dict[str, str]:
    """Return every generated file of docs/reference with the content it should have."""
    return {
        **documents(),
        "bus.asyncapi.json": _formatted(bus_document()),
        "internal.openapi.json": _formatted(document("of all services", services_of([Shard(0)]))),
        "nats-permissions.conf": permissions(),
        "bus.md": with_parts("bus.md", {"subjects": subject_table()}),
        "services.md": services_page(),
        "settings.md": settings_page(),
        "read-models.md": read_models_page(),
        "scenario.schema.json": json.dumps(json_schema(), indent=2) + "\n",
        "problems.md": with_parts(
            "problems.md",
            {"codes": code_table(), "explained": code_sections(), "earlier": earlier_table()},
        ),
        "websocket.md": with_parts(
            "websocket.md",
            {"channels": channel_table(), "promises": promises(), "close codes": close_codes()},
        ),
    }


def documents() -> dict[str, str]:
    made = {
        "openapi.json": openapi_document(OPERATIONS),
        "asyncapi.json": asyncapi_document(BY_NAME.values()),
    }
    return {name: _formatted(document) for name, document in made.items()}


def page_types() -> str:
    """Return the page's module of types as it should be."""
    return wire_types([openapi_document(OPERATIONS), asyncapi_document(BY_NAME.values())])


def _formatted(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def breaks(name: str) -> bool:
    """Print what breaks clients of the last release, and say whether anything does."""
    baseline = RELEASED / name
    if not baseline.exists():
        print(f"{name}: no release to compare with yet")
        return False
    changes = COMPARE[name](
        msgspec.json.decode(baseline.read_bytes()), msgspec.json.decode(documents()[name])
    )
    for change in changes:
        print(f"{name}: {change}")
    return bool(changes)


def with_parts(page: str, parts: dict[str, list[str]]) -> str:
    """Return a page with the lines between each `<!-- mark -->` and `<!-- end -->` replaced."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    for mark, lines in parts.items():
        before, opening, rest = text.partition(f"<!-- {mark} -->\n")
        _, closing, after = rest.partition("<!-- end -->")
        assert closing, f"{page} has no part {mark}"
        body = "\n".join(["", *lines, "", ""])
        text = f"{before}{opening}{body}{closing}{after}"
    return text


def code_table() -> list[str]:
    reasons = sorted(REASONS.values(), key=lambda reason: (reason.status, reason.code))
    rows = [f"| `{reason.code}` | {reason.status} | {reason.hint} |" for reason in reasons]
    return ["| code | status | what to do |", "|---|---|---|", *rows]


def code_sections() -> list[str]:
    texts = problem_texts()
    lines: list[str] = []
    for code in sorted(REASONS):
        text = texts.codes[code]
        example = msgspec.json.format(msgspec.json.encode(texts.example(code)), indent=2).decode()
        lines += [f"### {code}", "", f"{title_of(code)}, {REASONS[code].status}.", ""]
        lines += [*wrapped(text.means), "", *wrapped(text.cure), ""]
        lines += ["```json", *example.split("\n"), "```", ""]
    return lines[:-1]


def earlier_table() -> list[str]:
    rows = []
    for earlier in problem_texts().earlier:
        here = ", ".join(f"`{code}`" for code in earlier.here)
        rows.append(f"| `{earlier.code}` | {here} | {earlier.note} |")
    return ["| earlier code | here | |", "|---|---|---|", *rows]


def channel_table() -> list[str]:
    rows = []
    for channel in CHANNELS:
        rows.append(f"| `{channel.name}` | | | {channel.summary} |")
        rows += [
            f"| | `{push.name}` | `{push.data.__name__}` | {push.summary} |"
            for push in channel.pushes
        ]
    return ["| channel | type | data | |", "|---|---|---|---|", *rows]


def promises() -> list[str]:
    lines: list[str] = []
    for number, promise in enumerate(PROMISES, start=1):
        lines += wrapped(promise, f"{number}. ")
    return lines


def close_codes() -> list[str]:
    rows = [f"| {code} | {meaning} |" for code, meaning in CLOSE_CODES.items()]
    return ["| close code | meaning |", "|---|---|", *rows]


def wrapped(text: str, bullet: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    raise SystemExit(main())
