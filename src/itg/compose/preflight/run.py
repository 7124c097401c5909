"""The whole list, in the order in which a person would mend it."""

from collections.abc import Iterator
from pathlib import Path

from itg.compose.preflight.game import Subject, demand_of, game_rows
from itg.compose.preflight.machine import machine_rows
from itg.compose.preflight.rows import Row
from itg.compose.preflight.server import server_rows


def preflight(subject: Subject) -> Iterator[Row]:
    """Yield every row: the machine, the game's data, then the server if an address is named."""
    demand, zone = demand_of(subject)
    yield from machine_rows(_existing(subject.data), demand, zone)
    yield from game_rows(subject)
    if subject.url is not None:
        yield from server_rows(subject)


def _existing(data: Path) -> Path:
    # Of a directory that is still to be made, the disk it will be on.
    place = data.absolute()
    while not place.is_dir():
        place = place.parent
    return place
