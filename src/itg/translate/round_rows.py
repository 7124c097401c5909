"""A row for each fact of a round, in the order of its table's columns."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final, Literal

from msgspec import Struct

from itg.exchange.contract import (
    OrderAccepted,
    OrderActivated,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    QuoteAccepted,
    TradeBusted,
    TradeExecuted,
)
from itg.kernel.ids import AccountId
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, to_micros
from itg.market_data.contract import PricesStepped
from itg.news.contract import NewsPublished
from itg.positions.contract import AccountPositionChanged, AccountsMeasured, PnlParts
from itg.signals.contract import AnySignal
from itg.translate.exports import Cell, flat
from itg.translate.market import executed_trade_body
from itg.translate.numbers import usd
from itg.translate.round_facts import Fact, Identities
from itg.translate.signals import signal_push

Kind = Literal["int", "float", "str", "bool"]
Cells = tuple[Cell, ...]
# A row, and the accounts it is about, in the order of the table's named columns.
About = tuple[Cells, tuple[AccountId, ...]]
PPM: Final = 1_000_000


class Column(Struct, frozen=True):
    """One column: its type, its unit (empty: none) and what stands in it."""

    name: str
    kind: Kind
    unit: str
    meaning: str


class Table(Struct, frozen=True, kw_only=True):
    """One export: `rows` makes a fact's rows, `named` follow once identities are revealed.

    Rows with one cause are in the order of their column `within`: in the order in which the house
    goes through its accounts, the last one registered would always stand last.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    kinds: tuple[type[Message], ...]
    rows: Callable[[Fact, Identities], Iterable[About]]
    named: tuple[Column, ...] = ()
    within: str | None = None

    def columns_for(self, identities: Identities) -> tuple[Column, ...]:
        """Return the columns of an export: with names, where those are revealed."""
        return (*self.columns, *self.named) if identities.is_revealed else self.columns


def table_rows(table: Table, facts: Iterable[Fact], identities: Identities) -> Iterator[Cells]:
    """Return a table's rows, oldest first, in the order of its columns."""
    kinds = frozenset(table.kinds)
    wanted = (fact for fact in facts if type(fact.event) in kinds)
    for _, group in groupby(wanted, key=lambda fact: fact.cause_seq):
        rows = [row for fact in group for row in table.rows(fact, identities)]
        if table.within is not None:
            place = [column.name for column in table.columns].index(table.within)
            rows.sort(key=lambda row: _number_in(row[0][place]))
        for cells, accounts in rows:
            if table.named and identities.is_revealed:
                yield (*cells, *map(identities.name, accounts))
            else:
                yield cells


def _number_in(cell: Cell) -> int:
    return cell if isinstance(cell, int) else 0


SIGNAL_CELLS: Final = (
    *("seq", "game_us", "kind", "signal_id", "role", "signal_seq", "regime", "is_shift"),
    *("probabilities_low", "probabilities_medium", "probabilities_high", "effective_us"),
    *("accuracy", "stage", "announcement", "underlying_id", "spot_price", "leader_price"),
    *("theo_price", "tracking_error", "deviation", "z_score", "half_life_s", "model"),
    *("expected_return", "confidence", "horizon_us"),
)
ORDER_EVENTS: Final[dict[type[Message], str]] = {
    OrderAccepted: "accepted",
    OrderActivated: "activated",
    OrderReplaced: "replaced",
    OrderCanceled: "canceled",
    OrderExpired: "expired",
}
_OrderEvent = OrderAccepted | OrderActivated | OrderReplaced | OrderCanceled | OrderExpired


def _times(fact: Fact) -> tuple[int, int]:
    return fact.cause_seq, to_micros(fact.game_ns)


def order_rows(fact: Fact, identities: Identities) -> Iterator[About]:
    """Return an order's event."""
    event = fact.event
    assert isinstance(event, _OrderEvent)
    who = event.account_id
    head = (*_times(fact), ORDER_EVENTS[type(event)], event.order_id, identities.number(who))
    rest: Cells
    match event:
        case OrderAccepted():
            price = None if event.price is None else usd(event.price)
            rest = (event.instrument_id, event.side.value, event.quantity, price)
            rest = (*rest, None, event.is_pending, None)
        case OrderReplaced():
            rest = (None, None, event.quantity, usd(event.price))
            rest = (*rest, event.leaves_quantity, event.is_pending, event.kept_priority)
        case OrderActivated():
            rest = (event.instrument_id, None, None, None, None, False, None)
        case OrderCanceled() | OrderExpired():
            rest = (event.instrument_id, None, None, None, event.quantity, None, None)
    reason = event.cancel_reason.value if isinstance(event, OrderCanceled) else None
    yield (*head, *rest, reason), (who,)


def quote_rows(fact: Fact, identities: Identities) -> Iterator[About]:
    """Return a quote as it was accepted."""
    event = fact.event
    assert isinstance(event, QuoteAccepted)
    sides = (
        (event.bid_order_id, event.bid, event.bid_quantity),
        (event.ask_order_id, event.ask, event.ask_quantity),
    )
    shown = [(i, None if p is None else usd(p), q) for i, p, q in sides]
    who = event.account_id
    head = (*_times(fact), identities.number(who), event.instrument_id)
    yield (*head, *shown[0], *shown[1], event.is_pending), (who,)


def trade_rows(fact: Fact, _: Identities) -> Iterator[About]:
    """Return a trade as everybody saw it."""
    event = fact.event
    assert isinstance(event, TradeExecuted)
    cells = tuple(flat(executed_trade_body(event, fact.game_ns)).values())
    yield cells, (event.maker_account_id, event.taker_account_id)


def correction_rows(fact: Fact, _: Identities) -> Iterator[About]:
    """Return a trade that was undone or moved."""
    event = fact.event
    assert isinstance(event, TradeBusted)
    adjusted = None if event.adjusted_price is None else usd(event.adjusted_price)
    terms = (event.trade_id, event.instrument_id, usd(event.price), adjusted, event.quantity)
    yield (*_times(fact), *terms), (event.maker_account_id, event.taker_account_id)


def position_rows(fact: Fact, identities: Identities) -> Iterator[About]:
    """Return a position after a change."""
    event = fact.event
    assert isinstance(event, AccountPositionChanged)
    held, who = event.position, event.account_id
    average = None if held.average_price is None else usd(held.average_price)
    cells = (held.instrument_id, held.net_quantity, average)
    money = (usd(held.realized_pnl), usd(held.fees), usd(event.cash))
    yield (*_times(fact), identities.number(who), *cells, *money), (who,)


def pnl_rows(fact: Fact, identities: Identities) -> Iterator[About]:
    """Return each participant's measures: at the first of each minute, settled, and corrected."""
    event = fact.event
    assert isinstance(event, AccountsMeasured)
    if fact.game_ns % NS_PER_MINUTE >= NS_PER_S and not event.is_asked:
        return
    for measure in event.measures:
        who = measure.account_id
        number = identities.number(who)
        if number is not None:  # the idle would be told apart by their order alone
            parts = [getattr(measure.pnl, name) for name in PnlParts.__struct_fields__]
            money = (measure.equity, sum(parts), *parts)
            rest = (measure.delta / PPM, measure.options_held, event.is_trading)
            yield (*_times(fact), number, *(cash / PRICE_SCALE for cash in money), *rest), (who,)


def news_rows(fact: Fact, _: Identities) -> Iterator[About]:
    """Return a published headline; its outcome stays in the house."""
    event = fact.event
    assert isinstance(event, NewsPublished)
    told = (event.news_id, event.headline_id, event.headline, event.origin.value)
    yield (*_times(fact), *told), ()


def signal_rows(fact: Fact, _: Identities) -> Iterator[About]:
    """Return a signal; what it turned out to be stays in the house."""
    event = fact.event
    assert isinstance(event, AnySignal)
    word, push = signal_push(event, fact.game_ns)
    row = {**flat(push), "kind": word, "signal_seq": event.signal_seq, "seq": fact.cause_seq}
    yield tuple(map(row.get, SIGNAL_CELLS)), ()


def spot_rows(fact: Fact, _: Identities) -> Iterator[About]:
    """Return each underlying's published print."""
    event = fact.event
    assert isinstance(event, PricesStepped)
    for price in event.prices:
        name = price.underlying_id
        yield (*_times(fact), event.step, name, usd(price.index_price), event.is_moving), ()
