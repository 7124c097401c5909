"""Two-sided quotes."""

from collections.abc import Sequence

from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act, read
from itg.gateway.problems import problem_of_refusal
from itg.gateway.reading_back import read_back
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.messages import Reply
from itg.positions.contract import (
    GetQuotes,
    Quotes,
    RequestQuotePull,
)
from itg.runtime.envelope import Record
from itg.translate.orders import (
    quote_body,
    quotes_body,
    refusal_of_quotes,
    reserve_quotes,
)
from itg.wire.v1.orders import QuotesBody, QuotesRequest
from itg.wire.v1.reads import QuotesParams
from itg.wire.v1.socket import PullParams


def _set_quotes(gateway: Gateway, call: Call, params: QuotesRequest) -> None:
    account_id = call.account_id()
    told = QuotesBody(quotes=[])

    def compose(record: Record) -> Answer:
        nonlocal told
        refusal = refusal_of_quotes(account_id, record.outputs)
        if refusal is not None:
            return refused(problem_of_refusal(refusal))
        told = quotes_body(account_id, record.outputs)
        return done(told)

    def reply(answer: Answer) -> None:
        untold = frozenset(quote.instrument_id for quote in params.quotes) - _named(told)
        if answer.problem is not None or not untold:
            call.reply(answer)
            return
        # A quote that stands as asked is told of by nobody: look how it stands.
        query = GetQuotes(account_id=account_id)
        read_back(gateway, call, (query,), lambda replies: done(_completed(told, untold, replies)))

    gateway.trade(
        call.answered_by(reply), reserve_quotes(account_id, params), compose, Metered.ORDER
    )


def _named(told: QuotesBody) -> frozenset[str]:
    standing = (quote.instrument_id for quote in told.quotes)
    return frozenset((*standing, *(rejected.instrument_id for rejected in told.rejected)))


def _completed(told: QuotesBody, untold: frozenset[str], replies: Sequence[Reply]) -> QuotesBody:
    quotes = reply_of(Quotes, replies).quotes
    standing = [quote_body(quote) for quote in quotes if quote.instrument_id in untold]
    return QuotesBody(quotes=[*told.quotes, *standing], rejected=told.rejected)


def _pull_quotes(gateway: Gateway, call: Call, params: PullParams) -> None:
    account_id = call.account_id()
    name = params.instrument_id
    command = RequestQuotePull(
        account_id=account_id,
        instrument_id=None if name is None else gateway.assert_listed(name),
    )

    def compose(record: Record) -> Answer:
        return done(quotes_body(account_id, record.outputs))

    gateway.trade(call, command, compose, Metered.FREE)


def _list_quotes(gateway: Gateway, call: Call, params: QuotesParams) -> None:
    list_quotes_of(gateway, call, call.account_id(), params)


def list_quotes_of(
    gateway: Gateway, call: Call, account_id: AccountId, params: QuotesParams
) -> None:
    """Answer with an account's standing quotes."""
    name = params.instrument_id
    query = GetQuotes(
        account_id=account_id, instrument_id=None if name is None else InstrumentId(name)
    )

    def compose(replies: Sequence[Reply]) -> Answer:
        quotes = reply_of(Quotes, replies).quotes
        return done(QuotesBody(quotes=[quote_body(quote) for quote in quotes]))

    gateway.read(call, (query,), compose)


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="quote.set",
            method="PUT",
            path="/exchange/quotes",
            summary="Your quotes are now these; others are pulled, or kept where asked.",
            result=QuotesBody,
            scope=Scope.TRADE,
            metered=Metered.ORDER,
        ),
        QuotesRequest,
        _set_quotes,
    ),
    read(
        Route(
            name="quotes.list",
            method="GET",
            path="/exchange/quotes",
            summary="List your standing quotes.",
            result=QuotesBody,
        ),
        QuotesParams,
        _list_quotes,
    ),
    *(
        read(
            Route(
                name=name,
                method="DELETE",
                path=path,
                summary="Pull your quote in one instrument, or all; never metered.",
                result=QuotesBody,
                scope=Scope.TRADE,
                metered=Metered.FREE,
                on_socket=name == "quote.pull",
            ),
            PullParams,
            _pull_quotes,
        )
        for name, path in (
            ("quote.pull", "/exchange/quotes"),
            ("quote.pull_one", "/exchange/quotes/{instrument_id}"),
        )
    ),
)
