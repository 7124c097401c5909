"""What a node and those who follow it from other processes say to each other.

A link is two subjects: the node's, which every follower writes to, and the follower's own, on which
the node answers. On the follower's subject the order is the node's: rows as they are released, and
each reply after the rows of the state it saw and before any later row. A message larger than a bus
carries goes in pieces.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from msgspec import MsgspecError, Raw, Struct
from msgspec.msgpack import Decoder, Encoder

from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.kernel.messages import Query, Reply
from itg.kernel.times import Nanos

PIECE_BYTES_MAX = 900_000
FROM_NOW = Seq(-1)
# Deadlines stand in seconds of the node's own steady clock, which its hellos and beats tell: no two
# machines' clocks are compared, and what a call spent on its way counts.
NEVER_DUE = 0.0

# A class name and the struct: queries and replies carry no tag of their own.
Named = tuple[str, Raw]


class LinkError(ItgError):
    """The other side of a link speaks otherwise: another build, or no node at all."""


class Follow(Struct, frozen=True, tag=True, array_like=True):
    """Send me what is released after `after`, `FROM_NOW`: from the state you answer with."""

    follower: str
    after: Seq


class Alive(Struct, frozen=True, tag=True, array_like=True):
    """I still follow."""

    follower: str


class Submit(Struct, frozen=True, tag=True, array_like=True):
    """Take an input; `number` names it in the row that holds it, or in its refusal."""

    follower: str
    number: int
    actor: str
    trace_id: str
    has_headroom: bool
    body: bytes
    due_s: float = NEVER_DUE


class Ask(Struct, frozen=True, tag=True, array_like=True):
    """Answer queries from one state."""

    follower: str
    number: int
    queries: list[Named]
    due_s: float = NEVER_DUE


class Note(Struct, frozen=True, tag=True, array_like=True):
    """Something between those who use the link; the link does not read it."""

    follower: str
    body: bytes


class Hello(Struct, frozen=True, tag=True, array_like=True):
    """You follow from `seq` on; `link_number` counts the followers of this epoch."""

    epoch: int
    link_number: int
    seq: Seq
    game_ns: Nanos
    rate: float
    steady_s: float = NEVER_DUE


class Row(Struct, frozen=True, tag=True, array_like=True):
    """A released row; `placed` pairs numbers of your inputs in it with their seq."""

    first_seq: Seq
    last_seq: Seq
    body: bytes
    placed: list[tuple[int, Seq]]


class Replied(Struct, frozen=True, tag=True, array_like=True):
    """The answers to an `Ask`, from the state at `seq`."""

    number: int
    seq: Seq
    replies: list[Named]


class Refused(Struct, frozen=True, tag=True, array_like=True):
    """An input was not taken: too many wait (`retry_after_ms`), or the node stops (None).

    A call that came after its deadline `is_late`: it was dropped, be it an input or queries.
    """

    number: int
    retry_after_ms: int | None
    is_late: bool = False


class Beat(Struct, frozen=True, tag=True, array_like=True):
    """I live and have released everything up to `seq`; game time, and how fast it runs."""

    seq: Seq
    game_ns: Nanos
    rate: float
    steady_s: float = NEVER_DUE


class Unknown(Struct, frozen=True, tag=True, array_like=True):
    """I do not know you: follow me."""


class Piece(Struct, frozen=True, tag=True, array_like=True):
    """A part of a message; the last one ends it."""

    is_last: bool
    body: bytes


ToNode = Follow | Alive | Submit | Ask | Note
ToFollower = Hello | Row | Replied | Refused | Beat | Unknown | Piece

T = TypeVar("T")
_encode = Encoder().encode
_to_node: Decoder[ToNode] = Decoder(ToNode)
_to_follower: Decoder[ToFollower] = Decoder(ToFollower)


def asked(message: ToNode) -> bytes:
    """Encode what a follower says; it is never large."""
    return _encode(message)


def pieces_of(message: ToFollower) -> Iterator[bytes]:
    """Encode what a node says, in pieces if a bus would refuse it whole."""
    body = _encode(message)
    if len(body) <= PIECE_BYTES_MAX:
        yield body
        return
    for start in range(0, len(body), PIECE_BYTES_MAX):
        end = start + PIECE_BYTES_MAX
        yield _encode(Piece(is_last=end >= len(body), body=body[start:end]))


def heard_by_node(body: bytes) -> ToNode:
    """Decode what a follower said; `LinkError` if it is none of that."""
    return _decoded(_to_node, body)


class Joiner:
    """Decodes what a node says, and puts its pieces together again."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def whole(self, body: bytes) -> ToFollower | None:
        """Return the message that these bytes complete, None while pieces are missing."""
        message = _decoded(_to_follower, body)
        if not isinstance(message, Piece):
            self._parts.clear()
            return message
        self._parts.append(message.body)
        if not message.is_last:
            return None
        joined = b"".join(self._parts)
        self._parts.clear()
        return _decoded(_to_follower, joined)


def _decoded(decoder: Decoder[T], body: bytes | Raw) -> T:
    try:
        return decoder.decode(body)
    except MsgspecError as error:
        raise LinkError(f"a message of the link does not decode: {error}") from error


class QueryCodec:
    """Encode queries and replies with their class names."""

    def __init__(self, queries: Iterable[type[Query]], replies: Iterable[type[Reply]]) -> None:
        self._queries = {kind.__name__: Decoder(kind) for kind in queries}
        self._replies = {kind.__name__: Decoder(kind) for kind in replies}

    def encode(self, values: Sequence[Query | Reply]) -> list[Named]:
        return [(type(value).__name__, Raw(_encode(value))) for value in values]

    def decode_queries(self, named: Sequence[Named]) -> tuple[Query, ...]:
        return tuple(_value(self._queries, name, body) for name, body in named)

    def decode_replies(self, named: Sequence[Named]) -> tuple[Reply, ...]:
        return tuple(_value(self._replies, name, body) for name, body in named)


def _value(decoders: dict[str, Decoder[T]], name: str, body: Raw) -> T:
    decoder = decoders.get(name)
    if decoder is None:
        raise LinkError(f"no such query or reply here: {name}")
    return _decoded(decoder, body)


def all_replies(base: type[Reply] = Reply) -> list[type[Reply]]:
    """Return every class of reply that has been defined."""
    return [kind for child in base.__subclasses__() for kind in (child, *all_replies(child))]
