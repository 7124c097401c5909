"""What breaks a client of the last release is told apart from what does not."""

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from tools import api
from tools.api_changes import Json, asyncapi_changes, openapi_changes

REQUEST = {
    "type": "object",
    "required": ["quantity"],
    "properties": {
        "quantity": {"type": "integer", "minimum": 0},
        "price": {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "side": {"enum": ["buy", "sell"]},
    },
}
ANSWER = {
    "type": "object",
    "required": ["order_id"],
    "properties": {
        "order_id": {"type": "integer"},
        "status": {"enum": ["working", "filled"]},
        "levels": {"type": "array", "items": {"$ref": "#/components/schemas/Level"}},
    },
}
LEVEL = {"type": "object", "properties": {"price": {"type": "number"}}}


def rest() -> Json:
    operation = {
        "parameters": [
            {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer"}}
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}},
        },
        "responses": {
            "200": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
            }
        },
    }
    schemas = {"Request": REQUEST, "Answer": ANSWER, "Level": LEVEL}
    document = {"paths": {"/orders": {"post": operation}}, "components": {"schemas": schemas}}
    return deepcopy(document)


def socket() -> Json:
    references = {name: {"$ref": f"#/components/messages/{name}"} for name in ("ask", "told")}
    document: Json = {
        "channels": {"socket": {"address": "/ws", "messages": references}},
        "operations": {
            "ask": {"action": "receive", "messages": [{"$ref": "#/channels/socket/messages/ask"}]},
            "push": {"action": "send", "messages": [{"$ref": "#/channels/socket/messages/told"}]},
        },
        "components": {"messages": {"ask": {"payload": REQUEST}, "told": {"payload": ANSWER}}},
    }
    document["components"]["schemas"] = {"Level": LEVEL}
    return deepcopy(document)


def part(document: Json, places: list[str]) -> Any:
    found: Any = document
    for place in places:
        found = found[int(place) if isinstance(found, list) else place]
    return found


def put(document: Json, path: str, value: object) -> None:
    """Set what stands at a path, its places divided by `>`."""
    *places, last = path.split(">")
    part(document, places)[last] = value


def drop(document: Json, path: str) -> None:
    """Take away what stands at a path: a member of an object, or a word of a list."""
    *places, last = path.split(">")
    found = part(document, places)
    if isinstance(found, list):
        found.remove(last)
    else:
        del found[last]


IN_REQUEST = "components>schemas>Request>properties"
IN_ANSWER = "components>schemas>Answer>properties"
GONE = [
    ("paths>/orders", "POST /orders is gone"),
    ("paths>/orders>post", "POST /orders is gone"),
    (f"{IN_REQUEST}>price", "POST /orders body.price is gone"),
    (f"{IN_REQUEST}>side>enum>sell", "POST /orders body.side has no 'sell' any more"),
    (f"{IN_ANSWER}>order_id", "POST /orders 200.order_id is gone"),
    (f"{IN_ANSWER}>status>enum>filled", "POST /orders 200.status has no 'filled' any more"),
    ("components>schemas>Answer>required>order_id", "POST /orders 200.order_id may be missing now"),
    ("components>schemas>Level>properties>price", "POST /orders 200.levels[].price is gone"),
    ("paths>/orders>post>responses>200", "POST /orders does not answer 200 any more"),
    ("paths>/orders>post>requestBody", "POST /orders takes no body any more"),
]
SET = [
    (f"{IN_REQUEST}>price", {"type": "number"}, "POST /orders body.price is no string any more"),
    (
        f"{IN_REQUEST}>quantity",
        {"type": "integer", "minimum": 1},
        "POST /orders body.quantity has minimum 1 now",
    ),
    (
        "components>schemas>Request>required",
        ["quantity", "side"],
        "POST /orders body.side is required now",
    ),
    (
        f"{IN_ANSWER}>order_id",
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "POST /orders 200.order_id may be null now",
    ),
    ("paths>/orders>post>parameters", [], "POST /orders query limit is gone"),
    (
        "paths>/orders>post>parameters>0>required",
        True,
        "POST /orders query limit is required now",
    ),
]
ADDED: list[tuple[str, object]] = [
    ("paths>/quotes", {"get": {"responses": {}}}),
    (f"{IN_REQUEST}>tag", {"type": "string"}),
    (f"{IN_REQUEST}>side", {"enum": ["buy", "sell", "both"]}),
    (f"{IN_REQUEST}>quantity", {"type": "number"}),
    (f"{IN_ANSWER}>fees", {"type": "number"}),
    (f"{IN_ANSWER}>status", {"enum": ["working", "filled", "pending"]}),
    ("paths>/orders>post>responses>409", {"content": {}}),
]


def test_the_same_documents_break_nothing() -> None:
    assert openapi_changes(rest(), rest()) == []
    assert asyncapi_changes(socket(), socket()) == []


@pytest.mark.parametrize(("path", "told"), GONE)
def test_what_is_taken_away_breaks(path: str, told: str) -> None:
    new = rest()
    drop(new, path)
    assert openapi_changes(rest(), new) == [told]


@pytest.mark.parametrize(("path", "value", "told"), SET)
def test_what_is_narrowed_or_newly_demanded_breaks(path: str, value: object, told: str) -> None:
    new = rest()
    put(new, path, value)
    assert openapi_changes(rest(), new) == [told]


@pytest.mark.parametrize(("path", "value"), ADDED)
def test_what_is_added_breaks_nothing(path: str, value: object) -> None:
    new = rest()
    put(new, path, value)
    assert openapi_changes(rest(), new) == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("channels>socket", ["channel /ws is gone"]),
        ("channels>socket>messages>told", ["channel /ws has no told any more"]),
        ("operations>ask", ["operation ask is gone"]),
        ("components>messages>ask>payload>properties>price", ["ask.price is gone"]),
        (
            "components>messages>told>payload>properties>status>enum>filled",
            ["told.status has no 'filled' any more"],
        ),
    ],
)
def test_what_the_socket_loses_breaks(path: str, told: list[str]) -> None:
    new = socket()
    drop(new, path)
    assert asyncapi_changes(socket(), new) == told


def test_a_request_may_not_demand_more_and_a_push_may_tell_more() -> None:
    new = socket()
    put(new, "components>messages>ask>payload>required", ["quantity", "side"])
    put(new, "components>messages>told>payload>required", ["order_id", "status"])
    put(new, "components>messages>told>payload>properties>tag", {"type": "string"})
    assert asyncapi_changes(socket(), new) == ["ask.side is required now"]


def test_every_field_of_the_real_documents_is_watched() -> None:
    documents = {name: decoded(text) for name, text in api.documents().items()}
    for name, compare in api.COMPARE.items():
        assert compare(documents[name], documents[name]) == []
    less = decoded(api.documents()["openapi.json"])
    drop(less, "components>schemas>FillBody>properties>last_price")
    assert any(
        ".fills[].last_price is gone" in line
        for line in openapi_changes(documents["openapi.json"], less)
    )
    assert any(
        "private.fill.data.last_price" in line
        for line in asyncapi_changes(documents["asyncapi.json"], without_price(api.documents()))
    )


def without_price(documents: dict[str, str]) -> Json:
    less = decoded(documents["asyncapi.json"])
    drop(less, "components>schemas>FillPush>properties>last_price")
    return less


def decoded(text: str) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(text)
    return document
