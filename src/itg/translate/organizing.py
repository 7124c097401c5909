"""What an organizer's act did to the market."""

from collections.abc import Iterable

from itg.exchange.contract import TradeBusted, TradingHalted, TradingResumed
from itg.translate.numbers import optional_micros, optional_usd, usd
from itg.wire.v1.game import BustedBody, MovedBody


def moved_bodies(moved: Iterable[TradingHalted | TradingResumed]) -> list[MovedBody]:
    """Return what halted or resumed."""
    return [
        MovedBody(
            underlying_id=told.underlying_id,
            instrument_id=told.instrument_id,
            resumes_us=optional_micros(told.resumes_ns)
            if isinstance(told, TradingHalted)
            else None,
        )
        for told in moved
    ]


def busted_body(busted: TradeBusted) -> BustedBody:
    """Return a trade that was undone or moved."""
    return BustedBody(
        trade_id=busted.trade_id,
        instrument_id=busted.instrument_id,
        price=usd(busted.price),
        adjusted_price=optional_usd(busted.adjusted_price),
        quantity=busted.quantity,
    )
