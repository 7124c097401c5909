"""Envelopes as MessagePack maps: what a bus's message holds."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from msgspec import MsgspecError, defstruct
from msgspec.msgpack import Decoder
from msgspec.structs import fields

from itg.kernel.errors import ItgError
from itg.kernel.messages import Message
from itg.runtime.envelope import Envelope


class BusMessageError(ItgError):
    """A message of the bus is no envelope of these classes."""


class EnvelopeDecoder:
    """Decode the envelopes of some classes of messages."""

    def __init__(self, kinds: Collection[type[Message]]) -> None:
        union: object = reduce(or_, kinds)
        known = [
            (field.name, union if field.name == "body" else field.type)
            for field in fields(Envelope)
        ]
        self._decoder: Decoder[Envelope] = Decoder(
            defstruct("Envelope", known, bases=(Envelope,), frozen=True, gc=False, kw_only=True)
        )

    def decode(self, data: bytes) -> Envelope:
        try:
            return self._decoder.decode(data)
        except MsgspecError as error:
            raise BusMessageError(f"a message of {len(data)} bytes: {error}") from error
