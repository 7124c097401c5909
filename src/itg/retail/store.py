"""The retail snapshot: its state as MessagePack."""

from msgspec.msgpack import Decoder, Encoder

from itg.retail.core.state import RetailState

_ENCODER = Encoder()
_DECODER: Decoder[RetailState] = Decoder(RetailState)


def encode(state: RetailState) -> bytes:
    """Encode the state; equal states give equal bytes."""
    return _ENCODER.encode(state)


def decode(data: bytes) -> RetailState:
    """Decode what `encode` gave."""
    return _DECODER.decode(data)
