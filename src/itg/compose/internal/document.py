"""OpenAPI 3.1 of a node's internal port, read from its services' queries."""

from collections.abc import Iterable

import msgspec

from itg import __version__
from itg.adapters.http_carrier import LINK_PATH, PRESENCE_PATH
from itg.compose.internal.events import LIMIT, EventPage
from itg.compose.internal.health import Health, StateHash
from itg.compose.internal.questions import Told, queries_of
from itg.compose.internal.refusing import Refusal
from itg.kernel.messages import Query, Reply
from itg.runtime.link import all_replies
from itg.runtime.presence import Present
from itg.runtime.service import Service

# JSON: the document is data, not objects of ours.
Json = dict[str, object]
_REFERENCE = "#/components/schemas/{name}"
_JSON = "application/json"
_NUMBER: Json = {"type": "integer", "minimum": 0}


def document(node: str, services: Iterable[Service]) -> Json:
    """Return the document of the port of `node`, which runs `services`."""
    queries = queries_of(services)
    asked = [kind for kinds in queries.values() for kind in kinds.values()]
    own = [EventPage, Health, StateHash, Told, Refusal, Present]
    replies = [reply for kind in asked for reply in _replies(kind)]
    kinds: list[type] = list(dict.fromkeys([*own, *asked, *replies]))
    references, schemas = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    schema_of: dict[type, Json] = dict(zip(kinds, references, strict=True))
    paths: dict[str, Json] = {
        "/internal/events": _events(schema_of[EventPage], schema_of[Refusal]),
        "/internal/health": _read("health", Health.__doc__, schema_of[Health]),
        "/internal/state": _read("state", StateHash.__doc__, schema_of[StateHash]),
        "/internal/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "The pump's numbers, for Prometheus.",
                "responses": {"200": _content("The numbers", {"type": "string"}, "text/plain")},
            }
        },
    }
    paths |= _calls(schema_of[Present], schema_of[Refusal])
    for service, kinds_of in queries.items():
        for name, kind in kinds_of.items():
            paths[f"/{service}/{name}"] = _question(service, kind, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Intern Trading Game: node {node}",
            "version": __version__,
            "description": "What a node tells its neighbours and those who keep it. "
            "Prices and money are integers as the services have them, times nanoseconds. "
            "Who asks has the token in the game's directory.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _replies(kind: type[Query]) -> list[type[Reply]]:
    # Which of them a query has is the service's own business: any of its contract's.
    contract = ".".join(kind.__module__.split(".")[:3])
    return [reply for reply in all_replies() if f"{reply.__module__}.".startswith(f"{contract}.")]


def _question(service: str, kind: type[Query], schema_of: dict[type, Json]) -> Json:
    told: Json = {
        "allOf": [
            schema_of[Told],
            {"properties": {"reply": {"anyOf": [schema_of[reply] for reply in _replies(kind)]}}},
        ]
    }
    return {
        "post": {
            "operationId": f"{service}_{kind.__name__}",
            "summary": (kind.__doc__ or "").split("\n")[0],
            "tags": [service],
            "requestBody": {"content": {_JSON: {"schema": schema_of[kind]}}},
            "responses": {
                "200": _content("The reply", told),
                "400": _content("A field that cannot be", schema_of[Refusal]),
            },
        }
    }


def _events(page: Json, refusal: Json) -> Json:
    return {
        "get": {
            "operationId": "events",
            "summary": "The node's own events after a number, oldest first.",
            "parameters": [
                _parameter("after", {**_NUMBER, "default": 0}),
                _parameter("shard", _NUMBER),
                _parameter("limit", {**_NUMBER, "minimum": 1, "maximum": LIMIT, "default": LIMIT}),
            ],
            "responses": {
                "200": _content("A page", page),
                "400": _content("A field that cannot be", refusal),
            },
        }
    }


def _calls(present: Json, refusal: Json) -> dict[str, Json]:
    body: Json = {
        "content": {"application/msgpack": {"schema": {"type": "string", "format": "binary"}}}
    }
    return {
        LINK_PATH: {
            "post": {
                "operationId": "link",
                "summary": "What other processes of the game send, where the bus carries no calls.",
                "requestBody": body,
                "responses": {
                    "204": {"description": "Taken"},
                    "400": _content("It is no list of pairs of subject and bytes", refusal),
                },
            }
        },
        PRESENCE_PATH: _read("presence", Present.__doc__, present),
    }


def _read(name: str, told: str | None, schema: Json) -> Json:
    summary = (told or "").split("\n")[0]
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {"200": _content(summary, schema)},
        }
    }


def _parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _content(description: str, schema: Json, media_type: str = _JSON) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}
