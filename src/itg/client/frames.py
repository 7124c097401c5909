"""The socket's incoming frames: answers and publications share one shape, decoded in one pass."""

from msgspec import Raw, Struct
from msgspec.json import Decoder

from itg.wire.v1.problems import Problem


class Frame(Struct, frozen=True, gc=False, kw_only=True):
    """One frame. A publication has a channel; an answer has none, and either result or error."""

    channel: str = ""
    type: str = ""
    seq: int = 0
    epoch: int = 0
    ts_us: int = 0
    game_us: int = 0
    data: Raw = Raw(b"{}")
    conflated: bool = False
    first_seq: int = 0
    id: int | str | None = None
    result: Raw = Raw(b"null")
    error: Problem | None = None


decode_frame = Decoder(Frame).decode
