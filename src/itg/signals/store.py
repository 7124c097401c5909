"""The signals' snapshot: their state as MessagePack."""

from msgspec.msgpack import Decoder, Encoder

from itg.signals.core.signaler import SignalsState

_ENCODER = Encoder()
_DECODER: Decoder[SignalsState] = Decoder(SignalsState)


def encode(state: SignalsState) -> bytes:
    """Encode the state; equal states give equal bytes."""
    return _ENCODER.encode(state)


def decode(data: bytes) -> SignalsState:
    """Decode what `encode` gave."""
    return _DECODER.decode(data)
