"""AsyncAPI 3.0 of the message bus, its table of subjects, and NATS permissions, from one list."""

from collections.abc import Iterator

import msgspec
from msgspec import structs

from itg import __version__
from itg.compose.bus_facts import (
    PASSING_KINDS,
    Audience,
    audience_of,
    fact_kinds,
    source_of_kind,
)
from itg.gateway.asyncapi import as_draft_07
from itg.gateway.openapi import Json
from itg.kernel.messages import Event
from itg.runtime.bus import family_of
from itg.runtime.envelope import Envelope

_REFERENCE = "#/components/schemas/{name}"
_READERS = {
    Audience.PUBLIC: "everybody",
    Audience.ACCOUNT: "the account that the last word names",
    Audience.SERVICES: "services",
}
_ABOUT = {
    "seq": "The journal's number; with source, game and shard it is the event's id.",
    "ts_ns": "Wall time, ns since the epoch.",
    "game_ns": "Game time, ns since the epoch.",
    "cause": "The number of the input that caused it.",
    "trace_id": "Of the request that caused it; empty where the fact is public.",
    "actor": "Who sent the input; empty where the fact is public.",
    "source": "Who tells it.",
    "shard": "The exchange's shard, 0 elsewhere.",
    "epoch": "Counts the writers of the journal.",
}
_PARAMETERS = {
    "game": "The scenario and eight characters of the game's commitment: `demo-1a2b3c4d`.",
    "shard": "The exchange's shard, 0 elsewhere.",
    "detail": "The account of a private fact, else the instrument, else the account, else `all`.",
}
_INTRODUCTION = """\
What a market tells other programs. One message is one fact: a MessagePack map of the envelope,
whose `body` is the fact with its class under `type`; members at their default are left out of it.
Prices and money are integers of 1/10,000 USD, instants integer nanoseconds. Facts are held in the
JetStream stream `itg_<game>` in the order of the journal, with `source:game:shard:seq` as
`Nats-Msg-Id`; what is called state only passes. Delivery is at least once: keep the last `seq` of
each (source, shard) and ignore what you have.
"""


def bus_document() -> Json:
    """Return the document of the bus."""
    kinds = fact_kinds()
    references, schemas = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    messages = {
        kind.__name__: _message(kind, reference)
        for kind, reference in zip(kinds, references, strict=True)
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Intern Trading Game: message bus",
            "version": __version__,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/msgpack",
        "servers": {
            "nats": {
                "host": "{host}",
                "protocol": "nats",
                "variables": {"host": {"default": "127.0.0.1:4222"}},
            }
        },
        "channels": {_key(kind): _channel(kind) for kind in kinds},
        "operations": {f"tell.{_key(kind)}": _operation(kind) for kind in kinds},
        "components": {
            "schemas": {name: as_draft_07(schema) for name, schema in schemas.items()},
            "messages": messages,
        },
    }


def subject_table() -> list[str]:
    """Return the rows of every subject with who may read it."""
    rows = []
    for kind in fact_kinds():
        held = "state" if kind in PASSING_KINDS else "fact"
        reader = _READERS[audience_of(kind)]
        rows.append(f"| `{_subject(kind)}` | `{kind.__name__}` | {held} | {reader} |")
    return [
        "| subject, after `itg.v1.<game>.` | body | kind | readable by |",
        "|---|---|---|---|",
        *rows,
    ]


def permissions() -> str:
    """Return a NATS configuration that keeps private facts from those they are not of."""
    public = sorted(
        f"itg.v1.*.{source_of_kind(kind)}.*.{family_of(kind)}.*"
        for kind in fact_kinds()
        if audience_of(kind) is Audience.PUBLIC
    )
    return _CONFIGURATION.format(public=_listed(public))


def _message(kind: type[Event], reference: Json) -> Json:
    return {
        "name": kind.__name__,
        "title": kind.__name__,
        "summary": _summary(kind),
        "tags": [{"name": audience_of(kind).value}],
        "payload": {
            "type": "object",
            "required": [field.name for field in structs.fields(Envelope)],
            "properties": {**dict(_properties()), "body": reference},
        },
    }


def _properties() -> Iterator[tuple[str, Json]]:
    for field in structs.fields(Envelope):
        if field.name != "body":
            kind = "string" if field.type is str else "integer"
            yield field.name, {"type": kind, "description": _ABOUT[field.name]}


def _channel(kind: type[Event]) -> Json:
    name = kind.__name__
    return {
        "address": f"itg.v1.{{game}}.{source_of_kind(kind)}.{{shard}}.{family_of(kind)}.{{detail}}",
        "title": name,
        "description": f"{_summary(kind)} Readable by {_READERS[audience_of(kind)]}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "parameters": {word: {"description": text} for word, text in _PARAMETERS.items()},
    }


def _operation(kind: type[Event]) -> Json:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_key(kind)}"},
        "title": kind.__name__,
        "messages": [{"$ref": f"#/channels/{_key(kind)}/messages/{kind.__name__}"}],
    }


def _summary(kind: type[Event]) -> str:
    return (kind.__doc__ or "").strip().split("\n")[0]


def _key(kind: type[Event]) -> str:
    return f"{source_of_kind(kind)}.{family_of(kind)}"


def _subject(kind: type[Event]) -> str:
    shard = "<shard>" if "shard" in kind.__struct_fields__ else "0"
    fields = kind.__struct_fields__
    detail = "all"
    if audience_of(kind) is Audience.ACCOUNT:
        detail = "<account>"
    elif "instrument_id" in fields:
        detail = "<instrument>"
    elif "account_id" in fields:
        detail = "<account>"
    return f"{source_of_kind(kind)}.{shard}.{family_of(kind)}.{detail}"


def _listed(subjects: list[str]) -> str:
    return "\n".join(f'  "{subject}"' for subject in subjects)


_CONFIGURATION = """\
# Who may do what on the market's message bus, for nats-server --config. Written by tools/api.
#
# Passwords come from the environment: ITG_BUS_MARKET, ITG_BUS_DOOR, ITG_BUS_SERVICE and
# ITG_BUS_PUBLIC, each beginning with a letter.

# What names no account and hides nothing.
PUBLIC = [
{public}
]

authorization {{
  users = [
    # itg serve --bus: the one that publishes.
    {{
      user: market, password: $ITG_BUS_MARKET
      permissions: {{
        publish: ["itg.v1.>", "itg.link.>", "$JS.API.>"]
        subscribe: ["_INBOX.>", "itg.link.*.node.*", "itg.link.*.ear.*.*", "$SRV.>"]
        allow_responses: true
      }}
    }}
    # itg gateway: speaks to the node, and hears what the node tells gateways.
    {{
      user: door, password: $ITG_BUS_DOOR
      permissions: {{
        publish: ["itg.link.*.node.*"]
        subscribe: ["itg.link.*.door.*", "$SRV.>"]
        allow_responses: true
      }}
    }}
    # Programs of the organizer: read everything, private facts too, and change nothing.
    {{
      user: service, password: $ITG_BUS_SERVICE
      permissions: {{
        publish: [
          "$JS.API.STREAM.INFO.*"
          "$JS.API.STREAM.MSG.GET.*"
          "$JS.API.DIRECT.GET.>"
          "$JS.API.CONSUMER.CREATE.>"
          "$JS.API.CONSUMER.INFO.>"
          "$JS.API.CONSUMER.MSG.NEXT.>"
          "$SRV.>"
        ]
        subscribe: ["itg.v1.>", "_INBOX.>"]
      }}
    }}
    # Everybody: public facts as they pass, no stream, nothing to publish.
    {{
      user: public, password: $ITG_BUS_PUBLIC
      permissions: {{
        publish: {{ deny: [">"] }}
        subscribe: {{ allow: $PUBLIC }}
      }}
    }}
    # A team reads its own private facts: give each its user, the account in the last word.
    # {{
    #   user: team-a, password: $ITG_BUS_TEAM_A
    #   permissions: {{
    #     publish: {{ deny: [">"] }}
    #     subscribe: {{ allow: ["itg.v1.*.positions.*.*.team-a"] }}
    #   }}
    # }}
  ]
}}

# TLS: name the files, and start the market with --bus tls://host:4222 and ITG_BUS_CA=ca.pem.
# tls {{
#   cert_file: "server.pem"
#   key_file: "server.key"
# }}
"""
