"""A stopped game's journal run again, input by input, and what its accounts came to on the way."""

from collections.abc import Iterator
from pathlib import Path

from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.positions.contract import PnlParts
from itg.runtime.cascade import Machine
from itg.runtime.journal import checked_rows


class Replay:
    """A machine fed from a data directory; iterate over each input with its outputs, once."""

    def __init__(self, data: Path) -> None:
        self._journal = opened_for_reading(data)
        self.machine: Machine = machine_of(self._journal)

    def __iter__(self) -> Iterator[tuple[Message, tuple[Message, ...]]]:
        try:
            for row in checked_rows(self._journal, Seq(0)):
                for _, _, game_ns, _, _, body, _ in self.machine.codec.decode_inputs(row.body):
                    yield body, self.machine.apply(game_ns, body)
        finally:
            self._journal.close()


def sum_of(parts: PnlParts) -> int:
    """Return what the parts add up to."""
    return sum(getattr(parts, name) for name in PnlParts.__struct_fields__)
