"""Channels of pages: what the bots' channels say, again, at a pace for eyes.

A channel of a page is attached to those it repeats while somebody hears it, and is given the very
facts that they publish: it cannot know more than they do, and it is flushed after them.
"""

from collections.abc import Callable, Iterator, Mapping

from itg.gateway.channels import UI, Channel, Mirror
from itg.kernel.ids import Shard, UnderlyingId, shard_of_id
from itg.wire.v1.market import BustPush, PricesPush, TradeBody
from itg.wire.v1.orders import Body

Takes = Callable[[Body], bool]
_BOOK = "book."


class UiChannels:
    """Which channels repeat which others just now; `channel` returns one by its name."""

    def __init__(self, channel: Callable[[str], Channel]) -> None:
        self._channel = channel
        self._sources: dict[str, list[Channel]] = {}

    def attach(self, channel: Channel, shards: Mapping[UnderlyingId, Shard]) -> None:
        """Let a channel repeat, from now on, what its name says."""
        if channel.name in self._sources:
            return
        sources = self._sources[channel.name] = []
        for name, takes in _sources_of(channel.name.removeprefix(UI), shards):
            source = self._channel(name)
            source.mirrors.append(Mirror(channel, takes))
            sources.append(source)

    def detach(self, name: str) -> None:
        """Let a channel that nobody hears any more repeat nothing; any other stays as it is."""
        for source in self._sources.pop(name, ()):
            source.mirrors = [m for m in source.mirrors if m.channel.name != name]


def _sources_of(of: str, shards: Mapping[UnderlyingId, Shard]) -> Iterator[tuple[str, Takes]]:
    if of.startswith(_BOOK):
        yield of, _takes_all
        return
    yield f"bbo.{of}", _takes_all
    yield f"chain.{of}", _takes_all
    yield "prices", lambda body: _has_price(body, of)
    yield "trades.*", lambda body: _is_trade_in(body, shards[UnderlyingId(of)])


def _takes_all(_: Body) -> bool:
    return True


def _has_price(body: Body, underlying_id: str) -> bool:
    assert isinstance(body, PricesPush), "a channel of prices carries prices"
    return any(row.underlying_id == underlying_id for row in body.prices)


def _is_trade_in(body: Body, shard: Shard) -> bool:
    assert isinstance(body, TradeBody | BustPush), "a tape carries trades and busts"
    return shard_of_id(body.trade_id) == shard
