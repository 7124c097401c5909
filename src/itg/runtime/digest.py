"""One number for everything that happened: equal for equal seed and inputs, in every topology."""

from collections.abc import Iterable
from hashlib import sha256

from itg.kernel.messages import Event
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record, shard_of, source_of


class EventDigest:
    """SHA-256 over (game_ns, source, class, body) of every event caused, one chain per stream.

    Inputs are left out, timers among them: an input is another node's output or a sender's ask.
    So are wall time, trace and epoch.
    """

    __slots__ = ("_encode", "_streams")

    def __init__(self, codec: Codec) -> None:
        self._encode = codec.encode
        self._streams: dict[tuple[str, int], bytes] = {}

    def add(self, record: Record) -> None:
        for output in record.outputs:
            if isinstance(output, Event):
                stream = (source_of(output), shard_of(output))
                fact = self._encode((record.game_ns, stream[0], type(output).__name__, output))
                self._streams[stream] = sha256(self._streams.get(stream, b"") + fact).digest()

    def hexdigest(self) -> str:
        """Return the digest of all streams, joined in order of (source, shard)."""
        joined = sha256()
        for (source, shard), digest in sorted(self._streams.items()):
            joined.update(f"{source}.{shard}:{digest.hex()}\n".encode())
        return joined.hexdigest()


def event_digest(codec: Codec, records: Iterable[Record]) -> str:
    """Return the digest of some records, in hexadecimal."""
    digest = EventDigest(codec)
    for record in records:
        digest.add(record)
    return digest.hexdigest()
