"""The page of settings: every flag of every command, its variable, and every key of a scenario.

Flags are read from the command line's own table, keys from the scenario's schema. What only the
environment says stands here, and a test holds it against the source.
"""

import inspect
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cyclopts import App, Argument
from tools.scenario_keys import Key, keys_of

from itg.cli import app
from itg.scenario import json_schema

# Variables that no flag stands for: who reads them, what holds without them, what they say.
ENVIRONMENT_ALONE = (
    ("ITG_LOG", "every command", "`text`", "`json`: log lines on standard error as JSON"),
    (
        "ITG_BUS_CA",
        "`serve`, `gateway`, `node`, `up` with a bus at `tls://`",
        "the system's authorities",
        "file of the authority that signed the bus's certificate",
    ),
    (
        *("ITG_BUS", "`ps`", "none"),
        "the same as `--nats`, where `itg up` runs nothing on the directory",
    ),
    (
        *("ITG_POSTGRES", "every command that reads a journal kept there", "none"),
        "the database's URL; without it such a game is refused by its directory's name",
    ),
    ("XDG_CACHE_HOME", "`score par`", "`~/.cache`", "where played sessions are kept"),
    ("CI", "`demo`", "not set", "set: no browser is opened"),
    ("DISPLAY", "`demo` on Linux", "none", "a screen is there, on which a browser may be opened"),
    ("WAYLAND_DISPLAY", "`demo` on Linux", "none", "the same"),
    ("OTEL_SDK_DISABLED", "`serve`, `gateway`", "`false`", "`true`: no spans, whatever the share"),
    (
        *("OTEL_EXPORTER_OTLP_PROTOCOL", "`serve`, `gateway`", "`http/protobuf`"),
        "how spans leave; another one is refused",
    ),
    (
        *("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "`serve`, `gateway`", "`http/protobuf`"),
        "the same",
    ),
    (
        *("PGPASSWORD", "what opens a database", "none"),
        "the password of a URL that has none; it is kept out of the log",
    ),
)
INTRODUCTION = """\
# Settings

A process is set by flags, a game by its scenario. Written by `make api` from the command line and
the scenario's schema.

- A flag wins over its variable, the variable over the default. A password belongs into the
  variable: a command line is seen by everybody on the machine.
- An unknown flag, an unknown key of a scenario and a value out of range are refused before anything
  starts, with the nearest name there is. Of `ITG_…` no variable is read that is not on this page;
  the database's driver and the exporter of spans know their own `PG…` and `OTEL_…` besides.
- Every service of a game is set by its scenario, which is compiled into the command that creates
  the game. Where services stand on nodes of their own, the others find it there: nothing of a
  service is set on a command line.
- Bounds of the gateway, the pump and the calls between processes are no settings: [calls between
  processes](services.md#calls-between-processes) has their numbers.
"""
KEYS = """\
What each means: [scenario files](scenario.md). What must be given, must be where its table is.
`[]` stands for each entry of a list, `NAME` for a name of yours, and a word in parentheses for the
table's `kind`."""


class Flag(NamedTuple):
    """One flag or argument of a command."""

    command: str
    names: tuple[str, ...]
    variables: tuple[str, ...]
    default: str
    meaning: str


def settings_page() -> str:
    """Return the whole page."""
    flags = list(flags_of(app))
    lines = [*INTRODUCTION.splitlines(), "", "## Environment", "", *_environment(flags)]
    lines += ["", "## Flags"]
    for command in dict.fromkeys(flag.command for flag in flags):
        lines += ["", f"### `itg {command}`", "", *_flag_rows(flags, command)]
    lines += ["", "## Keys of a scenario", ""]
    lines += [*KEYS.splitlines(), ""]
    lines += ["| key | default | values |", "|---|---|---|"]
    return "\n".join([*lines, *map(_key_row, keys_of(json_schema()))]) + "\n"


def flags_of(group: App, words: tuple[str, ...] = ()) -> Iterator[Flag]:
    """Yield every flag of every command that is shown, in the order of the commands' names."""
    for name in sorted(name for name in group if not name.startswith("-")):
        command = group[name]
        if not command.show:
            continue
        path = (*words, name)
        if command.default_command is not None:
            yield from (
                _flag(" ".join(path), argument)
                for argument in command.assemble_argument_collection()
                if not any(name.startswith("*") for name in argument.names)
            )
        yield from flags_of(command, path)


def _flag(command: str, argument: Argument) -> Flag:
    default = argument.field_info.default
    needed = argument.required or default is inspect.Parameter.empty
    told = "must be given" if needed else _default(default)
    variables = tuple(argument.parameter.env_var or ())
    meaning = argument.parameter.help or ""
    return Flag(command, tuple(argument.names), variables, told, meaning)


def _default(value: object) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"`{value}`"


def _environment(flags: list[Flag]) -> list[str]:
    by_variable: dict[str, list[Flag]] = {}
    for flag in flags:
        for variable in flag.variables:
            by_variable.setdefault(variable, []).append(flag)
    rows = [_row(*alone) for alone in ENVIRONMENT_ALONE]
    for variable, given in by_variable.items():
        commands = _listed(f"`{flag.command}`" for flag in given)
        told = _listed(f"`{flag.names[0]}`" for flag in given)
        defaults = _listed(flag.default for flag in given)
        rows.append(_row(variable, commands, defaults, f"the same as {told}"))
    return ["| variable | read by | default | meaning |", "|---|---|---|---|", *sorted(rows)]


def _flag_rows(flags: list[Flag], command: str) -> list[str]:
    rows = ["| flag | variable | default | meaning |", "|---|---|---|---|"]
    for flag in flags:
        if flag.command == command:
            names = _listed(f"`{name}`" for name in flag.names)
            variables = _listed(f"`{name}`" for name in flag.variables)
            rows.append(f"| {names} | {variables} | {flag.default} | {flag.meaning} |")
    return rows


def _key_row(key: Key) -> str:
    return f"| `{key.path}` | {key.default} | {key.values} |"


def _row(variable: str, *cells: str) -> str:
    return f"| `{variable}` | {' | '.join(cells)} |"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
