"""A parsed file into a Scenario; whatever is unknown or wrong is named with its place."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import msgspec
from msgspec import inspect

from itg.kernel.errors import ConfigurationError
from itg.scenario.model import Scenario
from itg.scenario.nearest import nearest

KIND = "kind"
# The root of msgspec's paths: `$.market.step_ms`.
_ROOT = " - at `$"


def scenario_of(tables: Mapping[str, object]) -> Scenario:
    """Return the scenario, or raise `ConfigurationError` naming the first wrong key."""
    for complaint in _unknown(tables, inspect.type_info(Scenario), ""):
        raise ConfigurationError(complaint)
    try:
        return msgspec.convert(tables, Scenario)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_placed(str(error))) from error


def _unknown(value: object, kind: inspect.Type, place: str) -> Iterator[str]:
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    match kind:
        case inspect.UnionType():
            yield from _unknown_in_union(value, kind, place)
        case inspect.StructType() if isinstance(value, Mapping):
            yield from _unknown_in_table(value, kind, place)
        case inspect.VarTupleType() if isinstance(value, Sequence):
            entries = enumerate(value)
            yield from chain.from_iterable(
                _unknown(entry, kind.item_type, f"{place}[{n}]") for n, entry in entries
            )
        case _:
            return


def _unknown_in_union(value: object, union: inspect.UnionType, place: str) -> Iterator[str]:
    tables = [kind for kind in union.types if isinstance(kind, inspect.StructType)]
    if not isinstance(value, Mapping) or not tables:
        return
    tags = [str(table.tag) for table in tables if table.tag is not None]
    if not tags:
        yield from _unknown(value, tables[0], place)
        return
    chosen = value.get(KIND)
    table = next((table for table in tables if table.tag == chosen), None)
    if table is not None:
        yield from _unknown_in_table(value, table, place)
    elif chosen is None:
        yield f"{place} needs the key `{KIND}`; known: {', '.join(tags)}"
    else:
        yield f"{place}.{KIND}: no kind {chosen!r}{nearest(str(chosen), tags)}"


def _unknown_in_table(
    value: Mapping[object, object], table: inspect.StructType, place: str
) -> Iterator[str]:
    fields = {field.encode_name: field.type for field in table.fields}
    known = [*fields] if table.tag is None else [KIND, *fields]
    for key, entry in value.items():
        name = str(key)
        path = f"{place}.{name}" if place else name
        if name in fields:
            yield from _unknown(entry, fields[name], path)
        elif name not in known:
            where = f"table [{place}]" if place else "the file"
            yield f"unknown key `{name}` in {where}{nearest(name, known)}"


def _placed(message: str) -> str:
    problem, _, path = message.partition(_ROOT)
    place = path.strip("`.")
    return f"{place}: {problem}" if place else problem
