"""A game's facts in JetStream: one stream, its bounds, and where in it an envelope stands.

The stream takes the subjects of every class that is held, named one by one: what only passes has
subjects of the same grammar and is not kept.
"""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from msgspec.msgpack import Decoder
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RawStreamMsg,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamInfo,
)
from nats.js.errors import NotFoundError

from itg.kernel.messages import Message
from itg.runtime.bus import StreamGapError, family_of, subject_word

_DUPLICATES_S = 10.0


class Bounds(Struct, frozen=True, kw_only=True):
    """How much of a game a stream holds; the oldest goes first. Messages -1: any number."""

    kept_bytes: int = 2 * 1024**3
    kept_messages: int = -1


class _Numbered(Struct, frozen=True, gc=False):
    seq: int


class GameStream:
    """One game's stream, as its writer makes it and its readers find it."""

    def __init__(self, context: JetStreamContext, game: str) -> None:
        self.context = context
        self.game = subject_word(game)
        self.name = f"itg_{self.game}"
        self._number = Decoder(_Numbered)

    async def made(self, kinds: Collection[type[Message]], bounds: Bounds) -> StreamInfo:
        """Return the stream, made or brought to these classes and bounds."""
        wanted = self._config(kinds, bounds)
        info = await self.info()
        if info is None:
            return await self.context.add_stream(wanted)
        held = info.config
        settings = (held.subjects, held.max_bytes, held.max_msgs)
        if settings != (wanted.subjects, wanted.max_bytes, wanted.max_msgs):
            return await self.context.update_stream(wanted)
        return info

    async def info(self, subjects: str = "") -> StreamInfo | None:
        """Return how it is, with the subjects it holds of a pattern; None: there is none."""
        try:
            return await self.context.stream_info(self.name, subjects_filter=subjects or None)
        except NotFoundError:
            return None

    async def message(self, sseq: int) -> RawStreamMsg | None:
        """Return the message at a number of the stream's own."""
        try:
            return await self.context.get_msg(self.name, seq=sseq, direct=True)
        except NotFoundError:
            return None

    async def last_seq(self, source: str, shard: int) -> int:
        """Return the last number held of a (source, shard), 0 if none is."""
        try:
            found = await self.context.get_last_msg(self.name, self._subjects(source, shard))
        except NotFoundError:
            return 0
        return self._seq(found)

    async def start_after(self, pattern: str, reached: dict[tuple[str, int], int]) -> int:
        """Return the stream's own number from which a reader of a pattern must be served.

        Raises `StreamGapError` if something after `reached` may be gone.
        """
        info = await self.info(pattern)
        if info is None:
            return 1
        first, last = max(info.state.first_seq, 1), info.state.last_seq
        starts = [
            await self._start_of(stream, reached.get(stream, 0), (first, last))
            for stream in sorted(_streams(info.state.subjects or {}))
        ]
        return min(starts, default=first)

    async def gap(self, sseq: int) -> StreamGapError:
        """Return what to raise for a reader that the stream has nothing for until `sseq`."""
        found = await self.message(sseq)
        seq = 0 if found is None else self._seq(found) - 1
        return StreamGapError(f"{self.game} is held only after seq {seq}")

    async def follow(self, name: str, pattern: str, start: int, idle_s: float) -> None:
        """Make a consumer that the server forgets when nobody has asked it for `idle_s`."""
        config = ConsumerConfig(
            name=name,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            filter_subject=pattern,
            ack_policy=AckPolicy.NONE,
            mem_storage=True,
            inactive_threshold=idle_s,
        )
        await self.context.add_consumer(self.name, config)

    def _config(self, kinds: Collection[type[Message]], bounds: Bounds) -> StreamConfig:
        return StreamConfig(
            name=self.name,
            subjects=sorted(f"itg.v1.{self.game}.*.*.{family_of(kind)}.*" for kind in kinds),
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            max_bytes=bounds.kept_bytes,
            max_msgs=bounds.kept_messages,
            duplicate_window=_DUPLICATES_S,
            allow_direct=True,
        )

    async def _start_of(self, stream: tuple[str, int], seq: int, ends: tuple[int, int]) -> int:
        first, last = ends
        subjects = self._subjects(*stream)
        oldest = await self._next(first, subjects)
        if oldest is None:
            return last + 1
        if first > 1 and seq < oldest[1] - 1:
            source, shard = stream
            raise StreamGapError(f"{source}.{shard} is held only after seq {oldest[1] - 1}")
        low, high = oldest[0], last + 1
        while low < high:
            middle = (low + high) // 2
            found = await self._next(middle, subjects)
            if found is None or found[1] > seq:
                high = middle
            else:
                low = found[0] + 1
        return low

    async def _next(self, sseq: int, subjects: str) -> tuple[int, int] | None:
        try:
            found = await self.context.get_msg(
                self.name, seq=sseq, subject=subjects, direct=True, next=True
            )
        except NotFoundError:
            return None
        return found.seq or 0, self._seq(found)

    def _subjects(self, source: str, shard: int) -> str:
        return f"itg.v1.{self.game}.{source}.{shard}.>"

    def _seq(self, found: RawStreamMsg) -> int:
        return self._number.decode(found.data or b"").seq


def made_at(info: StreamInfo) -> datetime | None:
    """Return when a stream was made: another instant, another stream of the same name."""
    return info.created


def _streams(subjects: dict[str, int]) -> set[tuple[str, int]]:
    words = (subject.split(".") for subject in subjects)
    return {(word[3], int(word[4])) for word in words}
