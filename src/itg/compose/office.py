"""What the process that plays a game knows of its machine, data and scenario, for its gateway."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from msgspec import Struct
from msgspec.structs import fields

from itg.compose.backup import default_place
from itg.compose.game_settings import SoloSettings
from itg.compose.models import model_faults
from itg.compose.new_games import make_beside
from itg.compose.preflight.game import Subject, backup_row, commitment_row, demand_of
from itg.compose.preflight.machine import machine_rows
from itg.compose.preflight.rows import Row
from itg.compose.preflight.server import pars_row, team_rows
from itg.kernel.times import to_micros
from itg.runtime.clock import SystemClock
from itg.scenario import available, load
from itg.scenario.faults import faults_of
from itg.scenario.files import purpose_of, resolve
from itg.scenario.model import Scenario
from itg.wire.v1.operating import (
    ConnectionsBody,
    PreflightRowBody,
    ScenarioCheckBody,
    ScenarioNameBody,
    ScenarioTableBody,
)
from itg.wire.v1.preparing import NewGameBody, NewGameRequest

_TOP = "scenario"
# Whoever knows the seed knows every die to come; the reveal tells it when the game is over.
_UNTOLD = frozenset({"seed"})


class LocalOffice:
    """The office of a game that this process plays."""

    def __init__(self, settings: SoloSettings) -> None:
        place = default_place(settings.data) if settings.backups is None else settings.backups.to
        self._scenario = settings.scenario
        self._subject = Subject(data=settings.data, backups=place, scenario=settings.scenario)

    def preflight(self, connections: ConnectionsBody, pars: int) -> Sequence[PreflightRowBody]:
        subject = self._subject
        demand, zone = demand_of(subject)
        rows = [
            *machine_rows(subject.data, demand, zone),
            commitment_row(subject),
            backup_row(subject, to_micros(SystemClock().wall_ns())),
            *team_rows(connections, None),
            pars_row(pars),
        ]
        return [_row_body(each) for each in rows]

    def tables(self) -> Sequence[ScenarioTableBody]:
        return tables_of(resolve(self._scenario).tables)

    def shipped(self) -> Sequence[ScenarioNameBody]:
        return [ScenarioNameBody(scenario=name, purpose=purpose_of(name)) for name in available()]

    def check(self, scenario: str) -> ScenarioCheckBody | None:
        if scenario not in available():  # a path would have any file read
            return None
        faults = faults_of(scenario)
        create = None if faults else load(scenario)
        faults += () if create is None else model_faults(create)
        return ScenarioCheckBody(
            scenario=scenario,
            purpose=purpose_of(scenario),
            scenario_hash=None if create is None or faults else create.scenario_hash,
            faults=faults,
            tables=tables_of(resolve(scenario).tables),
        )

    def prepare(self, ask: NewGameRequest) -> NewGameBody:
        return make_beside(self._subject.data, ask)


def tables_of(tables: Mapping[str, object]) -> list[ScenarioTableBody]:
    """Return a scenario's tables in the file's order with what the model says of each."""
    return list(_rows("", tables, _meanings()))


def _row_body(each: Row) -> PreflightRowBody:
    return PreflightRowBody(
        name=each.name, status=each.status, found=each.found, advice=each.advice
    )


def _rows(
    name: str, table: Mapping[str, object], meanings: Mapping[str, str]
) -> Iterator[ScenarioTableBody]:
    plain = {key: value for key, value in table.items() if not _tables_in(value)}
    if plain:
        yield ScenarioTableBody(
            table=name or _TOP,
            meaning=meanings.get(f"{_unnumbered(name)}={table.get('kind')}")
            or meanings.get(_unnumbered(name), ""),
            settings={key: _shown(value) for key, value in plain.items() if key not in _UNTOLD},
        )
    prefix = f"{name}." if name else ""
    for key, value in table.items():
        inner = _tables_in(value)
        for number, row in enumerate(inner, start=1):
            count = f" {number}" if isinstance(value, list) else ""
            yield from _rows(f"{prefix}{key}{count}", row, meanings)


def _tables_in(value: object) -> list[dict[str, object]]:
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, dict)]


def _unnumbered(name: str) -> str:
    return ".".join(part.partition(" ")[0] for part in name.split("."))


def _shown(value: object) -> str:
    if isinstance(value, list | dict | bool | int | float):
        return json.dumps(value, default=str, ensure_ascii=False)
    return str(value)  # a text, a day or a time of day


def _meanings() -> dict[str, str]:
    found = {"": _sentence(Scenario)}
    _gather(found, "", Scenario)
    return found


def _gather(found: dict[str, str], prefix: str, of: type[Struct]) -> None:
    # By the path of a table in the file; where several kinds go, by path and kind too.
    for each in fields(of):
        path = f"{prefix}{each.encode_name}"
        for kind in _structs_in(each.type):
            found.setdefault(path, _sentence(kind))
            found[f"{path}={kind.__struct_config__.tag}"] = _sentence(kind)
            _gather(found, f"{path}.", kind)


def _structs_in(kind: object) -> Iterator[type[Struct]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
    for inner in get_args(kind):
        yield from _structs_in(inner)


def _sentence(kind: type[Struct]) -> str:
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
