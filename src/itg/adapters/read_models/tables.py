"""The tables of the read models as they are after the newest step, by service."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

CURSORS: Final = "cursors"
READINGS: Final = "readings"
OWN: Final = frozenset({CURSORS, READINGS})


_Kind = type[BigInteger] | type[Boolean] | type[Integer] | type[Text]


def _column(name: str, kind: _Kind, meaning: str = "", *, optional: bool = False) -> Column[object]:
    return Column(name, kind, nullable=optional, doc=meaning)


def _game() -> Column[object]:
    return _column("game", Text, "scenario and eight characters of its commitment")


def _round() -> Column[object]:
    return _column("round_id", Integer, "0 before the first round")


def _schema(name: str) -> MetaData:
    """Return a service's schema with what every one of them has."""
    metadata = MetaData(schema=name)
    Table(
        READINGS,
        metadata,
        _game(),
        _column("node", Text, "whose journal; empty where one process plays the game"),
        _column("seq", BigInteger, "the number of the last row's end that was read"),
        _column("hash", Text, "of that row, in hexadecimal: another history has another"),
        PrimaryKeyConstraint("game", "node"),
        info={"about": "How far each journal was read."},
    )
    Table(
        CURSORS,
        metadata,
        _game(),
        _column("source", Text, "the service that tells it"),
        _column("shard", Integer, "the exchange's shard, 0 elsewhere"),
        _column("family", Text, "the class of the event in snake case"),
        _column("seq", BigInteger, "every event of it up to this number is in"),
        PrimaryKeyConstraint("game", "source", "shard", "family"),
        info={"about": "Which events are in: what is not above the cursor is ignored."},
    )
    rounds = [
        _game(),
        _column("round_id", Integer),
        _column("trading_day", Text),
        _column("start_ns", BigInteger, "game time"),
    ]
    if name == "game":
        rounds.append(_column("end_ns", BigInteger, "game time", optional=True))
    Table(
        "rounds",
        metadata,
        *rounds,
        PrimaryKeyConstraint("game", "round_id"),
        info={"about": "Rounds that started."},
    )
    return metadata


EXCHANGE: Final = _schema("exchange")
POSITIONS: Final = _schema("positions")
GAME: Final = _schema("game")
SCHEMAS: Final = {"exchange": EXCHANGE, "positions": POSITIONS, "game": GAME}

Table(
    "trades",
    EXCHANGE,
    _game(),
    _column("trade_id", BigInteger),
    _round(),
    _column("shard", Integer),
    _column("seq", BigInteger, "its number in the journal"),
    _column("game_ns", BigInteger, "when, game time"),
    _column("instrument_id", Text),
    _column("price", BigInteger, "as it was traded, 1/10,000 USD"),
    _column("quantity", BigInteger, "contracts"),
    _column("aggressor_side", Text, "buy or sell"),
    _column("is_auction", Boolean),
    _column("maker_order_id", BigInteger),
    _column("maker_account_id", Text),
    _column("taker_order_id", BigInteger),
    _column("taker_account_id", Text),
    _column("is_busted", Boolean, "undone by the organizer"),
    _column("adjusted_price", BigInteger, "what counts instead, 1/10,000 USD", optional=True),
    PrimaryKeyConstraint("game", "trade_id"),
    Index("trades_of_instrument", "game", "instrument_id", "game_ns"),
    info={"about": "One row for each trade."},
)
Table(
    "orders",
    POSITIONS,
    _game(),
    _column("order_id", BigInteger),
    _column("account_id", Text),
    _column("round_id", Integer, "of its acceptance"),
    _column("client_order_id", Text, optional=True),
    _column("instrument_id", Text),
    _column("side", Text, "buy or sell"),
    _column("order_type", Text),
    _column("time_in_force", Text, optional=True),
    _column("quantity", BigInteger, "contracts"),
    _column("price", BigInteger, "limit, 1/10,000 USD", optional=True),
    _column("stop_price", BigInteger, "1/10,000 USD", optional=True),
    _column("status", Text, "as it stands, in the end final"),
    _column("filled_quantity", BigInteger, "contracts"),
    _column("leaves_quantity", BigInteger, "contracts, 0 once it ended"),
    _column("average_price", BigInteger, "of its fills, 1/10,000 USD", optional=True),
    _column("cancel_reason", Text, optional=True),
    _column("accepted_ns", BigInteger, "game time"),
    _column("changed_ns", BigInteger, "game time of the last change"),
    PrimaryKeyConstraint("game", "order_id"),
    Index("orders_of_account", "game", "account_id", "accepted_ns"),
    info={
        "about": "One row for each order that was accepted, as it stands; sides of quotes are none."
    },
)
Table(
    "fills",
    POSITIONS,
    _game(),
    _column("trade_id", BigInteger),
    _column("order_id", BigInteger),
    _column("fill_id", BigInteger),
    _column("account_id", Text),
    _round(),
    _column("instrument_id", Text),
    _column("side", Text, "buy or sell"),
    _column("last_price", BigInteger, "as it was traded, 1/10,000 USD"),
    _column("last_quantity", BigInteger, "contracts"),
    _column("liquidity", Text, "maker, taker or auction"),
    _column("fee", BigInteger, "1/10,000 USD, above zero paid"),
    _column("is_quote", Boolean, "of a quote's side"),
    _column("game_ns", BigInteger, "when, game time"),
    _column("is_busted", Boolean, "undone by the organizer"),
    _column("adjusted_price", BigInteger, "what counts instead, 1/10,000 USD", optional=True),
    PrimaryKeyConstraint("game", "trade_id", "order_id"),
    Index("fills_of_account", "game", "account_id", "game_ns"),
    info={"about": "Two rows for each trade: one account's half each."},
)
Table(
    "positions",
    POSITIONS,
    _game(),
    _round(),
    _column("account_id", Text),
    _column("instrument_id", Text),
    _column("net_quantity", BigInteger, "contracts, short below zero"),
    _column("average_price", BigInteger, "1/10,000 USD, none when flat", optional=True),
    _column("realized_pnl", BigInteger, "1/10,000 USD"),
    _column("fees", BigInteger, "1/10,000 USD, paid so far"),
    _column("cash", BigInteger, "the account's cash then, 1/10,000 USD"),
    _column("changed_ns", BigInteger, "game time of the last change in the round"),
    PrimaryKeyConstraint("game", "round_id", "account_id", "instrument_id"),
    info={"about": "Each position that changed in a round, as the round left it."},
)
Table(
    "teams",
    GAME,
    _game(),
    _column("team_id", Text),
    _column("account_id", Text),
    _column("team_name", Text),
    _column("role", Text, "the newest"),
    PrimaryKeyConstraint("game", "team_id"),
    info={"about": "Who plays."},
)
Table(
    "scores",
    GAME,
    _game(),
    _column("round_id", Integer),
    _column("team_id", Text),
    _column("account_id", Text),
    _column("role", Text, "in that round"),
    _column("formula_version", Integer),
    _column("is_final", Boolean),
    _column("scored_ns", BigInteger, "game time"),
    _column("kpi", BigInteger, "points, 1e-6"),
    _column("compliance", BigInteger, "points, 1e-6"),
    _column("risk", BigInteger, "points, 1e-6"),
    _column("activity", BigInteger, "1e-6"),
    _column("measured", BigInteger, "points, 1e-6"),
    _column("par", BigInteger, "points, 1e-6", optional=True),
    _column("spread", BigInteger, "points, 1e-6", optional=True),
    _column("score", BigInteger, "points, 1e-6; none before there is a par", optional=True),
    _column("rank", Integer),
    _column("is_zeroed", Boolean),
    _column("pnl", BigInteger, "1/10,000 USD, unscored"),
    _column("fees", BigInteger, "1/10,000 USD"),
    _column("contracts", BigInteger, "traded"),
    PrimaryKeyConstraint("game", "round_id", "team_id"),
    info={"about": "Each team's score of each round, as it was told last."},
)
