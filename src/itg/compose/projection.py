"""Read models made from a game's journals: from the first event, or from where they were left.

Each node's journal is read by itself, the game's last to a later end than the others': what those
tell happened in rounds that are known by then. Nothing is remembered but in the tables: a stream's
cursor moves in the transaction of its effects, so that every event has its effect once.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from itg.adapters.postgres_url import PostgresUrl
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import assert_holds_game, is_on_nodes, open_journal
from itg.compose.links import LinkFile
from itg.compose.nodes_read import layout_of, node_directory
from itg.compose.verify import machine_of
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq
from itg.kernel.messages import Event
from itg.runtime.bus import family_of
from itg.runtime.codec import Codec
from itg.runtime.effects import Effect, Stream
from itg.runtime.envelope import shard_of, source_of
from itg.runtime.joined_machine import codec_of
from itg.runtime.journal import FROM_START, Head, Journal, SealedBatch, checked_rows
from itg.runtime.service import Service
from itg.translate.read_models import READ_MODELS, ReadModel, RoundStarts, Told

if TYPE_CHECKING:
    from itg.adapters.read_models.databases import Place
    from itg.adapters.read_models.store import Batch, ReadModelStore

_BESIDE: Final = ".read-models"
_GAME: Final = "game"
_ROWS_AT_ONCE: Final = 256
_EXTRA_MISSING: Final = (
    "read models need the extra services: `make extras` in a clone, or pip install "
    "'intern-trading-game[services]'"
)


class ProjectionWish(Struct, frozen=True, kw_only=True):
    """What to make: where (empty: beside the data), of which services, anew or onward."""

    to: str = ""
    services: tuple[str, ...] = ()
    rebuild: bool = False


class Projected(Struct, frozen=True, kw_only=True):
    """One service's read model as it is now: its step, what was read, its rows by table."""

    service: str
    at: str
    revision: str
    game: str
    events: int
    seq: int
    rows: dict[str, int]


class _Source(Struct, frozen=True):
    """A journal that is read: whose, what decodes it, and which shards of which service it has."""

    node: str
    journal: Journal
    codec: Codec
    services: Sequence[Service]


def project(data: Path, wish: ProjectionWish) -> list[Projected]:
    """Bring read models up to the journals' ends as of now.

    Raises `ConfigurationError` where the tables are of another history or of a newer build.
    """
    models = [_model(name) for name in wish.services or tuple(READ_MODELS)]
    with ExitStack() as stack:
        sources = _sources(data)
        for source in sources:
            stack.callback(source.journal.close)
        game = _name_of(data, sources)
        place = _place(data, wish.to)
        return [_projected(model, place, (game, sources), rebuild=wish.rebuild) for model in models]


def _model(name: str) -> ReadModel:
    if name not in READ_MODELS:
        raise ConfigurationError(f"service {name!r} is none of {', '.join(READ_MODELS)}")
    return READ_MODELS[name]


def _place(data: Path, to: str) -> "Place":
    if to.startswith(("postgresql://", "postgres://")):
        return PostgresUrl(to)
    if "://" in to:
        raise ConfigurationError(
            "--to: give a folder for SQLite files, or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
        )
    # Beside the data, as backups are: neither copied with it nor gone with it.
    data = data.absolute()
    return Path(to) if to else data.with_name(f"{data.name}{_BESIDE}")


def _sources(data: Path) -> list[_Source]:
    if not is_on_nodes(data):
        assert_holds_game(data)
        journal = open_journal(data)
        if not journal.epochs():
            raise ConfigurationError(f"{data} holds a journal in which nothing happened yet")
        machine = machine_of(journal)
        return [_Source("", journal, machine.codec, machine.services)]
    game = LinkFile(DataDirectory(data)).read()
    layout = layout_of(game)
    codec = codec_of(layout)
    found: list[_Source] = []
    for name, services in layout.items():
        directory = node_directory(data, name)
        assert_holds_game(directory)
        found.append(_Source(name, open_journal(directory), codec, services))
    return found


def _name_of(data: Path, sources: Sequence[_Source]) -> str:
    if is_on_nodes(data):
        return LinkFile(DataDirectory(data)).read().name
    (source,) = sources
    for row in islice(source.journal.rows(FROM_START), 1):
        for record in source.codec.decode_records(row.body):
            if isinstance(record.body, CreateGame):
                rules, commitment = record.body.rules, record.body.commitment
                return f"{rules.scenario}-{commitment[:8]}"
    raise ConfigurationError(f"{data} holds a journal that does not begin with a game")


def _projected(
    model: ReadModel, place: "Place", of: tuple[str, Sequence[_Source]], *, rebuild: bool
) -> Projected:
    try:
        from itg.adapters.read_models.databases import ReadModelDatabase  # noqa: PLC0415 - an extra
        from itg.adapters.read_models.store import ReadModelStore  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigurationError(_EXTRA_MISSING) from error
    game, sources = of
    database = ReadModelDatabase(place, model.name)
    revision = database.upgrade()
    store = ReadModelStore(database, game)
    if rebuild:
        store.forget()
    reader = _Reader(model, store, str(database))
    # An event of another node is of a round that the game's node told before: its end is taken
    # later, and what it told is read first.
    ends = {source.node: source.journal.head() for source in sources if not _has_game(source)}
    for source in sorted(sources, key=_has_game, reverse=True):
        reader.read(source, ends.get(source.node) or source.journal.head())
    return Projected(
        service=model.name,
        at=str(database),
        revision=revision,
        game=game,
        events=reader.events,
        seq=reader.seq,
        rows=store.counts(),
    )


def _has_game(source: _Source) -> bool:
    return any(service.name == _GAME for service in source.services)


class _Reader:
    def __init__(self, model: ReadModel, store: "ReadModelStore", at: str) -> None:
        self.events = 0
        self.seq = 0
        self._model = model
        self._store = store
        self._at = at
        reading = store.reading()
        self._heads: Mapping[str, Head] = reading.heads
        self._cursors: dict[Stream, Seq] = dict(reading.cursors)
        self._rounds = RoundStarts(reading.rounds)
        self._kinds = {kind.__name__.encode(): kind for kind in model.rows}

    def read(self, source: _Source, end: Head) -> None:
        """Bring in what a journal has up to `end`."""
        streams = self._streams(source.services)
        if not streams:
            return
        there = self._heads.get(source.node, Head())
        self._refuse_another(source.journal, there)
        after = min(self._cursors.get(stream, FROM_START) for stream in streams)
        rows = _until(checked_rows(source.journal, after), end.seq)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            batch = self._batch(source, streams, some, there)
            self._store.apply(batch)
            self._cursors.update(batch.after)
            there = batch.head
        self.seq = max(self.seq, there.seq)

    def _batch(
        self, source: _Source, streams: Sequence[Stream], rows: Sequence[SealedBatch], there: Head
    ) -> "Batch":
        from itg.adapters.read_models.store import Batch  # noqa: PLC0415 - an extra

        last = Head(rows[-1].last_seq, rows[-1].hash)
        before = {stream: self._cursors.get(stream, FROM_START) for stream in streams}
        return Batch(
            node=source.node,
            head=last if last.seq > there.seq else there,
            before=before,
            after={stream: max(seq, last.seq) for stream, seq in before.items()},
            effects=[e for row in rows for e in self._effects(row, source.codec, before)],
        )

    def _effects(
        self, row: SealedBatch, codec: Codec, cursors: Mapping[Stream, Seq]
    ) -> Iterator[Effect]:
        # Rows are looked through for these names before they are decoded.
        if not any(name in row.body for name in self._kinds):
            return
        wanted = self._model.rows
        for record in codec.decode_records(row.body):
            for place, event in enumerate(record.outputs, start=1):
                if type(event) not in wanted:
                    continue
                assert isinstance(event, Event)
                stream = (source_of(event), shard_of(event), family_of(type(event)))
                seq = Seq(record.seq + place)
                if seq > cursors[stream]:
                    self.events += 1
                    yield from self._model.effects(Told(seq, record.game_ns, event), self._rounds)

    def _streams(self, services: Sequence[Service]) -> list[Stream]:
        shards: dict[str, list[int]] = {}
        for service in services:
            shards.setdefault(service.name, []).append(service.shard or 0)
        return [
            (source, shard, family_of(kind))
            for kind in self._model.rows
            for source in [kind.__module__.split(".")[1]]
            for shard in shards.get(source, ())
        ]

    def _refuse_another(self, journal: Journal, there: Head) -> None:
        if there.seq and journal.hash_at(there.seq) != there.hash:
            raise ConfigurationError(
                f"{self._at} was made from another history: this journal has no row that ends at "
                f"seq {there.seq} with its hash; make it anew with --rebuild"
            )


def _until(rows: Iterator[SealedBatch], end: Seq) -> Iterator[SealedBatch]:
    for row in rows:
        if row.last_seq > end:
            return
        yield row
