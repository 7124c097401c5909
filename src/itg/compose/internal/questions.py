"""The queries of a node's services over HTTP: `POST /positions/GetPositions`, fields as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, ValidationError
from msgspec.json import decode
from msgspec.structs import fields as fields_of

from itg.compose.internal.refusing import RefusedError
from itg.kernel.ids import Seq
from itg.kernel.messages import Query
from itg.runtime.service import Service


class Told(Struct, frozen=True, kw_only=True):
    """What a service answers: the class of its reply, the reply, and the number it is as of."""

    as_of: Seq
    kind: str
    reply: Any  # of the class that `kind` names


def queries_of(services: Iterable[Service]) -> dict[str, dict[str, type[Query]]]:
    """Return by a service's name, then by their own, the queries it answers."""
    found: dict[str, dict[str, type[Query]]] = {}
    for service in services:
        found.setdefault(service.name, {}).update((kind.__name__, kind) for kind in service.answers)
    return found


def query_of(kind: type[Query], body: bytes, services: Sequence[Service]) -> Query:
    """Return the query a body has the fields of; `RefusedError` names the one that is wrong."""
    name, known = kind.__name__, [field.encode_name for field in fields_of(kind)]
    try:
        given = decode(body or b"{}", type=dict[str, object])
        unknown = sorted(set(given) - set(known))
        if unknown:
            there = ", ".join(known) or "none"
            raise RefusedError(400, f"{name}: no field {unknown[0]}; there are: {there}")
        query = decode(body or b"{}", type=kind)
    except ValidationError as error:
        raise RefusedError(400, f"{name}: {error}") from None
    except ValueError as error:
        raise RefusedError(400, f"{name}: the body is no JSON object: {error}") from None
    _assert_here(query, services)
    return query


def _assert_here(query: Query, services: Sequence[Service]) -> None:
    shard = getattr(query, "shard", None)
    here = sorted(s.shard for s in services if type(query) in s.answers and s.shard is not None)
    if shard is not None and here and shard not in here:
        told = ", ".join(map(str, here))
        raise RefusedError(400, f"{type(query).__name__}: shard {shard} is not here; here: {told}")


def named(queries: Mapping[str, Mapping[str, type[Query]]], service: str, name: str) -> type[Query]:
    """Return a query's class; `RefusedError` says what there is."""
    of_service = queries.get(service)
    if of_service is None:
        raise RefusedError(404, f"no service {service} here; here: {', '.join(queries)}")
    if name not in of_service:
        raise RefusedError(404, f"{service} answers no {name}; it answers {', '.join(of_service)}")
    return of_service[name]
