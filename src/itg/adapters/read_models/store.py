"""One game's rows of one service: effects and the cursors they belong to, in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from itg.adapters.read_models.databases import ReadModelDatabase
from itg.adapters.read_models.tables import CURSORS, OWN, READINGS
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.effects import Effect, Stream
from itg.runtime.journal import Head

_ROWS_AT_ONCE: Final = 1_000
_KEY: Final = "key_"

Values = dict[str, object]


class Reading(Struct, frozen=True, kw_only=True):
    """What is in: how far each node's journal was read, and up to where each stream is in."""

    heads: Mapping[str, Head]
    cursors: Mapping[Stream, Seq]
    rounds: Sequence[tuple[Nanos, int]]  # game time of the start, and the round


class Batch(Struct, frozen=True, kw_only=True):
    """What some rows of one node's journal do, and where its streams are before and after it."""

    node: str
    head: Head  # the last row that any stream was read to
    before: Mapping[Stream, Seq]
    after: Mapping[Stream, Seq]
    effects: Sequence[Effect]


class ReadModelStore:
    """The rows of `game` in a database whose tables are up to date."""

    def __init__(self, database: ReadModelDatabase, game: str) -> None:
        self._database = database
        self._game = game
        self._tables = {table.name: table for table in database.metadata.tables.values()}

    def reading(self) -> Reading:
        """Return what is in."""
        readings, rounds = self._tables[READINGS], self._tables["rounds"]
        with self._database.transaction() as session:
            return Reading(
                heads={
                    row.node: Head(Seq(row.seq), bytes.fromhex(row.hash))
                    for row in session.execute(select(readings).where(self._is_ours(readings)))
                },
                cursors=self._cursors(session),
                rounds=[
                    (Nanos(row.start_ns), row.round_id)
                    for row in session.execute(select(rounds).where(self._is_ours(rounds)))
                ],
            )

    def apply(self, batch: Batch) -> None:
        """Bring a batch in, with its cursors, all of it or nothing.

        Raises `ConfigurationError` if the journal was read on since by somebody else.
        """
        with self._database.transaction() as session:
            self._move(session, batch)
            for table, rows in _merged(batch.effects, self._tables).items():
                self._write(session, self._tables[table], rows)

    def forget(self) -> None:
        """Take every row of the game away, its cursors too."""
        with self._database.transaction() as session:
            for table in self._tables.values():
                session.execute(delete(table).where(self._is_ours(table)))

    def counts(self) -> dict[str, int]:
        """Return how many rows of the game each table has."""
        with self._database.transaction() as session:
            return {
                name: session.execute(
                    select(func.count()).select_from(table).where(self._is_ours(table))
                ).scalar_one()
                for name, table in sorted(self._tables.items())
                if name not in OWN
            }

    def _is_ours(self, table: Table) -> ColumnElement[bool]:
        return table.c.game == self._game

    def _move(self, session: Connection, batch: Batch) -> None:
        self._database.take_turns(session)
        there = self._cursors(session)
        if any(there.get(stream, Seq(0)) != seq for stream, seq in batch.before.items()):
            raise ConfigurationError(
                f"{self._database}: another command read the same game meanwhile; run one at a time"
            )
        row = {"node": batch.node, "seq": batch.head.seq, "hash": batch.head.hash.hex()}
        self._upsert(session, self._tables[READINGS], [row])
        cursors = [
            {"source": source, "shard": shard, "family": family, "seq": seq}
            for (source, shard, family), seq in batch.after.items()
        ]
        self._upsert(session, self._tables[CURSORS], cursors)

    def _cursors(self, session: Connection) -> dict[Stream, Seq]:
        table = self._tables[CURSORS]
        found = session.execute(select(table).where(self._is_ours(table)))
        return {(row.source, row.shard, row.family): Seq(row.seq) for row in found}

    def _write(self, session: Connection, table: Table, rows: "_Rows") -> None:
        for _, alike in _by_columns(rows.whole.values()):
            self._upsert(session, table, alike)
        key = [column.name for column in table.primary_key.columns]
        for names, changes in _by_columns(rows.changes.values()):
            columns = [name for name in names if name not in key]
            statement = (
                table.update()
                .where(*(table.c[name] == bindparam(f"{_KEY}{name}") for name in key))
                .values({name: bindparam(name) for name in columns})
            )
            told = [
                {
                    **{f"{_KEY}{name}": {**change, "game": self._game}[name] for name in key},
                    **{name: change[name] for name in columns},
                }
                for change in changes
            ]
            session.execute(statement, told)

    def _upsert(self, session: Connection, table: Table, rows: Sequence[Values]) -> None:
        # All of the same columns; those that none of them names keep what they have.
        if not rows:
            return
        insert = (sqlite if self._database.schema is None else postgresql).insert(table)
        key = [column.name for column in table.primary_key.columns]
        others = {
            column.name: insert.excluded[column.name]
            for column in table.columns
            if column.name not in key and column.name in rows[0]
        }
        statement = insert.on_conflict_do_update(index_elements=key, set_=others)
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            session.execute(statement, [{**row, "game": self._game} for row in some])


class _Rows:
    """What a batch makes of one table: whole rows, and changes of rows that are there."""

    def __init__(self, key: Sequence[str]) -> None:
        self._key = [name for name in key if name != "game"]
        self.whole: dict[tuple[object, ...], Values] = {}
        self.changes: dict[tuple[object, ...], Values] = {}

    def add(self, effect: Effect) -> None:
        """Take in an effect that comes after those before it."""
        values = dict(effect.values)
        place = tuple(values[name] for name in self._key)
        if not effect.is_change:
            self.changes.pop(place, None)
            self.whole[place] = {**self.whole.get(place, {}), **values}
        elif place in self.whole:
            self.whole[place].update(values)
        else:
            self.changes.setdefault(place, {}).update(values)


def _by_columns(rows: Iterable[Values]) -> Iterable[tuple[tuple[str, ...], list[Values]]]:
    alike: dict[tuple[str, ...], list[Values]] = {}
    for row in rows:
        alike.setdefault(tuple(sorted(row)), []).append(row)
    return alike.items()


def _merged(effects: Iterable[Effect], tables: Mapping[str, Table]) -> dict[str, _Rows]:
    merged: dict[str, _Rows] = {}
    for effect in effects:
        rows = merged.get(effect.table)
        if rows is None:
            key = [column.name for column in tables[effect.table].primary_key.columns]
            rows = merged[effect.table] = _Rows(key)
        rows.add(effect)
    return merged
