"""The socket's document: valid, whole, and the same as what the gateway sends."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import jsonschema_rs
import msgspec
import pytest
from msgspec import inspect as shapes
from tests.gateway.pushes import rows_of

from itg.gateway import asyncapi
from itg.gateway.gateway import Gateway
from itg.gateway.routes.table import BY_NAME
from itg.gateway.sessions import Session
from itg.gateway.socket import _Connection
from itg.positions.contract import AnyPrivateEvent, PrivateEvent
from itg.translate.account import private_push
from itg.wire.v1 import socket as wire
from itg.wire.v1.account import PrivateType
from itg.wire.v1.channels import ADDRESSES, CHANNELS, CLOSE_CODES, METHODS
from itg.wire.v1.market import MarketWord
from itg.wire.v1.signals import SignalWord

SCHEMA = Path(__file__).parent / "asyncapi" / "3.0.0.json"
GATEWAY = Path(asyncapi.__file__).parent
# The calls that send a push name its type among their arguments.
SENDERS = {"_put", "_put_book", "send", "tell"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    encoded = msgspec.json.encode(asyncapi.asyncapi_document(BY_NAME.values()))
    decoded: dict[str, Any] = msgspec.json.decode(encoded)
    return decoded


def test_the_document_is_asyncapi_3(document: dict[str, Any]) -> None:
    schema = msgspec.json.decode(SCHEMA.read_bytes())
    faults = [str(fault) for fault in jsonschema_rs.validator_for(schema).iter_errors(document)]
    assert faults == []


def test_its_schemas_are_json_schemas_of_draft_7(document: dict[str, Any]) -> None:
    for message in document["components"]["messages"].values():
        rooted = {**message["payload"], "components": document["components"]}
        jsonschema_rs.Draft7Validator(rooted)


def test_every_reference_leads_to_a_part_of_the_document(document: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(document).decode()))
    assert references
    for reference in references:
        part = document
        for place in reference.split("/"):
            part = part[place]
        assert part


def test_every_method_is_a_request_with_an_answer_and_an_error(document: dict[str, Any]) -> None:
    own = _Connection(cast("Gateway", None), {}, cast("Session", None))._own_methods
    assert [row.name for row in METHODS] == list(own)
    operations = document["operations"]
    received = {name for name, row in operations.items() if row["action"] == "receive"}
    assert received == own.keys() | BY_NAME.keys()
    for name in received:
        replies = [
            message["$ref"].split("/")[-1] for message in operations[name]["reply"]["messages"]
        ]
        assert replies == [f"{name}.answer", "problem"]
        request = document["components"]["messages"][f"{name}.request"]["payload"]
        assert request["properties"]["method"] == {"const": name}


def test_every_address_and_channel_stands_in_it_with_its_types(document: dict[str, Any]) -> None:
    channels = {row["address"]: row["messages"] for row in document["channels"].values()}
    assert channels.keys() == ADDRESSES.keys() | {row.name for row in CHANNELS}
    messages = document["components"]["messages"]
    for row in CHANNELS:
        types = [
            messages[key]["payload"]["properties"]["type"]["const"] for key in channels[row.name]
        ]
        assert types == [push.name for push in row.pushes]


def test_every_close_code_is_explained(document: dict[str, Any]) -> None:
    codes = {value for name, value in vars(wire).items() if name.startswith("CLOSE_")}
    assert codes == set(CLOSE_CODES)
    assert all(f"`{code}`" in document["info"]["description"] for code in codes)


@pytest.mark.parametrize("kind", get_args(AnyPrivateEvent), ids=lambda kind: kind.__name__)
def test_every_private_event_has_a_row_with_its_data(kind: type[PrivateEvent]) -> None:
    for event in examples(kind):
        name, data = private_push(event)
        assert [row.data for row in rows_of("private", name)] == [type(data)], name


def test_the_types_of_private_are_those_of_its_rows() -> None:
    rows = next(row for row in CHANNELS if row.name == "private").pushes
    assert {row.name for row in rows} == set(get_args(PrivateType))


def test_every_type_that_the_gateway_names_has_a_row() -> None:
    known = {push.name for row in CHANNELS for push in row.pushes}
    named = set(types_named())
    assert len(named) > 10
    assert named <= known


def test_every_row_is_sent_by_the_gateway_or_stands_for_a_private_event() -> None:
    sent = {*texts_of_the_gateway(), *get_args(PrivateType), *get_args(MarketWord)}
    sent |= {*get_args(SignalWord)}
    rounds = {f"round.{word}" for word in ("started", "paused", "resumed", "extended", "ended")}
    assert {push.name for row in CHANNELS for push in row.pushes} <= sent | rounds


def texts_of_the_gateway() -> Iterator[str]:
    for file in GATEWAY.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def types_named() -> Iterator[str]:
    """Yield the texts among the arguments of calls that send a push."""
    for file in GATEWAY.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in SENDERS:
                for value in node.args[1:]:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        yield value.value


def examples(kind: type[PrivateEvent]) -> Iterator[PrivateEvent]:
    """Yield events of a kind: one for each member of each of its enums."""
    info = shapes.type_info(kind)
    assert isinstance(info, shapes.StructType)
    values: dict[str, Any] = {
        field.name: example(field.type) for field in info.fields if field.required
    }
    yield kind(**values)
    for field in info.fields:
        if isinstance(field.type, shapes.EnumType):
            yield from (kind(**values | {field.name: member}) for member in field.type.cls)


def example(info: shapes.Type) -> object:
    """Return a value of a type, its required fields filled."""
    match info:
        case shapes.StructType():
            required = [field for field in info.fields if field.required]
            return info.cls(**{field.name: example(field.type) for field in required})
        case shapes.EnumType():
            return next(iter(info.cls))
        case shapes.UnionType():
            return example(info.types[0])
        case shapes.StrType():
            return "SPX"
        case shapes.BoolType():
            return False
        case shapes.NoneType():
            return None
        case _:
            return 1
