"""The page of services: what each owns and does not own, takes, tells and answers.

Everything on it is read from the packages: their docstrings, the services' declarations, and the
first lines of the messages' own docstrings.
"""

import importlib
import re
import textwrap
from collections.abc import Sequence

from itg.compose.services import services_of
from itg.kernel.ids import Shard
from itg.kernel.messages import Command, Event
from itg.runtime.service import Service

WIDTH = 100
LISTS = re.compile(r"Owns: (?P<owns>.+?)\. Does not own: (?P<leaves>.+?)\.(?: (?P<more>.+))?$")


def services_page() -> str:
    """Return the whole page."""
    lines = [
        "# Services",
        "",
        *textwrap.wrap(
            "What each service owns, and its whole interface: the commands and events it takes, "
            "what it sends and tells, and the queries it answers. A service knows of another one "
            "its contract alone; a test of the repository fails on any other import, and a message "
            "that is not on this page ends the run. [Who hears what](routing.md) is the same by "
            "message. Written by `make api` from the packages.",
            WIDTH,
        ),
    ]
    for service in services_of([Shard(0)]):
        lines += section(service)
    return "\n".join(lines) + "\n"


def section(service: Service) -> list[str]:
    package = importlib.import_module(f"itg.{service.name}")
    text = " ".join((package.__doc__ or "").split())
    first, _, rest = text.partition(". ")
    told = LISTS.match(rest)
    assert told, f"itg.{service.name} does not say what it owns and what it does not own"
    taken = [kind for kind in service.accepts if issubclass(kind, Command)]
    heard = [kind for kind in service.accepts if issubclass(kind, Event)]
    sent = [kind for kind in service.emits if issubclass(kind, Command)]
    events = [kind for kind in service.emits if issubclass(kind, Event)]
    lines = ["", f"## {service.name}", "", *textwrap.wrap(f"{first}.", WIDTH)]
    lines += ["", f"Its words stand in `itg.{service.name}.contract`.", ""]
    lines += ["**Owns:**", "", *bullets(told["owns"]), ""]
    lines += ["**Does not own:**", "", *bullets(told["leaves"])]
    lines += ["", *textwrap.wrap(told["more"], WIDTH)] if told["more"] else []
    lines += table("command it takes", taken) + table("event it hears", heard)
    lines += table("command it sends", sent) + table("event it tells", events)
    return lines + table("query it answers", service.answers)


def bullets(text: str) -> list[str]:
    """Return the items of a list in words, one a line; commas in parentheses divide nothing."""
    items = re.split(r", (?![^(]*\))", text)
    return [f"- {item.removeprefix('and ')}" for item in items]


def table(title: str, kinds: Sequence[type]) -> list[str]:
    if not kinds:
        return []
    rows = [f"| `{kind.__name__}` | {owner(kind)} | {first_line(kind)} |" for kind in kinds]
    return ["", f"| {title} | of | |", "|---|---|---|", *sorted(rows)]


def owner(kind: type) -> str:
    """Return the package in whose contract a message stands."""
    return kind.__module__.split(".")[1]


def first_line(kind: type) -> str:
    text = (kind.__doc__ or "").strip()
    assert text, f"{kind.__name__} has no docstring"
    return " ".join(text.split("\n\n")[0].split()).replace("|", r"\|")
