"""What both ends of a link know: how queries are written, where each end hears, which game it is.

Subjects stand outside those of facts: nothing of a link is public, and no stream keeps it.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from itg.compose.data_directory import DataDirectory
from itg.compose.topologies import CHIEF, SOLO
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.runtime.bus import subject_word
from itg.runtime.link import QueryCodec, all_replies
from itg.runtime.service import Service

GAME_FILE = "game.link"


def query_codec(services: Sequence[Service]) -> QueryCodec:
    """Return what encodes the queries these services answer."""
    return QueryCodec([kind for service in services for kind in service.answers], all_replies())


def node_subject(game: str, node: str = CHIEF) -> str:
    """Return where those who follow a node write to."""
    return f"itg.link.{subject_word(game)}.node.{subject_word(node)}"


def ear_subject(game: str, node: str, other: str) -> str:
    """Return where a node hears another."""
    return f"itg.link.{subject_word(game)}.ear.{subject_word(node)}.{subject_word(other)}"


def door_subject(game: str, name: str) -> str:
    """Return where a gateway hears."""
    return f"itg.link.{subject_word(game)}.door.{subject_word(name)}"


class LinkedGame(Struct, frozen=True, kw_only=True):
    """A game as its links know it: its name on the bus, and on which nodes it is played."""

    name: str
    topology: str = SOLO
    shards: tuple[Shard, ...] = ()


class LinkFile:
    """What a gateway beside the data directory must know of the game it stands before."""

    def __init__(self, directory: DataDirectory) -> None:
        self._file = directory.path / GAME_FILE

    @property
    def topology(self) -> str:
        """Return the topology of the game, "" before it has begun."""
        return self.read().topology if self._file.exists() else ""

    def write(self, game: LinkedGame) -> None:
        """Keep what the game is."""
        self._file.write_bytes(Encoder().encode(game))

    def read(self) -> LinkedGame:
        """Return it; raises `ConfigurationError` if no node has played here with a bus."""
        try:
            return Decoder(LinkedGame).decode(self._file.read_bytes())
        except FileNotFoundError:
            raise ConfigurationError(
                f"{self._file.parent} was never served with --bus: start `itg serve --bus` first"
            ) from None
