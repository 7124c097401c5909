"""The market's snapshot: its state as MessagePack, floats with all their bits."""

from msgspec.msgpack import Decoder, Encoder

from itg.market_data.core.market import Market, MarketState

_ENCODER = Encoder()
_DECODER: Decoder[MarketState | None] = Decoder(MarketState | None)


def encode(market: Market | None) -> bytes:
    """Encode the state; equal states give equal bytes."""
    return _ENCODER.encode(None if market is None else market.snapshot_state())


def decode(data: bytes) -> Market | None:
    """Decode what `encode` gave; the market goes on as if nothing had been."""
    state = _DECODER.decode(data)
    return None if state is None else Market(state)
