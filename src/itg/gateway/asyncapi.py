"""AsyncAPI 3.0 of the socket, read from the same rows and Structs that the gateway serves.

The program is the application described: it receives requests and sends answers and pushes. One
WebSocket carries everything, so each channel of pushes stands beside the socket's own addresses
under the name that its pushes carry.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct, structs

from itg import __version__
from itg.gateway.openapi import Json
from itg.gateway.operations import Operation
from itg.wire.v1.channels import (
    ADDRESSES,
    CHANNELS,
    CLOSE_CODES,
    METHODS,
    PARAMETERS,
    PROMISES,
    ChannelRow,
    MethodRow,
    PushRow,
)
from itg.wire.v1.problems import Problem
from itg.wire.v1.socket import SUBPROTOCOL, Push

_REFERENCE = "#/components/schemas/{name}"
_MESSAGE = "#/components/messages/{name}"
_PROBLEM = "problem"
_SOCKET = "socket"
_ID: Json = {"type": ["integer", "string"], "description": "The client's choice."}
_SCHEMES = ("apiKey", "bearer", "ticket")
_INTRODUCTION = """\
One WebSocket, text frames of JSON, subprotocol `{subprotocol}`. A request
`{{"id", "method", "params"}}` is answered exactly once, by `{{"id", "result"}}` or by
`{{"id", "error"}}`; the error is the problem object of REST and its code is explained under
[/problems](/problems). A push is
`{{"channel", "type", "seq", "epoch", "ts_us", "game_us", "data"}}`; the messages of a channel below
are the types of its pushes. Prices and money are numbers in USD,
times integer microseconds UTC. Fields that do not stand here must be ignored. The REST interface is
shown at [/docs](/docs).

Addresses: {addresses}.

**Promises**

{promises}

**Close codes**

{close_codes}
"""


class _Method(Struct, frozen=True):
    """One method of the socket, whether REST has it too or not."""

    row: MethodRow
    tag: str


def asyncapi_document(operations: Iterable[Operation]) -> Json:
    """Return the document of the socket; `operations` are those it serves."""
    methods = [_of_operation(operation) for operation in operations]
    methods += [_Method(row, "connection") for row in METHODS]
    references, schemas = _schemas(methods)
    messages = _messages(methods, references, schemas)
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"gateway": _server()},
        "channels": {**_sockets(methods), **{_key(row.name): _channel(row) for row in CHANNELS}},
        "operations": {
            **{method.row.name: _request_operation(method) for method in methods},
            **{f"push.{_key(row.name)}": _push_operation(row) for row in CHANNELS},
            **{f"stream.{key}": _stream_operation(key) for key in _streams()},
        },
        "components": {
            "schemas": schemas,
            "messages": messages,
            "securitySchemes": _security_schemes(),
        },
    }


def _of_operation(operation: Operation) -> _Method:
    route = operation.route
    row = MethodRow(route.name, operation.params, route.result, route.summary)
    return _Method(row, route.path.split("/")[1])


def _info() -> Json:
    addresses = (
        f"`{path}`" + (f" (subscribed to {', '.join(f'`{c}`' for c in channels)})" * bool(channels))
        for path, channels in ADDRESSES.items()
    )
    introduction = _INTRODUCTION.format(
        subprotocol=SUBPROTOCOL,
        addresses=", ".join(addresses),
        promises="\n".join(f"{n}. {promise}" for n, promise in enumerate(PROMISES, start=1)),
        close_codes="\n".join(f"- `{code}` {meaning}" for code, meaning in CLOSE_CODES.items()),
    )
    return {
        "title": "Intern Trading Game: WebSocket",
        "version": __version__,
        "description": introduction,
        "license": {"name": "Apache-2.0"},
    }


def _server() -> Json:
    return {
        "host": "{host}",
        "protocol": "ws",
        "description": "The running program; wss behind a proxy that ends TLS.",
        "variables": {
            "host": {"default": "127.0.0.1:8000", "description": "Where the program listens."}
        },
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SCHEMES],
    }


def _security_schemes() -> Json:
    return {
        "apiKey": {
            "type": "httpApiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "The team's key.",
        },
        "bearer": {"type": "http", "scheme": "bearer", "description": "The team's key."},
        "ticket": {
            "type": "httpApiKey",
            "in": "query",
            "name": "ticket",
            "description": "For browsers: a ticket of POST /game/ws-tickets, good once, for 30 s.",
        },
    }


def _schemas(methods: Iterable[_Method]) -> tuple[dict[type[Struct], Json], dict[str, Json]]:
    kinds: list[type[Struct]] = [Problem, Push]
    for method in methods:
        kinds.extend((method.row.params, method.row.result))
    kinds.extend(push.data for row in CHANNELS for push in row.pushes)
    kinds = list(dict.fromkeys(kinds))
    references, schemas = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    return dict(zip(kinds, references, strict=True)), {
        name: as_draft_07(schema) for name, schema in schemas.items() if name != Push.__name__
    }


def as_draft_07(schema: Json) -> Json:
    """Return a schema in the dialect that AsyncAPI takes."""
    # AsyncAPI's own schemas are draft 7, where a tuple's places stand in `items`.
    draft = {name: _value_as_draft_07(value) for name, value in _tuples_renamed(schema).items()}
    discriminator = schema.get("discriminator")
    if isinstance(discriminator, dict):  # AsyncAPI names the property, and no mapping
        draft["discriminator"] = discriminator["propertyName"]
    return draft


def _value_as_draft_07(value: object) -> object:
    if isinstance(value, dict):
        return as_draft_07(value)
    if isinstance(value, list):
        return [_value_as_draft_07(item) for item in value]
    return value


def _tuples_renamed(schema: Json) -> Json:
    if "prefixItems" not in schema:
        return schema
    places = {"items": schema["prefixItems"], "additionalItems": schema.get("items", True)}
    return {name: value for name, value in schema.items() if name != "prefixItems"} | places


def _messages(
    methods: Iterable[_Method],
    references: Mapping[type[Struct], Json],
    schemas: Mapping[str, Json],
) -> Json:
    messages: Json = {_PROBLEM: _answer_message("The request was refused.", references[Problem])}
    for method in methods:
        row = method.row
        messages[_request_key(row)] = _request_message(row, references, schemas)
        messages[_answer_key(row)] = {
            **_result_message(row, references[row.result]),
            "tags": [{"name": method.tag}],
        }
    for channel in CHANNELS:
        for push in channel.pushes:
            messages[_push_key(channel, push)] = _push_message(channel, push, references)
    return messages


def _request_message(
    row: MethodRow, references: Mapping[type[Struct], Json], schemas: Mapping[str, Json]
) -> Json:
    takes = schemas[row.params.__name__]
    # Params of which none must be there may be left out as a whole.
    required = ["id", "method", *(["params"] if takes.get("required") else [])]
    properties = {"id": _ID, "method": {"const": row.name}, "params": references[row.params]}
    return {
        "name": f"{row.name} request",
        "title": f"{row.name}: request",
        "summary": row.summary,
        "correlationId": {"location": "$message.payload#/id"},
        "payload": {
            "type": "object",
            "required": required,
            "properties": properties,
            "additionalProperties": False,
        },
    }


def _result_message(row: MethodRow, result: Json) -> Json:
    properties: Json = {"id": _ID, "result": result}
    return {
        "name": f"{row.name} answer",
        "title": f"{row.name}: answer",
        "summary": "The request was served.",
        "correlationId": {"location": "$message.payload#/id"},
        "payload": {"type": "object", "required": ["id", "result"], "properties": properties},
    }


def _answer_message(summary: str, problem: Json) -> Json:
    properties = {"id": {**_ID, "type": ["integer", "string", "null"]}, "error": problem}
    return {
        "name": _PROBLEM,
        "title": "Any method: error",
        "summary": f"{summary} `id` is null if the frame could not be read.",
        "correlationId": {"location": "$message.payload#/id"},
        "payload": {"type": "object", "required": ["id", "error"], "properties": properties},
    }


def _push_message(
    channel: ChannelRow, push: PushRow, references: Mapping[type[Struct], Json]
) -> Json:
    named: Json = {"type": "string", "pattern": _pattern(channel.name)}
    properties: Json = {
        "channel": named if "{" in channel.name else {"const": channel.name},
        "type": {"const": push.name},
        "seq": {"type": "integer", "description": "Never skips within channel and epoch."},
        "epoch": {"type": "integer"},
        "ts_us": {"type": "integer", "description": "Wall time of the commit."},
        "game_us": {"type": "integer", "description": "Game time of the fact."},
        "data": references[push.data],
        "conflated": {"type": "boolean", "default": False},
        "first_seq": {
            "type": "integer",
            "description": "The first publication that a conflated frame stands for.",
        },
    }
    fields = structs.fields(Push)
    assert {field.name for field in fields} == set(properties), "every field of a push is described"
    return {
        "name": push.name,
        "title": f"{channel.name}: {push.name}",
        "summary": push.summary,
        "payload": {
            "type": "object",
            "required": [field.name for field in fields if field.required],
            "properties": properties,
        },
    }


def _sockets(methods: Iterable[_Method]) -> Json:
    keys = [
        key for method in methods for key in (_request_key(method.row), _answer_key(method.row))
    ]
    socket = {
        "address": "/ws",
        "title": "Requests and their answers",
        "messages": _of_components([*keys, _PROBLEM]),
    }
    return {_SOCKET: socket, **{key: _stream(key) for key in _streams()}}


def _streams() -> dict[str, str]:
    return {path.strip("/").replace("/", "."): path for path, rows in ADDRESSES.items() if rows}


def _stream(key: str) -> Json:
    path = _streams()[key]
    channels = ADDRESSES[path]
    pushes = [
        _push_key(row, push) for row in CHANNELS if row.name in channels for push in row.pushes
    ]
    names = ", ".join(f"`{name}`" for name in channels)
    return {
        "address": path,
        "title": f"The socket, subscribed to {names}",
        "description": f"The same socket as `/ws`, subscribed to {names} from the start.",
        "messages": _of_components(pushes),
    }


def _channel(row: ChannelRow) -> Json:
    names = re.findall(r"{(\w+)}", row.name)
    described = {name: {"description": PARAMETERS[name]} for name in names}
    return {
        "address": row.name,
        "title": row.name,
        "description": row.summary,
        "messages": _of_components([_push_key(row, push) for push in row.pushes]),
        **({"parameters": described} if described else {}),
    }


def _request_operation(method: _Method) -> Json:
    row = method.row
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{_SOCKET}"},
        "title": row.name,
        "summary": row.summary,
        "tags": [{"name": method.tag}],
        "messages": [_of_channel(_SOCKET, _request_key(row))],
        "reply": {
            "channel": {"$ref": f"#/channels/{_SOCKET}"},
            "messages": [_of_channel(_SOCKET, key) for key in (_answer_key(row), _PROBLEM)],
        },
    }


def _push_operation(row: ChannelRow) -> Json:
    key = _key(row.name)
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{key}"},
        "title": row.name,
        "tags": [{"name": "pushes"}],
        "messages": [_of_channel(key, _push_key(row, push)) for push in row.pushes],
    }


def _stream_operation(key: str) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{key}"},
        "title": _streams()[key],
        "tags": [{"name": "pushes"}],
    }


def _key(channel: str) -> str:
    return re.sub(r"\.{\w+}", "", channel)


def _pattern(channel: str) -> str:
    return "^" + re.sub(r"{\w+}", ".+", channel.replace(".", r"\.")) + "$"


def _request_key(row: MethodRow) -> str:
    return f"{row.name}.request"


def _answer_key(row: MethodRow) -> str:
    return f"{row.name}.answer"


def _push_key(channel: ChannelRow, push: PushRow) -> str:
    return f"{_key(channel.name)}.{push.name}"


def _of_components(keys: Iterable[str]) -> Json:
    return {key: {"$ref": _MESSAGE.format(name=key)} for key in keys}


def _of_channel(channel: str, key: str) -> Json:
    return {"$ref": f"#/channels/{channel}/messages/{key}"}
