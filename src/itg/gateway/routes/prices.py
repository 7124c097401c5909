"""The published prints of the underlyings."""

from collections.abc import Sequence

from itg.gateway.calls import Answer, Call, done
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless, read
from itg.gateway.problems import RefusedError, problem_of
from itg.kernel.ids import UnderlyingId
from itg.kernel.messages import Reply
from itg.market_data.contract import UNDERLYING_NOT_FOUND, GetPriceHistory, PriceHistory
from itg.translate.chain import candle_page, interval_of
from itg.wire.v1.chain import CandlePage, HistoryParams
from itg.wire.v1.market import PriceBody, PricePage
from itg.wire.v1.reads import PriceParams


def _list_prices(gateway: Gateway, call: Call) -> None:
    page = PricePage(items=_rows(gateway), next_cursor=None)
    call.reply(gateway.as_of(call, done(page)))


def _get_price(gateway: Gateway, call: Call, params: PriceParams) -> None:
    for row in _rows(gateway):
        if row.underlying_id == params.underlying_id:
            call.reply(gateway.as_of(call, done(row)))
            return
    detail = f"no price of {params.underlying_id[:64]}"
    raise RefusedError(problem_of(UNDERLYING_NOT_FOUND, detail))


def _get_history(gateway: Gateway, call: Call, params: HistoryParams) -> None:
    underlying_id = underlying_in(gateway, params.underlying_id)
    query = GetPriceHistory(
        underlying_id=underlying_id, interval_s=interval_of(params.interval), count=params.limit
    )

    def compose(replies: Sequence[Reply]) -> Answer:
        history = replies[0]
        if not isinstance(history, PriceHistory):  # of an underlying without a model
            history = PriceHistory(
                underlying_id=underlying_id, interval_s=query.interval_s, candles=()
            )
        return done(candle_page(history))

    gateway.read(call, (query,), compose)


def underlying_in(gateway: Gateway, name: str) -> UnderlyingId:
    """Return an underlying's id; refuse one there is not."""
    underlying_id = UnderlyingId(name)
    if underlying_id not in gateway.directory.shards:
        known = ", ".join(gateway.directory.shards)
        detail = f"no underlying {name[:64]}; there are {known}"
        raise RefusedError(problem_of(UNDERLYING_NOT_FOUND, detail))
    return underlying_id


def _rows(gateway: Gateway) -> list[PriceBody]:
    return gateway.last_known.prices(gateway.directory)


OPERATIONS: tuple[Operation, ...] = (
    parameterless(
        Route(
            name="prices.get",
            method="GET",
            path="/prices",
            summary="Read the last print of every underlying.",
            result=PricePage,
        ),
        _list_prices,
    ),
    read(
        Route(
            name="price.get",
            method="GET",
            path="/prices/{underlying_id}",
            summary="Read the last print of one underlying.",
            result=PriceBody,
        ),
        PriceParams,
        _get_price,
    ),
    read(
        Route(
            name="price.history",
            method="GET",
            path="/prices/{underlying_id}/history",
            summary="Read the last candles of one underlying's print, oldest first.",
            result=CandlePage,
        ),
        HistoryParams,
        _get_history,
    ),
)
