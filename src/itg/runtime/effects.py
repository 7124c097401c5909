"""What an event does to the tables of a read model: rows, named by table and by column."""

from collections.abc import Mapping

from msgspec import Struct

# Who told it, the shard, and the class in the words of the bus: what has a cursor of its own.
Stream = tuple[str, int, str]


class Effect(Struct, frozen=True, gc=False):
    """A row of `table` has these `values`, among them its whole key; others it keeps.

    Where there is no such row it is made, but for `is_change`: then nothing happens. Either way
    the same effect twice is the effect once.
    """

    table: str
    values: Mapping[str, object]
    is_change: bool = False
