"""What pages hear: an underlying and its series, at a pace for eyes."""

from msgspec import field

from itg.wire.v1.chain import MarkPush
from itg.wire.v1.market import BustPush, PriceBody, TopPush, TradeBody
from itg.wire.v1.orders import Body


class UiPush(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Data of `ui.{underlying}`: what changed since the frame before, or all in a snapshot.

    The latest top and mark of each instrument, the latest print, and the newest trades (at most
    100, in a snapshot 50), oldest first; `busts`, where there are any, undo or reprice trades.
    """

    tops: list[TopPush]
    marks: list[MarkPush]
    prices: list[PriceBody]
    trades: list[TradeBody]
    busts: list[BustPush] = field(default_factory=list)
