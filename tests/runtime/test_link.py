"""What nodes and followers say to each other survives the way."""

from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest
from msgspec import Struct

from itg.compose.services import services_of
from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Query
from itg.runtime.link import (
    PIECE_BYTES_MAX,
    Joiner,
    LinkError,
    QueryCodec,
    Row,
    all_replies,
    heard_by_node,
    pieces_of,
)

SERVICES = services_of([Shard(0)])
QUERIES: list[type[Query]] = sorted({q for s in SERVICES for q in s.answers}, key=str)


def structs_in(hint: Any) -> Iterator[type[Struct]]:
    for part in get_args(hint) or (hint,):
        if get_args(part) or isinstance(part, UnionType):
            yield from structs_in(part)
        elif isinstance(part, type) and issubclass(part, Struct):
            yield part


@pytest.mark.parametrize("kind", [*all_replies(), *QUERIES], ids=lambda kind: kind.__name__)
def test_every_field_says_which_structs_it_holds(kind: type[Struct]) -> None:
    # A field of a base class would be read as the base, or not at all.
    seen: set[type[Struct]] = set()
    ahead = [kind]
    while ahead:
        one = ahead.pop()
        seen.add(one)
        fields = get_type_hints(one).values()
        ahead += [s for hint in fields for s in structs_in(hint) if s not in seen]
    assert [s.__name__ for s in seen - {kind} if s.__subclasses__()] == []


def test_a_row_larger_than_a_bus_carries_comes_in_pieces_and_whole() -> None:
    row = Row(Seq(1), Seq(9), bytes(range(256)) * 10_000, placed=[(3, Seq(4))])
    pieces = list(pieces_of(row))
    assert len(pieces) == 3
    assert all(len(piece) < PIECE_BYTES_MAX + 100 for piece in pieces)
    joiner = Joiner()
    assert [joiner.whole(piece) for piece in pieces] == [None, None, row]


def test_a_message_after_lost_pieces_is_read() -> None:
    row = Row(Seq(1), Seq(9), b"x" * 2_000_000, placed=[])
    after = Row(Seq(10), Seq(11), b"y", placed=[])
    joiner = Joiner()
    assert joiner.whole(next(pieces_of(row))) is None
    assert joiner.whole(*pieces_of(after)) == after


def test_what_is_no_message_of_a_link_is_an_error() -> None:
    with pytest.raises(LinkError, match="does not decode"):
        heard_by_node(b"\x93\xa4Row")
    with pytest.raises(LinkError, match="no such query or reply"):
        QueryCodec([], []).decode_replies([("Nothing", b"\x80")])  # type: ignore[list-item]
