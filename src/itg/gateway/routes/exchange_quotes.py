"""Two-sided quotes."""

from collections.abc import Sequence

from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, read
from itg.gateway.problems import problem_of_refusal
from itg.kernel.ids import InstrumentId
from itg.kernel.messages import Reply
from itg.positions.contract import (
    AccountQuoteRejected,
    GetQuotes,
    Quotes,
    QuotesHandled,
    RequestQuotePull,
)
from itg.runtime.envelope import Record
from itg.translate.orders import quote_body, quotes_body, reserve_quotes
from itg.wire.v1.orders import QuotesBody, QuotesRequest
from itg.wire.v1.reads import QuotesParams
from itg.wire.v1.socket import PullParams


def _set_quotes(gateway: Gateway, call: Call, params: QuotesRequest) -> None:
    account_id = call.account_id()

    def compose(record: Record) -> Answer:
        handled = first_of(QuotesHandled, record.outputs)
        rejected = first_of(AccountQuoteRejected, record.outputs)
        # Nothing taken: the request as a whole is refused, with the first reason.
        if rejected is not None and (handled is None or handled.accepted == 0):
            return refused(problem_of_refusal(rejected.refusal))
        return done(quotes_body(account_id, record.outputs))

    gateway.trade(call, reserve_quotes(account_id, params), compose, Metered.ORDER)


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
    name = params.instrument_id
    query = GetQuotes(
        account_id=call.account_id(), instrument_id=None if name is None else InstrumentId(name)
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
            summary="Make your quotes in these instruments exactly these; others stay.",
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
