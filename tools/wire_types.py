"""TypeScript types of everything the interfaces send and take, for the page.

They come from the same Structs as OpenAPI and AsyncAPI, by way of those documents' schemas.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_REF = "#/components/schemas/"
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_HEAD = "// Generated from the interfaces' documents by `make api`. Do not edit.\n"


def wire_types(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return a module with one exported type per schema, in order of their names."""
    schemas: dict[str, Mapping[str, Any]] = {}
    for document in documents:
        schemas.update(document["components"]["schemas"])
    return _HEAD + "".join(_declared(name, schemas[name]) for name in sorted(schemas))


def _declared(name: str, schema: Mapping[str, Any]) -> str:
    described, name = schema.get("description", ""), _named(name)
    comment = f"\n/** {' '.join(described.split())} */\n" if described else "\n"
    if "properties" in schema:
        return f"{comment}export interface {name} {{\n{''.join(_fields(schema))}}}\n"
    return f"{comment}export type {name} = {_typed(schema)};\n"


def _named(schema: str) -> str:
    # Two Structs of one name are told apart by their modules: itg.wire.v1.market.BustPush.
    *modules, name = schema.split(".")
    return f"{modules[-1].title()}{name}" if modules else name


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, of in schema["properties"].items():
        key = name if _IDENTIFIER.fullmatch(name) else f'"{name}"'
        yield f"  {key}{'' if name in required else '?'}: {_typed(of)};\n"


def _typed(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _named(str(schema["$ref"]).removeprefix(_REF))
    if "const" in schema:
        return _literal(schema["const"])
    if "enum" in schema:
        return " | ".join(map(_literal, schema["enum"]))
    for many in ("anyOf", "oneOf"):
        if many in schema:
            return " | ".join(dict.fromkeys(map(_typed, schema[many])))
    return _of_kind(schema)


def _of_kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if kind == "null":
        return "null"
    if kind == "array":
        items = schema.get("items", {})
        # OpenAPI 3.1 and AsyncAPI's draft 7 each have a way of their own to say "tuple".
        each = schema.get("prefixItems", items if isinstance(items, list) else None)
        return f"[{', '.join(map(_typed, each))}]" if each else f"({_typed(items)})[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        inner = _typed(values) if isinstance(values, Mapping) else "unknown"
        return f"Record<string, {inner}>"
    return _PLAIN.get(str(kind), "unknown")


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
