"""Facts of a round as rows of a table: flat, oldest first, named as on the wire."""

from collections.abc import Iterable, Sequence

from msgspec import to_builtins

from itg.kernel.times import Nanos
from itg.market_data.contract import PriceHistory
from itg.news.contract import PublishedItem
from itg.signals.contract import SignalItem
from itg.translate.chain import candle_page
from itg.translate.news import news_push
from itg.translate.signals import signal_body
from itg.wire.v1.orders import Body

Cell = str | int | float | bool | None
Row = dict[str, Cell]
Span = tuple[Nanos, Nanos | None]  # from, to (excluded; None: without end)


def price_rows(histories: Iterable[PriceHistory], span: Span) -> list[Row]:
    """Return the candles of a span, by start and then in the underlyings' order."""
    rows: list[tuple[Nanos, Row]] = []
    for history in histories:
        bodies = candle_page(history).items
        for candle, body in zip(history.candles, bodies, strict=True):
            if is_within(candle.start_ns, span):
                row = {"underlying_id": history.underlying_id, **flat(body)}
                rows.append((candle.start_ns, row))
    return [row for _, row in sorted(rows, key=lambda dated: dated[0])]


def news_rows(items: Iterable[PublishedItem], span: Span) -> list[Row]:
    """Return the headlines of a span."""
    return [flat(news_push(item)) for item in items if is_within(item.published_ns, span)]


def signal_rows(items: Iterable[SignalItem], span: Span) -> list[Row]:
    """Return the signals of a span, of all roles; a column that a kind does not have is empty."""
    kept = [item for item in items if is_within(item.signaled_ns, span)]
    kept.sort(key=lambda item: (item.signaled_ns, item.signal.role, item.signal.signal_seq))
    return [flat(signal_body(item)) for item in kept]


def is_within(at_ns: Nanos, span: Span) -> bool:
    """Tell whether an instant lies in a span."""
    start_ns, end_ns = span
    return at_ns >= start_ns and (end_ns is None or at_ns < end_ns)


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Return every row's columns, in the order in which they first stand."""
    return list(dict.fromkeys(name for row in rows for name in row))


def flat(body: Body) -> Row:
    """Return a body as one row; the parts of a part stand beside it."""
    row: Row = {}
    for name, value in to_builtins(body).items():
        if isinstance(value, dict):
            row.update({f"{name}_{part}": cell for part, cell in value.items()})
        else:
            row[name] = value
    return row
