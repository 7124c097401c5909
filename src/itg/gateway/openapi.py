"""OpenAPI 3.1, read from the operations: paths from their routes, schemas from their Structs."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from itg import __version__
from itg.gateway.operations import Operation
from itg.wire.v1.problems import Problem

# JSON: the document is data, not objects of ours.
Json = dict[str, object]
_REFERENCE = "#/components/schemas/{name}"
_SECURITY: list[object] = [{"apiKey": []}, {"bearer": []}]
# What any operation may answer besides its own result; the codes stand under /problems.
_PROBLEM_STATUSES = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 501, 503, 504)


def openapi_document(operations: Iterable[Operation]) -> Json:
    """Return the document of all operations."""
    rows = list(operations)
    kinds: list[type[Struct]] = [Problem]
    for row in rows:
        kinds.extend((row.params, row.route.result))
        if row.body is not None:
            kinds.append(row.body)
    kinds = list(dict.fromkeys(kinds))
    references, schemas = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    schema_of = dict(zip(kinds, references, strict=True))
    paths: dict[str, Json] = {}
    for row in rows:
        path = paths.setdefault(row.route.path, {})
        path[row.route.method.lower()] = _operation(row, schema_of, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Intern Trading Game",
            "version": __version__,
            "description": "Prices and money are numbers in USD, times integer microseconds UTC. "
            "Every path is also served under /v1. Every error is a problem of RFC 9457; its code "
            "is explained under [/problems](/problems). The WebSocket is described at "
            "[/docs/ws](/docs/ws).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": _SECURITY,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(
    row: Operation, schema_of: dict[type[Struct], Json], schemas: dict[str, Json]
) -> Json:
    route = row.route
    document: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.path.split("/")[1]],
        "parameters": _parameters(row, schemas),
        "responses": _responses(row, schema_of),
    }
    if route.scope is None:
        document["security"] = []
    if row.body is not None:
        schema = schema_of[row.body]
        document["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return document


def _parameters(row: Operation, schemas: dict[str, Json]) -> list[Json]:
    properties = schemas[row.params.__name__]["properties"]
    assert isinstance(properties, dict)
    names = [*row.route.path_fields]
    if not row.has_body:
        names += [name for name in properties if name not in names]
    return [
        {
            "name": name,
            "in": "path" if name in row.route.path_fields else "query",
            "required": name in row.route.path_fields,
            "schema": properties[name],
        }
        for name in names
    ]


def _responses(row: Operation, schema_of: dict[type[Struct], Json]) -> Json:
    result = schema_of[row.route.result]
    problem = schema_of[Problem]
    responses: Json = {
        str(row.route.status): {
            "description": row.route.summary,
            "content": {kind: {"schema": result} for kind in row.route.media_types},
        }
    }
    if row.route.has_etag:
        responses["304"] = {"description": "Unchanged since the ETag in `If-None-Match`."}
    for status in _PROBLEM_STATUSES:
        responses[str(status)] = {
            "description": "A problem; its code says which.",
            "content": {"application/problem+json": {"schema": problem}},
        }
    return responses
