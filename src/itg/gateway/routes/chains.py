"""Option chains and the volatility surface."""

from collections.abc import Sequence

from itg.exchange.contract import BookSnapshot, BookSnapshots, GetBooks
from itg.gateway.calls import Answer, Call, done
from itg.gateway.directory import reply_of
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, read
from itg.gateway.routes.prices import underlying_in
from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.messages import Query, Reply
from itg.kernel.times import to_micros
from itg.market_data.contract import (
    GetMarks,
    GetSurface,
    ImpliedVolatilities,
    ImplyVolatilities,
    Marks,
    Surface,
)
from itg.translate.chain import ChainFacts, chain_rows, is_option, mids_of, surface_body
from itg.translate.numbers import optional_usd
from itg.wire.v1.chain import ChainBody, ChainParams, SurfaceBody


def _get_chain(gateway: Gateway, call: Call, params: ChainParams) -> None:
    underlying_id = underlying_in(gateway, params.underlying)
    directory = gateway.directory
    has_market = directory.game.rules.has_market
    books = GetBooks(shard=directory.shards[underlying_id], depth_levels=1)
    queries: tuple[Query, ...] = (books,)
    if has_market:
        queries = (books, GetMarks(underlying_id=underlying_id))

    def follow(replies: Sequence[Reply]) -> tuple[Query, ...]:
        quotes = mids_of(_books_of_series(gateway, replies)) if has_market else ()
        return (ImplyVolatilities(quotes=quotes),) if quotes else ()

    gateway.read(call, queries, lambda replies: _chain(gateway, underlying_id, replies), follow)


def _books_of_series(gateway: Gateway, replies: Sequence[Reply]) -> list[BookSnapshot]:
    listed = gateway.directory.instruments
    books = reply_of(BookSnapshots, replies).books
    return [b for b in books if b.instrument_id in listed and is_option(listed[b.instrument_id])]


def _chain(gateway: Gateway, underlying_id: UnderlyingId, replies: Sequence[Reply]) -> Answer:
    directory = gateway.directory
    books = _books_of_series(gateway, replies)
    prices = directory.last_prices
    prints = {price.underlying_id: price.index_price for price in prices.prices}
    marks = [mark for reply in replies if isinstance(reply, Marks) for mark in reply.marks]
    facts = ChainFacts(
        books=books,
        marks={mark.instrument_id: mark for mark in marks},
        lasts=directory.last_trades,
        mid_vols=_mid_vols([quote.instrument_id for quote in mids_of(books)], replies),
    )
    series = [i for i in directory.instruments.values() if i.underlying_id == underlying_id]
    return done(
        ChainBody(
            underlying_id=underlying_id,
            price=optional_usd(prints.get(underlying_id)),
            game_us=to_micros(prices.game_ns),
            items=chain_rows(series, facts),
        )
    )


def _mid_vols(
    names: Sequence[InstrumentId], replies: Sequence[Reply]
) -> dict[InstrumentId, int | None]:
    told = [reply for reply in replies if isinstance(reply, ImpliedVolatilities)]
    return dict(zip(names, told[0].volatilities, strict=True)) if told else {}


def _get_surface(gateway: Gateway, call: Call, params: ChainParams) -> None:
    underlying_id = underlying_in(gateway, params.underlying)
    if not gateway.directory.game.rules.has_market:
        empty = SurfaceBody(underlying_id=underlying_id, slices=[])
        call.reply(gateway.as_of(call, done(empty)))
        return

    def compose(replies: Sequence[Reply]) -> Answer:
        return done(surface_body(reply_of(Surface, replies)))

    gateway.read(call, (GetSurface(underlying_id=underlying_id),), compose)


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="chain.get",
            method="GET",
            path="/market/chains/{underlying}",
            summary="Read an underlying's series: book, last trade, fair value, greeks.",
            result=ChainBody,
        ),
        ChainParams,
        _get_chain,
    ),
    read(
        Route(
            name="surface.get",
            method="GET",
            path="/market/surface/{underlying}",
            summary="Read an underlying's fair volatility by expiry and strike.",
            result=SurfaceBody,
        ),
        ChainParams,
        _get_surface,
    ),
)
