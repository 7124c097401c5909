"""The journal's tables as they are after the newest migration."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from itg.adapters.postgres_session import SCHEMA

METADATA: Final = MetaData(schema=SCHEMA)


def _number(name: str, least: int) -> tuple[Column[int], CheckConstraint]:
    rule = CheckConstraint(f"{name} >= {least}", name=f"{name}_least")
    return Column(name, BigInteger, nullable=False), rule


Table(
    "game",
    METADATA,
    Column("game", Text, primary_key=True),
    *_number("epoch", 0),
    comment="One row per game; its epoch is the newest writer's, and fences every earlier one.",
)
Table(
    "epoch",
    METADATA,
    Column("game", Text, nullable=False),
    *_number("epoch", 1),
    *_number("first_seq", 1),
    Column("header", LargeBinary, nullable=False),
    PrimaryKeyConstraint("game", "epoch"),
    comment="Who wrote from first_seq on.",
)
Table(
    "batch",
    METADATA,
    Column("game", Text, nullable=False),
    *_number("first_seq", 1),
    *_number("last_seq", 1),
    *_number("epoch", 1),
    *_number("ts_ns", 0),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("game", "first_seq"),
    comment="One row per group commit; hash covers the row before it.",
)
Table(
    "aside",
    METADATA,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("game", Text, nullable=False),
    *_number("seq", 0),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="What a person should look at: inputs that raised, damaged rows.",
)
Table(
    "snapshot",
    METADATA,
    Column("game", Text, nullable=False),
    *_number("seq", 0),
    Column("state_hash", Text, nullable=False),
    Column("blob", LargeBinary, nullable=False),
    PrimaryKeyConstraint("game", "seq"),
    comment="The newest three states of each game.",
)
Table(
    "lease",
    METADATA,
    Column("game", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    comment="Who may try to lead a game, until when by this server's clock.",
)
