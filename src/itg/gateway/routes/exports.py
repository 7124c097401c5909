"""The history of ended rounds as files, for those who research."""

import asyncio
from collections.abc import Callable, Hashable, Sequence

from itg.game.contract import (
    ROUND_NOT_FOUND,
    ROUND_WRONG_STATUS,
    GetRounds,
    Rounds,
    RoundStatus,
    Scope,
)
from itg.gateway.calls import Answer, Call, refused
from itg.gateway.decoding import field_fault
from itg.gateway.directory import reply_of
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import INTERNAL_ERROR
from itg.gateway.round_files import ZIP, RoundFiles
from itg.gateway.tables import CSV, PARQUET, csv_of, parquet_of
from itg.kernel.messages import Query, Reply
from itg.market_data.contract import GetPriceHistory, PriceHistory
from itg.news.contract import GetNews, NewsHistory
from itg.signals.contract import GetSignals, SignalHistory
from itg.translate.exports import Row, Span, news_rows, price_rows, signal_rows
from itg.wire.v1.game import ExportFile, ExportParams

_CANDLE_S = 60
_KEPT = 10_000  # what the services keep at most
# These are answered from what the services keep, as candles and as they stand on the socket.
_OF_SERVICES = ("prices", "events", "signals")


def _export(gateway: Gateway, call: Call, params: ExportParams) -> None:
    if params.format == "lobster" and params.what != "orders":
        raise field_fault("/format", "lobster is a form of what=orders alone")
    if params.what in _OF_SERVICES:
        _export_kept(gateway, call, params)
        return

    def make(files: RoundFiles) -> Answer:
        if params.format == "lobster":
            return _attached(files.lobster(params.round_id), ZIP, f"{params.what}.zip", params)
        body, media_type = files.table(params.round_id, params.what, params.format)
        return _attached(body, media_type, f"{params.what}.{params.format}", params)

    of_ended(gateway, call, params.round_id, ("table", params.what, params.format), make)


def of_ended(
    gateway: Gateway,
    call: Call,
    round_id: int,
    kind: Hashable,
    make: Callable[[RoundFiles], Answer],
) -> None:
    """Answer with a file of a round that has ended; `make` runs in a worker thread.

    Calls of one `kind` in one round have the same answer.
    """
    files, of_round = gateway.round_files, (round_id, kind)
    when_ended(gateway, call, round_id, lambda: files.run(call, of_round, make))


def when_ended(gateway: Gateway, call: Call, round_id: int, go: Callable[[], None]) -> None:
    """Go on if a round has ended, and refuse the call otherwise."""

    def compose(replies: Sequence[Reply]) -> Answer:
        try:
            _span_of(round_id, reply_of(Rounds, replies))
        except RefusedError as error:
            return refused(error.problem)
        return Answer(200)

    def reply(answer: Answer) -> None:
        if answer.problem is not None:
            call.reply(answer)
        else:
            go()

    gateway.read(call.answered_by(reply), (GetRounds(),), compose)


def _attached(body: bytes, media_type: str, name: str, params: ExportParams) -> Answer:
    held = f'attachment; filename="round-{params.round_id}-{name}"'
    headers = ((b"content-disposition", held.encode()),)
    return Answer(200, body, headers, media_type=media_type.encode())


def _export_kept(gateway: Gateway, call: Call, params: ExportParams) -> None:
    known: list[Sequence[Reply]] = []

    def compose(replies: Sequence[Reply]) -> Answer:
        known.append(replies)
        try:
            _span_of(params.round_id, reply_of(Rounds, replies))
        except RefusedError as error:
            return refused(error.problem)
        return Answer(200)

    def reply(answer: Answer) -> None:
        if answer.problem is not None:
            call.reply(answer)
            return
        # Thousands of rows take a while: a thread writes them, and trading goes on meanwhile.
        loop = asyncio.get_running_loop()
        written = loop.run_in_executor(None, _file_of, params, known[0], answer)
        written.add_done_callback(lambda done: call.reply(_result_of(done)))

    queries = (GetRounds(), *_queries(gateway, params.what))
    gateway.read(call.answered_by(reply), queries, compose)


def _result_of(written: asyncio.Future[Answer]) -> Answer:
    error = written.exception()
    if isinstance(error, RefusedError):
        return refused(error.problem)
    return refused(problem_of(INTERNAL_ERROR)) if error is not None else written.result()


def _queries(gateway: Gateway, what: str) -> tuple[Query, ...]:
    directory = gateway.directory
    match what:
        case "prices":
            return tuple(
                GetPriceHistory(underlying_id=u, interval_s=_CANDLE_S, count=_KEPT)
                for u in directory.shards
            )
        case "events":
            return (GetNews(count=_KEPT),)
        case _:
            has_signals = directory.game.rules.has_signals
            return tuple(GetSignals(role=r, count=_KEPT) for r in directory.roles if has_signals)


def _span_of(round_id: int, told: Rounds) -> Span:
    starts = [one.start_ns for one in told.rounds]
    for place, one in enumerate(told.rounds):
        if one.round_id == round_id:
            if one.status is not RoundStatus.ENDED:
                detail = f"round {round_id} is {one.status.value}; export it once it has ended"
                raise RefusedError(problem_of(ROUND_WRONG_STATUS, detail))
            return one.start_ns, (*starts[place + 1 :], None)[0]
    raise RefusedError(problem_of(ROUND_NOT_FOUND, f"no round {round_id}"))


def _file_of(params: ExportParams, replies: Sequence[Reply], answer: Answer) -> Answer:
    rows = _rows_of(replies, _span_of(params.round_id, reply_of(Rounds, replies)))
    is_csv = params.format == "csv"
    name = f"round-{params.round_id}-{params.what}.{params.format}"
    return Answer(
        200,
        csv_of(rows) if is_csv else parquet_of(rows),
        (*answer.headers, (b"content-disposition", f'attachment; filename="{name}"'.encode())),
        media_type=(CSV if is_csv else PARQUET).encode(),
    )


def _rows_of(replies: Sequence[Reply], span: Span) -> list[Row]:
    news = [item for r in replies if isinstance(r, NewsHistory) for item in r.items]
    signals = [item for r in replies if isinstance(r, SignalHistory) for item in r.items]
    prices = [reply for reply in replies if isinstance(reply, PriceHistory)]
    return [
        *price_rows(prices, span),
        *news_rows(news, span),
        *signal_rows(signals, span),
    ]


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="rounds.export",
            method="GET",
            path="/game/rounds/{round_id}/export",
            summary="Export an ended round as a file: trades, orders, quotes, prices and more.",
            result=ExportFile,
            scope=Scope.RESEARCH,
            on_socket=False,
            media_types=(CSV, PARQUET, ZIP),
        ),
        ExportParams,
        _export,
    ),
)
