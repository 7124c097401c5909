"""What of a change of the OpenAPI or AsyncAPI document breaks a client of the older one.

A client sends what the older document allows and reads what it promises. So in what is *sent* to
the server nothing may be taken away or newly demanded, and in what is *read* from it nothing may go
missing and no field may take a type it did not have. Everything may be added: paths, messages,
fields, words of an enum; clients ignore what they do not know.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

Json = dict[str, Any]
METHODS = ("get", "put", "post", "patch", "delete")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


class Way(Enum):
    SENT = "sent"
    READ = "read"


class Side(NamedTuple):
    """A schema and the document its references lead into."""

    schema: Json
    document: Json

    def at(self, schema: Json) -> "Side":
        return Side(schema, self.document)


def openapi_changes(old: Json, new: Json) -> list[str]:
    """Return what breaks, one line each."""
    lines: list[str] = []
    for path, operations in old["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            where = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                lines.append(f"{where} is gone")
                continue
            lines += parameter_changes((operations[method], old), (after, new), where)
            lines += body_changes((operations[method], old), (after, new), where)
            lines += response_changes((operations[method], old), (after, new), where)
    return lines


def parameter_changes(old: tuple[Json, Json], new: tuple[Json, Json], where: str) -> Iterator[str]:
    before, after = (
        {(row["in"], row["name"]): row for row in operation.get("parameters", ())}
        for operation, _ in (old, new)
    )
    for key, row in before.items():
        name = f"{where} {key[0]} {key[1]}"
        if key not in after:
            yield f"{name} is gone"
            continue
        sides = Side(row["schema"], old[1]), Side(after[key]["schema"], new[1])
        yield from schema_changes(*sides, name, Way.SENT)
    for key, row in after.items():
        if row.get("required") and not before.get(key, {}).get("required"):
            yield f"{where} {key[0]} {key[1]} is required now"


def body_changes(old: tuple[Json, Json], new: tuple[Json, Json], where: str) -> Iterator[str]:
    before, after = (operation.get("requestBody") for operation, _ in (old, new))
    if before is None:
        if after is not None and after.get("required"):
            yield f"{where} needs a body now"
        return
    if after is None:
        yield f"{where} takes no body any more"
        return
    for media, row in before["content"].items():
        if media not in after["content"]:
            yield f"{where} takes no {media} any more"
            continue
        sides = Side(row["schema"], old[1]), Side(after["content"][media]["schema"], new[1])
        yield from schema_changes(*sides, f"{where} body", Way.SENT)


def response_changes(old: tuple[Json, Json], new: tuple[Json, Json], where: str) -> Iterator[str]:
    for status, row in old[0]["responses"].items():
        after = new[0]["responses"].get(status)
        if after is None:
            yield f"{where} does not answer {status} any more"
            continue
        for media, content in row.get("content", {}).items():
            if media not in after.get("content", {}):
                yield f"{where} {status} is no {media} any more"
                continue
            sides = Side(content["schema"], old[1]), Side(after["content"][media]["schema"], new[1])
            yield from schema_changes(*sides, f"{where} {status}", Way.READ)


def asyncapi_changes(old: Json, new: Json) -> list[str]:
    """Return what breaks, one line each."""
    lines: list[str] = []
    addresses = {row["address"]: row for row in new["channels"].values()}
    for row in old["channels"].values():
        after = addresses.get(row["address"])
        if after is None:
            lines.append(f"channel {row['address']} is gone")
            continue
        gone = row.get("messages", {}).keys() - after.get("messages", {}).keys()
        lines += [f"channel {row['address']} has no {name} any more" for name in sorted(gone)]
    gone = old["operations"].keys() - new["operations"].keys()
    lines += [f"operation {name} is gone" for name in sorted(gone)]
    sent = sent_messages(old)
    for name, message in old["components"]["messages"].items():
        after = new["components"]["messages"].get(name)
        if after is not None:
            way = Way.SENT if name in sent else Way.READ
            sides = Side(message["payload"], old), Side(after["payload"], new)
            lines += schema_changes(*sides, name, way)
    return lines


def sent_messages(document: Json) -> set[str]:
    """Return the messages that clients send: those that the program receives."""
    return {
        message["$ref"].rsplit("/", 1)[-1]
        for operation in document["operations"].values()
        if operation["action"] == "receive"
        for message in operation.get("messages", ())
    }


def schema_changes(old: Side, new: Side, where: str, way: Way) -> Iterator[str]:
    """Yield what breaks between two schemas of one thing."""
    before, after = alternatives(old), alternatives(new)
    yield from type_changes(before, after, where, way)
    yield from word_changes(before, after, where, way)
    if way is Way.SENT:
        yield from bound_changes(before, after, where)
    for kind, compare in (("object", object_changes), ("array", item_changes)):
        first, second = (
            next((side for side in sides if kind in types_of(side.schema)), None)
            for sides in (before, after)
        )
        if first is not None and second is not None:
            yield from compare(first, second, where, way)


def alternatives(side: Side) -> list[Side]:
    """Return the schemas any of which a value may follow, references resolved."""
    schema = side.schema
    if "$ref" in schema:
        part: Any = side.document
        for place in schema["$ref"].removeprefix("#/").split("/"):
            part = part[place]
        return alternatives(side.at(part))
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices is None:
        return [side]
    return [found for choice in choices for found in alternatives(side.at(choice))]


def types_of(schema: Json) -> set[str]:
    named = schema.get("type")
    if isinstance(named, str):
        return {named}
    if named is not None:
        return set(named)
    return {KINDS[type(word)] for word in words_of(schema) or ()}


def words_of(schema: Json) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def type_changes(before: list[Side], after: list[Side], where: str, way: Way) -> Iterator[str]:
    old, new = (set().union(*(types_of(s.schema) for s in sides)) for sides in (before, after))
    for kinds in (old, new):
        if "number" in kinds:
            kinds.add("integer")
    # Without a type anything goes.
    if not old or not new:
        if (way is Way.SENT and new) or (way is Way.READ and old):
            yield f"{where} had {named(old)} and has {named(new)}"
        return
    lost, gained = old - new, new - old
    if way is Way.READ:
        lost -= {"null"}  # what is always there now surprises nobody
    if lost:
        yield f"{where} is no {named(lost)} any more"
    if gained and way is Way.READ:
        yield f"{where} may be {named(gained)} now"


def named(kinds: set[str]) -> str:
    return ", ".join(sorted(kinds)) or "any type"


def word_changes(before: list[Side], after: list[Side], where: str, way: Way) -> Iterator[str]:
    old, new = (
        [word for side in sides for word in words_of(side.schema) or ()]
        for sides in (before, after)
    )
    if new:
        for word in old:
            if word not in new:
                yield f"{where} has no {word!r} any more"
        if not old and way is Way.SENT:
            yield f"{where} has words of its own now: {', '.join(map(repr, new))}"


def bound_changes(before: list[Side], after: list[Side], where: str) -> Iterator[str]:
    for first, second in zip(before, after, strict=False):
        for names, sign in ((UPPER, 1), (LOWER, -1)):
            for name in names:
                old, new = first.schema.get(name), second.schema.get(name)
                if new is not None and (old is None or sign * new < sign * old):
                    yield f"{where} has {name} {new} now"
        if second.schema.get("pattern") not in (None, first.schema.get("pattern")):
            yield f"{where} has another pattern now"


def object_changes(old: Side, new: Side, where: str, way: Way) -> Iterator[str]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    demanded, promised = (set(side.schema.get("required", ())) for side in (new, old))
    for name, schema in before.items():
        place = f"{where}.{name}"
        if name not in after:
            yield f"{place} is gone"
            continue
        yield from schema_changes(old.at(schema), new.at(after[name]), place, way)
    if way is Way.SENT:
        for name in sorted(demanded - promised):
            yield f"{where}.{name} is required now"
    else:
        for name in sorted((promised - demanded) & after.keys()):
            yield f"{where}.{name} may be missing now"
    extra = [side.schema.get("additionalProperties") for side in (old, new)]
    if isinstance(extra[0], dict) and isinstance(extra[1], dict):
        yield from schema_changes(old.at(extra[0]), new.at(extra[1]), f"{where}.*", way)


def item_changes(old: Side, new: Side, where: str, way: Way) -> Iterator[str]:
    places = [side.schema.get("prefixItems", side.schema.get("items")) for side in (old, new)]
    if isinstance(places[0], list) and isinstance(places[1], list):
        if len(places[0]) != len(places[1]):
            yield f"{where} has {len(places[1])} places, not {len(places[0])}"
        pairs = list(zip(*places, strict=False))
        for index, (before, after) in enumerate(pairs):
            yield from schema_changes(old.at(before), new.at(after), f"{where}[{index}]", way)
    elif isinstance(places[0], dict) and isinstance(places[1], dict):
        yield from schema_changes(old.at(places[0]), new.at(places[1]), f"{where}[]", way)
