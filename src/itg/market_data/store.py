"""The market's snapshot: its state as MessagePack, floats with all their bits."""

from msgspec.msgpack import Decoder, Encoder

from itg.market_data.core.market import Market, MarketState

_ENCODER = Encoder()
_DECODER: Decoder[MarketState | None] = Decoder(MarketState | None)


def encode(market: Market | None) -> bytes:
    """Encode the state; equal states give equal bytes."""
    return _ENCODER.encode(None if market is None else market.snapshot_state())


def decode(data: bytes) -> MarketState | None:
    """Decode what `encode` gave; a market of this state goes on as if nothing had been."""
    return _DECODER.decode(data)
