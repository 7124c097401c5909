"""Chains, surfaces and candles: fair values and greeks out of millionths and price units."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from itg.exchange.contract import BookSnapshot
from itg.kernel.ids import InstrumentId
from itg.kernel.money import Price
from itg.kernel.times import to_micros
from itg.kernel.words import Instrument, OptionTerms
from itg.market_data.contract import (
    Mark,
    PriceHistory,
    QuotedPrice,
    Surface,
    SurfaceSlice,
)
from itg.translate.numbers import optional_usd, usd
from itg.wire.v1.chain import (
    CandleBody,
    CandlePage,
    ChainRowBody,
    MarkPush,
    SurfaceBody,
    SurfacePointBody,
    SurfaceSliceBody,
)

PPM = 1_000_000
_YEARS = 1_000_000_000
_SECONDS = {"s": 1, "m": 60, "h": 3_600}


class ChainFacts(Struct, frozen=True, kw_only=True):
    """What a chain is made of, by instrument."""

    books: Sequence[BookSnapshot]
    marks: Mapping[InstrumentId, Mark]
    lasts: Mapping[InstrumentId, Price]
    mid_vols: Mapping[InstrumentId, int | None]


def interval_of(text: str) -> int:
    """Return an interval in seconds: `90`, `90s`, `5m`, `1h`."""
    unit = text[-1]
    return int(text[:-1]) * _SECONDS[unit] if unit in _SECONDS else int(text)


def mids_of(books: Iterable[BookSnapshot]) -> tuple[QuotedPrice, ...]:
    """Return the middle of every book that has both sides, an exact half unit down."""
    return tuple(
        QuotedPrice(book.instrument_id, Price((book.bids[0][0] + book.asks[0][0]) // 2))
        for book in books
        if book.bids and book.asks
    )


def chain_rows(series: Iterable[Instrument], facts: ChainFacts) -> list[ChainRowBody]:
    """Return the rows of a chain in the series' order; underlyings are no series."""
    book_of = {book.instrument_id: book for book in facts.books}
    return [_row(one, book_of.get(one.instrument_id), facts) for one in series if is_option(one)]


def is_option(instrument: Instrument) -> bool:
    """Tell a series from an underlying."""
    return isinstance(instrument.option, OptionTerms)


def _row(one: Instrument, book: BookSnapshot | None, facts: ChainFacts) -> ChainRowBody:
    option, name = one.option, one.instrument_id
    assert isinstance(option, OptionTerms), "a chain has options alone"
    bid = book.bids[0] if book and book.bids else None
    ask = book.asks[0] if book and book.asks else None
    mark = facts.marks.get(name)
    marked = None if mark is None else mark_push(mark)
    return ChainRowBody(
        instrument_id=name,
        right=option.right.value,
        strike=usd(option.strike),
        expires_us=to_micros(option.expires_ns),
        bid=None if bid is None else usd(bid[0]),
        bid_quantity=0 if bid is None else bid[1],
        ask=None if ask is None else usd(ask[0]),
        ask_quantity=0 if ask is None else ask[1],
        last=optional_usd(facts.lasts.get(name)),
        mid_iv=_optional_fraction(facts.mid_vols.get(name)),
        mark_price=None if marked is None else marked.mark_price,
        iv=None if marked is None else marked.iv,
        delta=None if marked is None else marked.delta,
        gamma=None if marked is None else marked.gamma,
        vega=None if marked is None else marked.vega,
        theta=None if marked is None else marked.theta,
    )


def mark_push(mark: Mark) -> MarkPush:
    """Return one series' fair value and greeks."""
    return MarkPush(
        instrument_id=mark.instrument_id,
        mark_price=usd(mark.mark_price),
        iv=mark.implied_vol / PPM,
        delta=mark.delta / PPM,
        gamma=mark.gamma / PPM,
        vega=mark.vega / PPM,
        theta=mark.theta / PPM,
    )


def _optional_fraction(ppm: int | None) -> float | None:
    return None if ppm is None else ppm / PPM


def surface_body(surface: Surface) -> SurfaceBody:
    """Return a surface; the noise-free price it stands on stays inside."""
    return SurfaceBody(
        underlying_id=surface.underlying_id, slices=[_slice(one) for one in surface.slices]
    )


def _slice(one: SurfaceSlice) -> SurfaceSliceBody:
    return SurfaceSliceBody(
        expires_us=to_micros(one.expires_ns),
        years=one.years / _YEARS,
        level_iv=one.level_vol / PPM,
        strikes=[
            SurfacePointBody(
                strike=usd(point.strike),
                moneyness=point.moneyness / PPM,
                iv=point.implied_vol / PPM,
            )
            for point in one.points
        ],
    )


def candle_page(history: PriceHistory) -> CandlePage:
    """Return candles."""
    return CandlePage(
        underlying_id=history.underlying_id,
        interval_s=history.interval_s,
        items=[
            CandleBody(
                start_us=to_micros(candle.start_ns),
                open_price=usd(candle.open_price),
                high_price=usd(candle.high_price),
                low_price=usd(candle.low_price),
                close_price=usd(candle.close_price),
            )
            for candle in history.candles
        ],
        next_cursor=None,
    )
