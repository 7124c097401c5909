"""Every key of a scenario by its path, from the scenario's JSON Schema."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]
_UNION = "anyOf"


class Key(NamedTuple):
    """One key: where it stands, what holds without it, what it may be."""

    path: str
    default: str
    values: str


def keys_of(schema: Schema) -> Iterator[Key]:
    """Yield every key in the schema's order; `[]` stands for each entry of a list.

    A table of several kinds is given once for each: `session(civil).weekdays`.
    """
    definitions: dict[str, Schema] = schema["$defs"]
    yield from _keys(_resolved(schema, definitions), definitions, "")


def _keys(table: Schema, definitions: dict[str, Schema], path: str) -> Iterator[Key]:
    for name, told in table.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        inner = list(_tables(told, definitions, place))
        if inner:
            for where, one in inner:
                yield from _keys(one, definitions, where)
        else:
            is_needed = name in table["required"]
            yield Key(place, _default(told, is_needed=is_needed), _values(told, definitions))


def _tables(
    told: Schema, definitions: dict[str, Schema], place: str
) -> Iterator[tuple[str, Schema]]:
    """Yield the tables that a key holds, each with its path; none for a plain value."""
    told = _resolved(told, definitions)
    if isinstance(told.get("items"), dict):
        yield from _tables(told["items"], definitions, f"{place}[]")
    elif "properties" in told:
        yield _with_kind(told, place), told
    elif isinstance(told.get("additionalProperties"), dict):
        yield from _tables(told["additionalProperties"], definitions, f"{place}.NAME")
    for one in told.get(_UNION, ()):
        yield from _tables(one, definitions, place)


def _with_kind(table: Schema, place: str) -> str:
    kinds = table["properties"].get("kind", {}).get("enum", ())
    return f"{place}({kinds[0]})" if len(kinds) == 1 else place


def _resolved(told: Schema, definitions: dict[str, Schema]) -> Schema:
    if "$ref" in told:
        return definitions[told["$ref"].rpartition("/")[2]]
    return told


def _default(told: Schema, *, is_needed: bool) -> str:
    if is_needed:
        return "must be given"
    if told.get("default") in (None, [], {}, ""):
        return "none"
    return f"`{json.dumps(told['default'], ensure_ascii=False)}`"


def _values(told: Schema, definitions: dict[str, Schema]) -> str:
    told = _resolved(told, definitions)
    if _UNION in told:
        every = [one for one in told[_UNION] if one.get("type") != "null"]
        return " or ".join(_values(one, definitions) for one in every)
    if "enum" in told:
        return ", ".join(f"`{word}`" for word in told["enum"])
    if "prefixItems" in told:
        return " and ".join(_values(one, definitions) for one in told["prefixItems"])
    if told.get("type") == "array":
        return f"list of {_values(told['items'], definitions)}"
    return f"{told.get('format', told.get('type', 'any'))}{_bounds(told)}"


def _bounds(told: Schema) -> str:
    words = (
        *(("exclusiveMinimum", "above"), ("minimum", "from")),
        *(("exclusiveMaximum", "below"), ("maximum", "to")),
    )
    found = [f"{word} {told[name]:,}" for name, word in words if name in told]
    return f", {' '.join(found)}" if found else ""
