"""A team's own orders and fills of a round as tables, out of the lines of its log."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import json

from itg.translate.exports import Cell
from itg.translate.round_rows import Cells, Column

_USD = "USD"
_TIME = Column("game_us", "int", "µs since 1970-01-01 UTC", "when, on the game clock")
_INSTRUMENT = Column("instrument_id", "str", "", "the instrument")
_SIDE = Column("side", "str", "", "buy or sell")
_QUANTITY = Column("quantity", "int", "contracts", "quantity")
OWN_COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "orders": (
        _TIME,
        Column("order_id", "int", "", "the order; empty: none came of it"),
        _INSTRUMENT,
        _SIDE,
        Column("order_type", "str", "", "its type; empty where it was refused"),
        Column("time_in_force", "str", "", "how long it may stand"),
        Column("price", "float", _USD, "limit"),
        _QUANTITY,
        Column("filled_quantity", "int", "contracts", "filled"),
        Column("average_price", "float", _USD, "of its fills"),
        Column("status", "str", "", "how it ended, or rejected"),
        Column("because", "str", "", "why it was canceled or refused"),
    ),
    "fills": (
        _TIME,
        Column("trade_id", "int", "", "the trade"),
        Column("order_id", "int", "", "the order"),
        _INSTRUMENT,
        _SIDE,
        _QUANTITY,
        Column("price", "float", _USD, "price"),
        Column("liquidity", "str", "", "maker, taker or auction"),
        Column("is_quote", "bool", "", "a quote's fill, not an order's"),
        Column("fee", "float", _USD, "paid, below zero received"),
        Column("is_busted", "bool", "", "it counts no more"),
        Column("adjusted_price", "float", _USD, "what counts instead of the price"),
    ),
}
Data = dict[str, Any]  # one push of `private` as the log has it; its fields are the wire's


def own_rows(what: str, log: bytes) -> list[Cells]:
    """Return the rows of `orders` or `fills`, oldest first; refused orders follow the others."""
    ledger = _Ledger()
    for line in log.splitlines():
        # A maker's log is quotes for the most part: those are told apart before they are decoded.
        if b'"private"' in line and b'"type":"quote"' not in line:
            ledger.take(json.decode(line))
    return list(ledger.orders() if what == "orders" else ledger.fills())


class _Ledger:
    def __init__(self) -> None:
        self._orders: dict[int, Data] = {}
        self._refused: list[Cells] = []
        self._fills: list[tuple[int, Data]] = []
        self._busts: dict[tuple[int, int], Data] = {}

    def take(self, line: Data) -> None:
        if line["channel"] != "private":
            return
        word, data = line["type"], line["data"]
        if word == "fill":
            self._fill(line["game_us"], data)
        elif word == "fill.busted":
            self._busts[data["trade_id"], data["order_id"]] = data
        elif word == "order.rejected":
            self._refused.append(_refused_cells(line["game_us"], data))
        elif word.startswith("order.") and (order := data.get("order")) is not None:
            self._orders[order["order_id"]] = {**order, "because": data.get("cancel_reason")}

    def orders(self) -> Iterator[Cells]:
        names = [column.name for column in OWN_COLUMNS["orders"][1:]]
        for order in self._orders.values():
            yield (order["accepted_us"], *(order[name] for name in names))
        yield from self._refused

    def fills(self) -> Iterator[Cells]:
        for game_us, fill in self._fills:
            bust = self._busts.get((fill["trade_id"], fill["order_id"]))
            price = None if bust is None else bust["adjusted_price"]
            plain = ("trade_id", "order_id", "instrument_id", "side", "last_quantity", "last_price")
            head = _picked(fill, (*plain, "liquidity", "is_quote", "fee"))
            yield (game_us, *head, bust is not None and price is None, price)

    def _fill(self, game_us: int, fill: Data) -> None:
        self._fills.append((game_us, fill))
        order = self._orders.get(fill["order_id"])
        if order is not None:
            for name in ("filled_quantity", "average_price", "status"):
                order[name] = fill[name]


def _refused_cells(game_us: int, data: Data) -> Cells:
    head = (game_us, *_picked(data, ("order_id", "instrument_id", "side")))
    return (*head, None, None, None, data.get("quantity"), 0, None, "rejected", data["code"])


def _picked(data: Data, names: Iterable[str]) -> tuple[Cell, ...]:
    return tuple(data.get(name) for name in names)
