"""Instruments, books, tape, own fills, status and rate budgets."""

from collections.abc import Sequence

from itg.exchange.contract import (
    BookSnapshot,
    BookSnapshots,
    ExchangeStatus,
    GetBook,
    GetBooks,
    GetExchangeStatus,
    GetTrades,
    PublicTrades,
)
from itg.gateway.calls import Answer, Call, done
from itg.gateway.cursors import cursor_of, page_of, place_of
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless, read
from itg.gateway.problems import RefusedError, problem_of
from itg.kernel.ids import AccountId, InstrumentId, Seq, Shard, TradeId, UnderlyingId, shard_of_id
from itg.kernel.messages import Reply
from itg.market_data.contract import UNDERLYING_NOT_FOUND
from itg.positions.contract import Budgets, Fills, GetBudgets, GetFills
from itg.translate.account import budget_bodies
from itg.translate.market import book_body, instrument_body, status_body, trade_body
from itg.translate.orders import fill_bodies
from itg.wire.v1.market import (
    BookBody,
    BookPage,
    ExchangeStatusBody,
    InstrumentBody,
    InstrumentPage,
    TradePage,
)
from itg.wire.v1.orders import BudgetBody, FillPage, RateLimitsBody
from itg.wire.v1.reads import (
    BookParams,
    BooksParams,
    FillsParams,
    InstrumentParams,
    InstrumentsParams,
    TradesParams,
)


def _list_instruments(gateway: Gateway, call: Call, params: InstrumentsParams) -> None:
    directory = gateway.directory
    wanted = None if params.underlying is None else _underlying(gateway, params.underlying)
    rows = [
        instrument
        for instrument in directory.instruments.values()
        if wanted is None or instrument.underlying_id == wanted
    ]
    page, next_cursor = page_of(rows, params.cursor, params.limit)
    items = [instrument_body(instrument) for instrument in page]
    answer = done(InstrumentPage(items=items, next_cursor=next_cursor))
    version = f"{gateway.feed.epoch}-{directory.listings}-{len(directory.instruments)}"
    call.reply(gateway.as_of(call, tagged(call, answer, version)))


def _get_instrument(gateway: Gateway, call: Call, params: InstrumentParams) -> None:
    listed = gateway.assert_listed(params.instrument_id)
    directory = gateway.directory
    answer = done(instrument_body(directory.instruments[listed]))
    version = f"{gateway.feed.epoch}-{directory.listings}"
    call.reply(gateway.as_of(call, tagged(call, answer, version)))


def tagged(call: Call, answer: Answer, version: str) -> Answer:
    """Return the answer with its entity tag, or 304 if the caller has it."""
    tag = f'"{version}"'.encode()
    headers = (*answer.headers, (b"etag", tag))
    known = [candidate.strip().removeprefix(b"W/") for candidate in call.if_none_match.split(b",")]
    if tag in known:
        return Answer(304, headers=headers)
    return Answer(answer.status, answer.body, headers)


def _get_book(gateway: Gateway, call: Call, params: BookParams) -> None:
    listed = gateway.assert_listed(params.instrument_id)
    shard = gateway.directory.instruments[listed].shard
    query = GetBook(shard=shard, instrument_id=listed, depth_levels=params.depth)

    def compose(replies: Sequence[Reply]) -> Answer:
        seq = gateway.feed.channel(f"book.{listed}").seq
        book = reply_of(BookSnapshot, replies)
        # A phase may change without a frame of the book's own channel.
        version = f"{gateway.feed.epoch}-{seq}-{book.phase.value}-{params.depth or 0}"
        return tagged(call, done(book_body(book, seq, params.depth)), version)

    gateway.read(call, (query,), compose)


def _list_books(gateway: Gateway, call: Call, params: BooksParams) -> None:
    shards = _shards(gateway, params.underlying)
    queries = tuple(GetBooks(shard=shard, depth_levels=params.depth) for shard in shards)

    def compose(replies: Sequence[Reply]) -> Answer:
        books = [b for reply in replies if isinstance(reply, BookSnapshots) for b in reply.books]
        page, next_cursor = page_of(books, params.cursor, params.limit)
        seq_of = gateway.feed.channel
        items = [
            book_body(book, seq_of(f"book.{book.instrument_id}").seq, params.depth) for book in page
        ]
        return done(BookPage(items=items, next_cursor=next_cursor))

    gateway.read(call, queries, compose)


def _list_trades(gateway: Gateway, call: Call, params: TradesParams) -> None:
    after = place_of(params.cursor)
    instrument_id = None
    shards = _shards(gateway, None)
    if params.instrument_id is not None:
        instrument_id = gateway.assert_listed(params.instrument_id)
        shards = [gateway.directory.instruments[instrument_id].shard]
    queries = tuple(_tape_query(shard, instrument_id, after, params.limit) for shard in shards)

    def compose(replies: Sequence[Reply]) -> Answer:
        tapes = [
            trade for reply in replies if isinstance(reply, PublicTrades) for trade in reply.trades
        ]
        tapes.sort(key=lambda trade: (trade.game_ns, trade.trade_id))
        page = tapes[: params.limit]
        reached = after | {str(shard_of_id(t.trade_id)): int(t.trade_id) for t in page}
        is_full = len(page) == params.limit
        return done(
            TradePage(
                items=[trade_body(trade) for trade in page],
                next_cursor=cursor_of(reached) if is_full else None,
            )
        )

    gateway.read(call, queries, compose)


def _tape_query(
    shard: Shard, instrument_id: InstrumentId | None, after: dict[str, int], count: int
) -> GetTrades:
    reached = after.get(str(shard))
    return GetTrades(
        shard=shard,
        instrument_id=instrument_id,
        after_trade_id=None if reached is None else TradeId(reached),
        count=count,
    )


def _list_fills(gateway: Gateway, call: Call, params: FillsParams) -> None:
    list_fills_of(gateway, call, call.account_id(), params)


def list_fills_of(gateway: Gateway, call: Call, account_id: AccountId, params: FillsParams) -> None:
    """Answer with a page of an account's fills."""
    since = place_of(params.cursor).get("seq", params.since_seq)
    query = GetFills(
        account_id=account_id,
        since_seq=None if since is None else Seq(since),
        instrument_id=None if params.instrument_id is None else InstrumentId(params.instrument_id),
        count=params.limit,
    )

    def compose(replies: Sequence[Reply]) -> Answer:
        found = reply_of(Fills, replies)
        fills = fill_bodies(found)
        is_full = len(fills) == params.limit
        return done(
            FillPage(
                items=fills,
                next_cursor=cursor_of({"seq": fills[-1].seq}) if is_full else None,
                is_complete=found.is_complete,
            )
        )

    gateway.read(call, (query,), compose)


def _get_status(gateway: Gateway, call: Call) -> None:
    queries = tuple(GetExchangeStatus(shard=shard) for shard in _shards(gateway, None))

    def compose(replies: Sequence[Reply]) -> Answer:
        statuses = [reply for reply in replies if isinstance(reply, ExchangeStatus)]
        return done(status_body(statuses))

    gateway.read(call, queries, compose)


def _get_limits(gateway: Gateway, call: Call) -> None:
    account_id = call.account_id()
    query = GetBudgets(account_id=account_id, game_ns=gateway.pump.clock.game_ns())
    queries = gateway.guard.queries

    def compose(replies: Sequence[Reply]) -> Answer:
        budgets = budget_bodies(reply_of(Budgets, replies))
        own = BudgetBody(
            kind=Metered.QUERY.value,
            per_s=int(queries.per_s),
            burst=int(queries.burst),
            remaining=queries.remaining(account_id),
        )
        return done(RateLimitsBody(budgets=[*budgets, own]))

    gateway.read(call, (query,), compose)


def _underlying(gateway: Gateway, underlying: str) -> UnderlyingId:
    underlying_id = UnderlyingId(underlying)
    if underlying_id not in gateway.directory.shards:
        raise RefusedError(problem_of(UNDERLYING_NOT_FOUND, f"no underlying {underlying[:64]}"))
    return underlying_id


def _shards(gateway: Gateway, underlying: str | None) -> list[Shard]:
    shards = gateway.directory.shards
    if underlying is None:
        return list(shards.values())
    return [shards[_underlying(gateway, underlying)]]


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="instruments.list",
            method="GET",
            path="/exchange/instruments",
            summary="List the instruments; answers 304 to a known ETag.",
            result=InstrumentPage,
            has_etag=True,
        ),
        InstrumentsParams,
        _list_instruments,
    ),
    read(
        Route(
            name="instruments.get",
            method="GET",
            path="/exchange/instruments/{instrument_id}",
            summary="Read one instrument's terms; answers 304 to a known ETag.",
            result=InstrumentBody,
            has_etag=True,
        ),
        InstrumentParams,
        _get_instrument,
    ),
    read(
        Route(
            name="orderbook.get",
            method="GET",
            path="/exchange/orderbook/{instrument_id}",
            summary="Read one book, 304 to a known ETag; seq is that of its channel on the socket.",
            result=BookBody,
            has_etag=True,
        ),
        BookParams,
        _get_book,
    ),
    read(
        Route(
            name="orderbooks.list",
            method="GET",
            path="/exchange/orderbooks",
            summary="Read the books of an underlying's instruments, or all.",
            result=BookPage,
        ),
        BooksParams,
        _list_books,
    ),
    read(
        Route(
            name="trades.list",
            method="GET",
            path="/exchange/trades",
            summary="Read the public tape, oldest first.",
            result=TradePage,
        ),
        TradesParams,
        _list_trades,
    ),
    read(
        Route(
            name="fills.list",
            method="GET",
            path="/exchange/fills",
            summary="Read your fills, oldest first, as far back as the mailbox reaches.",
            result=FillPage,
        ),
        FillsParams,
        _list_fills,
    ),
    parameterless(
        Route(
            name="status.get",
            method="GET",
            path="/exchange/status",
            summary="Read the market's phase, halts and what comes next.",
            result=ExchangeStatusBody,
        ),
        _get_status,
    ),
    parameterless(
        Route(
            name="limits.get",
            method="GET",
            path="/exchange/limits",
            summary="Read your rate budgets.",
            result=RateLimitsBody,
        ),
        _get_limits,
    ),
)
