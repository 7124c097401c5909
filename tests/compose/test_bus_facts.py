"""What goes over a bus, and that the public hears of nobody."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from tools import bus_api

from itg.compose.bus_facts import (
    PASSING_KINDS,
    PUBLIC_KINDS,
    TAPE_KINDS,
    Audience,
    audience_of,
    envelopes_of,
    fact_kinds,
)
from itg.compose.services import services_of
from itg.exchange.contract import TradeExecuted
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Seq, Shard, TradeId
from itg.kernel.messages import Event
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.market_data.contract import JumpOccurred
from itg.positions.contract import PrivateEvent
from itg.runtime.envelope import Record

SCHEMA = Path(__file__).parents[1] / "gateway" / "asyncapi" / "3.0.0.json"
# What leads to an account, to an order's owner, or to what the game hides.
TELLING = re.compile(
    "account|team|actor|order_id|reservation|client|outcome|regime|error|role|spot_price|vol_ppm"
)


def fields_of(kind: type[Event]) -> Iterator[str]:
    """Every field's name in and below a class."""
    (_,), schemas = msgspec.json.schema_components([kind])
    for schema in schemas.values():
        yield from schema.get("properties", {})


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(bus_api.bus_document()))
    return decoded


def test_every_event_of_every_service_goes_over_the_bus() -> None:
    emitted = {
        kind
        for service in services_of([Shard(0)])
        for kind in service.emits
        if issubclass(kind, Event)
    }
    assert set(fact_kinds()) == emitted | set(TAPE_KINDS)
    assert set(PUBLIC_KINDS) <= set(fact_kinds())
    assert set(PASSING_KINDS) <= set(PUBLIC_KINDS)


@pytest.mark.parametrize("kind", PUBLIC_KINDS, ids=lambda kind: kind.__name__)
def test_no_public_fact_leads_to_anybody_or_to_what_is_hidden(kind: type[Event]) -> None:
    assert [name for name in fields_of(kind) if TELLING.search(name)] == []


def test_every_private_event_is_its_accounts_alone() -> None:
    private = [kind for kind in fact_kinds() if issubclass(kind, PrivateEvent)]
    assert private
    assert {audience_of(kind) for kind in private} == {Audience.ACCOUNT}
    assert audience_of(JumpOccurred) is Audience.SERVICES


def test_the_tape_prints_a_trade_without_its_parties() -> None:
    trade = TradeExecuted(
        shard=Shard(1),
        trade_id=TradeId(9),
        instrument_id=InstrumentId("SPX"),
        price=Price(44_000_000),
        quantity=Quantity(3),
        aggressor_side=Side.BUY,
        maker_order_id=OrderId(1),
        maker_account_id=AccountId("ada"),
        taker_order_id=OrderId(2),
        taker_account_id=AccountId("bob"),
    )
    record = Record(Seq(5), Nanos(1), Nanos(2), "bob", "0198", trade, (trade,))
    told, printed = envelopes_of(record, epoch=3)
    assert (told.source, told.seq, told.actor, told.trace_id) == ("exchange", 6, "bob", "0198")
    assert (printed.source, printed.shard, printed.seq, printed.cause) == ("tape", 1, 6, 5)
    encoded = msgspec.json.encode(printed)
    assert b"bob" not in encoded
    assert b"ada" not in encoded
    assert b"0198" not in encoded


def test_the_document_is_asyncapi_3(document: dict[str, Any]) -> None:
    schema = msgspec.json.decode(SCHEMA.read_bytes())
    faults = [str(fault) for fault in jsonschema_rs.validator_for(schema).iter_errors(document)]
    assert faults == []
    assert len(document["channels"]) == len(fact_kinds())


def test_a_message_is_what_the_document_says(document: dict[str, Any]) -> None:
    trade = TradeExecuted(
        shard=Shard(0),
        trade_id=TradeId(9),
        instrument_id=InstrumentId("SPX"),
        price=Price(44_000_000),
        quantity=Quantity(3),
        aggressor_side=Side.BUY,
        maker_order_id=OrderId(1),
        maker_account_id=AccountId("ada"),
        taker_order_id=OrderId(2),
        taker_account_id=AccountId("bob"),
    )
    record = Record(Seq(5), Nanos(1), Nanos(2), "bob", "0198", trade, (trade,))
    for envelope in envelopes_of(record, epoch=3):
        message = document["components"]["messages"][type(envelope.body).__name__]
        rooted = {**message["payload"], "components": document["components"]}
        told = msgspec.msgpack.decode(msgspec.msgpack.encode(envelope))
        validator = jsonschema_rs.Draft7Validator(rooted)
        validator.validate(told)
        with pytest.raises(jsonschema_rs.ValidationError):
            validator.validate({**told, "body": {**told["body"], "price": "44"}})
