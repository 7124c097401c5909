"""The published prints of the underlyings."""

from itg.gateway.calls import Call, done
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless, read
from itg.gateway.problems import RefusedError, problem_of
from itg.market_data.contract import UNDERLYING_NOT_FOUND
from itg.translate.market import price_bodies
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


def _rows(gateway: Gateway) -> list[PriceBody]:
    last = gateway.directory.last_prices
    return price_bodies(last.prices, last.game_ns, is_moving=last.is_moving)


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
)
