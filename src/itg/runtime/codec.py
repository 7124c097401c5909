"""Records as MessagePack: what the journal's rows hold and what replay compares."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from msgspec import MsgspecError, Raw
from msgspec.msgpack import Decoder, Encoder

from itg.kernel.errors import JournalError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.envelope import Record

# A record as decoded for replay: its outputs stay bytes, for comparison.
RawRecord = tuple[Seq, Nanos, Nanos, str, str, Message, Raw]


class Codec:
    """Encode any record and decode those made of the given message classes."""

    __slots__ = ("_message", "_outputs", "_records", "encode")

    def __init__(self, kinds: Iterable[type[Message]]) -> None:
        # The union of tagged Structs is a run-time value; its static type is their common base.
        union: type[Message] = reduce(or_, kinds)
        self._records: Decoder[list[RawRecord]] = Decoder(
            list[tuple[int, int, int, str, str, union, Raw]]  # type: ignore[valid-type]
        )
        self._outputs: Decoder[tuple[Message, ...]] = Decoder(tuple[union, ...])  # type: ignore[valid-type]
        self._message: Decoder[Message] = Decoder(union)
        self.encode = Encoder().encode

    def encode_records(self, records: Sequence[Record]) -> bytes:
        return self.encode(records)

    def decode_message(self, body: bytes) -> Message:
        try:
            return self._message.decode(body)
        except MsgspecError as error:
            raise JournalError(f"a message does not decode: {error}") from error

    def decode_inputs(self, body: bytes) -> list[RawRecord]:
        """Decode a row's records; outputs stay as the bytes `encode` gave for their tuple."""
        try:
            return self._records.decode(body)
        except MsgspecError as error:
            raise JournalError(f"a row does not decode: {error}") from error

    def decode_outputs(self, raw: Raw) -> tuple[Message, ...]:
        try:
            return self._outputs.decode(raw)
        except MsgspecError as error:
            raise JournalError(f"outputs do not decode: {error}") from error

    def decode_records(self, body: bytes) -> list[Record]:
        return [
            Record(seq, ts_ns, game_ns, actor, trace_id, message, self.decode_outputs(raw))
            for seq, ts_ns, game_ns, actor, trace_id, message, raw in self.decode_inputs(body)
        ]
