"""Several publications of a state channel as one, equal in effect to all of them in order."""

from collections.abc import Sequence

from itg.wire.v1.chain import ChainPush, MarkPush
from itg.wire.v1.market import (
    BookPush,
    BustPush,
    PhasePush,
    PriceBody,
    PricesPush,
    TopPush,
    TopsPush,
    TradeBody,
)
from itg.wire.v1.orders import Body
from itg.wire.v1.ui import UiPush

UI_TRADES_MAX = 100


def merged_book(instrument_id: str, bodies: Sequence[Body]) -> BookPush:
    """Return a delta with the last quantity of each level, the last phase and indication."""
    bids: dict[float, int] = {}
    asks: dict[float, int] = {}
    phase = None
    indication: BookPush | None = None
    is_uncrossed = False
    for body in bodies:
        if isinstance(body, PhasePush):
            phase = body.phase
            if body.quantity is not None:
                indication, is_uncrossed = None, True
            continue
        assert isinstance(body, BookPush), "a book's channel carries books and phases"
        bids.update(body.bids)
        asks.update(body.asks)
        phase = body.phase or phase
        if body.indicative_quantity is not None:
            indication = body
    return BookPush(
        instrument_id=instrument_id,
        bids=list(bids.items()),
        asks=list(asks.items()),
        phase=phase,
        indicative_price=indication.indicative_price if indication else None,
        indicative_quantity=_quantity(indication, is_uncrossed=is_uncrossed),
        imbalance_quantity=indication.imbalance_quantity if indication else None,
        imbalance_side=indication.imbalance_side if indication else None,
    )


def _quantity(indication: BookPush | None, *, is_uncrossed: bool) -> int | None:
    if indication is not None:
        return indication.indicative_quantity
    # After an uncross nothing is indicated any more: 0 says so, silence would not.
    return 0 if is_uncrossed else None


def merged_tops(bodies: Sequence[Body]) -> TopsPush:
    """Return the last top of each instrument."""
    last: dict[str, TopPush] = {}
    for body in bodies:
        assert isinstance(body, TopsPush), "a channel of tops carries tops"
        last.update((top.instrument_id, top) for top in body.tops)
    return TopsPush(tops=list(last.values()))


def merged_prices(bodies: Sequence[Body]) -> PricesPush:
    """Return the last print of each underlying."""
    last: dict[str, PriceBody] = {}
    for body in bodies:
        assert isinstance(body, PricesPush), "a channel of prices carries prices"
        last.update((price.underlying_id, price) for price in body.prices)
    return PricesPush(prices=list(last.values()))


def merged_marks(bodies: Sequence[Body]) -> ChainPush:
    """Return the last marks of each series."""
    last: dict[str, MarkPush] = {}
    for body in bodies:
        assert isinstance(body, ChainPush), "a chain's channel carries marks"
        last.update((mark.instrument_id, mark) for mark in body.marks)
    return ChainPush(marks=list(last.values()))


def merged_page(underlying_id: str, bodies: Sequence[Body]) -> UiPush:
    """Return the last of everything that an underlying's page shows, and its newest trades.

    `bodies` are of the channels it repeats, or merged ones; of the prints its own is kept.
    """
    tops: dict[str, TopPush] = {}
    marks: dict[str, MarkPush] = {}
    prices: dict[str, PriceBody] = {}
    trades: list[TradeBody] = []
    busts: dict[int, BustPush] = {}
    for body in bodies:
        match body:
            case TradeBody():
                trades.append(body)
            case BustPush():
                busts[body.trade_id] = body
            case TopsPush():
                tops.update((top.instrument_id, top) for top in body.tops)
            case ChainPush():
                marks.update((mark.instrument_id, mark) for mark in body.marks)
            case PricesPush():
                prices.update((price.underlying_id, price) for price in body.prices)
            case _:
                assert isinstance(body, UiPush), "a page shows tops, marks, prints and the tape"
                tops.update((top.instrument_id, top) for top in body.tops)
                marks.update((mark.instrument_id, mark) for mark in body.marks)
                prices.update((price.underlying_id, price) for price in body.prices)
                trades += body.trades
                busts.update((bust.trade_id, bust) for bust in body.busts)
    return UiPush(
        tops=list(tops.values()),
        marks=list(marks.values()),
        prices=[price for price in prices.values() if price.underlying_id == underlying_id],
        trades=trades[-UI_TRADES_MAX:],
        busts=list(busts.values()),
    )
