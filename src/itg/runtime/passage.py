"""What one node hears of another: the records there become arrivals here."""

from itg.kernel.ids import Seq
from itg.runtime.arrival import Arrival, Heard
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.routing import Hearing


class Passage:
    """The way from the node `source` to the node `at`, where `hearing` says what is heard."""

    def __init__(self, source: str, at: str, hearing: Hearing, codec: Codec) -> None:
        self._source, self._at = source, at
        self._hearing, self._codec = hearing, codec

    def arrivals(self, record: Record, heard: Heard) -> tuple[Arrival, ...]:
        """Return what of a record is heard above `heard.seq`; its row is after `heard.after`."""
        return tuple(
            Arrival(
                source=self._source,
                at=self._at,
                seq=Seq(seq),
                after=heard.after,
                game_ns=record.game_ns,
                body=self._codec.encode(output),
            )
            for seq, output in enumerate(record.outputs, start=record.seq + 1)
            if seq > heard.seq and self._hearing.has(output)
        )
