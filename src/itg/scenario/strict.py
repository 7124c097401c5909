"""A parsed file into a Scenario; whatever is unknown or wrong is named with its place."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import msgspec
from msgspec import inspect, structs

from itg.kernel.errors import ConfigurationError
from itg.scenario.model import Scenario
from itg.scenario.nearest import nearest

KIND = "kind"
# The root of msgspec's paths: `$.market.step_ms`.
_ROOT = " - at `$"


def scenario_of(tables: Mapping[str, object]) -> Scenario:
    """Return the scenario, or raise `ConfigurationError` naming the first wrong key."""
    for complaint in complaints_of(tables):
        raise ConfigurationError(complaint)
    return msgspec.convert(tables, Scenario)


def complaints_of(tables: Mapping[str, object]) -> Iterator[str]:
    """Yield every key that is unknown, missing or wrong, unknown ones first."""
    root = inspect.type_info(Scenario)
    yield from _unknown(tables, root, "")
    yield from _wrong(tables, root, "")


# -- unknown keys -------------------------------------------------------------


def _unknown(value: object, kind: inspect.Type, place: str) -> Iterator[str]:
    table = _table_of(value, kind)
    if table is not None and isinstance(value, Mapping):
        yield from _unknown_in_table(value, table, place)
    elif isinstance(kind, inspect.UnionType):
        yield from _unknown_kind(value, kind, place)
    else:
        yield from chain.from_iterable(
            _unknown(entry, item, f"{place}[{n}]") for n, entry, item in _entries(value, kind)
        )


def _unknown_kind(value: object, union: inspect.UnionType, place: str) -> Iterator[str]:
    tags = [str(table.tag) for table in _tables(union) if table.tag is not None]
    if not isinstance(value, Mapping) or not tags:
        return
    chosen = value.get(KIND)
    if chosen is None:
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
        if name in fields:
            yield from _unknown(entry, fields[name], _under(place, name))
        elif name not in known:
            where = f"table [{place}]" if place else "the file"
            cure = "" if place else _home_of(name, fields)
            yield f"unknown key `{name}` in {where}{cure or nearest(name, known)}"


def _home_of(name: str, fields: Mapping[str, inspect.Type]) -> str:
    # Written above the tables instead of in one: the commonest slip.
    for table_name, kind in fields.items():
        if any(name == f.encode_name for table in _tables(kind) for f in table.fields):
            return f"; it is a key of table [{table_name}]"
    return ""


# -- missing and wrong keys ---------------------------------------------------


def _wrong(value: object, kind: inspect.Type, place: str) -> Iterator[str]:
    table = _table_of(value, kind)
    if table is not None and isinstance(value, Mapping):
        yield from _wrong_in_table(value, table, place)
        return
    for n, entry, item in _entries(value, kind):
        yield from _wrong(entry, item, f"{place}[{n}]")


def _wrong_in_table(
    value: Mapping[object, object], table: inspect.StructType, place: str
) -> Iterator[str]:
    hints = {field.encode_name: field.type for field in structs.fields(table.cls)}
    for field in table.fields:
        name = field.encode_name
        if name in value:
            yield from _wrong_value(value[name], field, hints[name], _under(place, name))
        elif field.required:
            where = f"table [{place}]" if place else "the file"
            yield f"{where} misses the key `{name}`"


def _wrong_value(value: object, field: inspect.Field, hint: type, place: str) -> Iterator[str]:
    # The tables inside speak for themselves: of an array of tables, each wrong key is told.
    inside = [*_wrong(value, field.type, place)]
    if inside:
        yield from inside
        return
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(_ROOT)
        # An unknown key or kind was told already, in better words.
        if not [*_unknown(value, field.type, place)]:
            yield f"{place}{path.rstrip('`')}: {problem}"


# -- the shape of the model ---------------------------------------------------


def _table_of(value: object, kind: inspect.Type) -> inspect.StructType | None:
    tables = _tables(kind)
    if not isinstance(value, Mapping) or not tables:
        return None
    if tables[0].tag is None:
        return tables[0]
    return next((table for table in tables if table.tag == value.get(KIND)), None)


def _tables(kind: inspect.Type) -> list[inspect.StructType]:
    kind = kind.type if isinstance(kind, inspect.Metadata) else kind
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return [each for each in kinds if isinstance(each, inspect.StructType)]


def _entries(value: object, kind: inspect.Type) -> Iterator[tuple[int, object, inspect.Type]]:
    kind = kind.type if isinstance(kind, inspect.Metadata) else kind
    if isinstance(kind, inspect.VarTupleType) and isinstance(value, Sequence):
        for n, entry in enumerate(value):
            yield n, entry, kind.item_type


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
