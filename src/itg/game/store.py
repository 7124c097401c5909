"""The game's snapshot: its state as MessagePack, key digests included."""

from msgspec.msgpack import Decoder, Encoder

from itg.game.core.game import Game

_ENCODER = Encoder()
_DECODER: Decoder[Game | None] = Decoder(Game | None)


def encode(game: Game | None) -> bytes:
    """Encode the state; equal states give equal bytes."""
    return _ENCODER.encode(game)


def decode(data: bytes) -> Game | None:
    """Decode what `encode` gave."""
    return _DECODER.decode(data)
