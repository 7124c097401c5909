"""The news snapshot: its state as MessagePack, floats with all their bits."""

from msgspec.msgpack import Decoder, Encoder

from itg.news.core.newsroom import Newsroom, NewsroomState

_ENCODER = Encoder()
_DECODER: Decoder[NewsroomState] = Decoder(NewsroomState)


def encode(newsroom: Newsroom) -> bytes:
    """Encode the state; equal states give equal bytes."""
    return _ENCODER.encode(newsroom.snapshot_state())


def decode(data: bytes) -> Newsroom:
    """Decode what `encode` gave; news goes on as if nothing had been."""
    return Newsroom(_DECODER.decode(data))
