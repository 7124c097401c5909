"""What outlives a session: expired series settle, and a trade can be undone."""

from collections.abc import Sequence
from typing import Protocol

from itg.exchange.contract import (
    INVALID_PRICE,
    TRADE_ALREADY_BUSTED,
    TRADE_NOT_FOUND,
    BustRejected,
    BustTrade,
    InstrumentSettled,
    TradeBusted,
    TradeExecuted,
)
from itg.exchange.core.ladder import delist
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue
from itg.kernel.errors import Refusal
from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, OptionRight, OptionTerms


class Close(Protocol):
    """One underlying's official close."""

    @property
    def underlying_id(self) -> UnderlyingId: ...
    @property
    def official_close(self) -> Price: ...


class SessionClosed(Protocol):
    """A session is over; `session_end_ns` is its planned end, also where it was cut short."""

    @property
    def session_end_ns(self) -> Nanos: ...
    @property
    def closes(self) -> Sequence[Close]: ...


def settle(venue: Venue, closed: SessionClosed) -> None:
    """Settle and delist the series that end with this session; the close is the next reference."""
    closes = {close.underlying_id: close.official_close for close in closed.closes}
    official_close = closes.get(venue.config.underlying_id)
    if official_close is None:
        return
    for listing in list(venue.listings.values()):
        option = listing.instrument.option
        if not option:
            listing.previous_close = official_close
        elif option.expires_ns <= closed.session_end_ns:
            _empty(venue, listing)
            venue.events.append(
                InstrumentSettled(
                    shard=venue.shard,
                    instrument_id=listing.instrument_id,
                    settlement_price=intrinsic(option, official_close),
                    official_close=official_close,
                )
            )
            delist(venue, listing)


def intrinsic(option: OptionTerms, official_close: Price) -> Price:
    """Return what a series is worth at its end."""
    gain = official_close - option.strike
    return Price(max(gain if option.right is OptionRight.CALL else -gain, 0))


def _empty(venue: Venue, listing: Listing) -> None:
    # Of the shard's orders, not the book's: some wait outside it.
    instrument_id = listing.instrument_id
    for order in [o for o in venue.orders.values() if o.instrument_id == instrument_id]:
        venue.cancel(listing, order, CancelReason.MARKET_CLOSED)


def bust(venue: Venue, command: BustTrade) -> None:
    """Undo a trade of the tape, or move it to another price; once."""
    traded = [event for _, event in venue.trades if event.trade_id == command.trade_id]
    refused = _refusal_of(venue, command, traded)
    if refused is not None:
        told = BustRejected(shard=venue.shard, trade_id=command.trade_id, refusal=refused)
        venue.events.append(told)
        return
    (trade,) = traded
    # Of trades that left the tape nobody can ask again.
    oldest = venue.trades[0][1].trade_id
    kept = {busted: price for busted, price in venue.busted.items() if busted >= oldest}
    venue.busted = {**kept, trade.trade_id: command.price}
    venue.events.append(_busted(trade, command.price))


def _refusal_of(
    venue: Venue, command: BustTrade, traded: Sequence[TradeExecuted]
) -> Refusal | None:
    if not traded:
        detail = f"there is no trade {command.trade_id} among the last {venue.trades.maxlen}"
        return Refusal(code=TRADE_NOT_FOUND.code, detail=detail, field="trade_id")
    if command.trade_id in venue.busted:
        detail = f"{command.trade_id} was busted before"
        return Refusal(code=TRADE_ALREADY_BUSTED.code, detail=detail, field="trade_id")
    listing = venue.listings.get(traded[0].instrument_id)
    if listing is None:
        # Its positions became cash: what the trade was is not there any more.
        ended = f"trade {command.trade_id} is of {traded[0].instrument_id}, which has ended"
        detail = f"{ended}: its positions became cash"
        return Refusal(code=TRADE_NOT_FOUND.code, detail=detail, field="trade_id")
    price, tick = command.price, listing.tick
    if price is not None and (price < tick or price % tick):
        return Refusal(
            code=INVALID_PRICE.code,
            detail=INVALID_PRICE.hint,
            field="price",
            requested=price,
            allowed=tick,
        )
    return None


def _busted(trade: TradeExecuted, adjusted_price: Price | None) -> TradeBusted:
    return TradeBusted(
        shard=trade.shard,
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        price=trade.price,
        adjusted_price=adjusted_price,
        quantity=trade.quantity,
        aggressor_side=trade.aggressor_side,
        maker_order_id=trade.maker_order_id,
        maker_account_id=trade.maker_account_id,
        taker_order_id=trade.taker_order_id,
        taker_account_id=trade.taker_account_id,
        is_auction=trade.is_auction,
    )
