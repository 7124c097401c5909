"""A game's lease in PostgreSQL: a row with its owner and its end by the server's clock.

The clocks of those who lead are never asked. It has a connection of its own, so that no commit
makes it wait; one that breaks is made anew at the next step.
"""

from typing import Final

import psycopg

from itg.adapters.postgres_session import SCHEMA, Session, connect, failing
from itg.adapters.postgres_url import PostgresUrl
from itg.runtime.lease import LEASE_S

_ENDS: Final = f"clock_timestamp() + interval '{LEASE_S} seconds'"
_TAKE: Final = f"""
INSERT INTO {SCHEMA}.lease AS held (game, owner, ends_at) VALUES (%(game)s, %(owner)s, {_ENDS})
ON CONFLICT (game) DO UPDATE SET owner = excluded.owner, ends_at = excluded.ends_at
"""  # noqa: S608 - the schema's name is a constant
_IF_FREE: Final = "WHERE held.owner = excluded.owner OR held.ends_at < clock_timestamp()"
_RENEW: Final = f"""
UPDATE {SCHEMA}.lease SET ends_at = {_ENDS} WHERE game = %(game)s AND owner = %(owner)s
"""  # noqa: S608
_RELEASE: Final = f"DELETE FROM {SCHEMA}.lease WHERE game = %(game)s AND owner = %(owner)s"  # noqa: S608


class PostgresLease:
    """The lease of one game, for `owner`, a name that no two lives have."""

    def __init__(self, url: PostgresUrl, game: str, owner: str) -> None:
        self._url = url
        self._names = {"game": game, "owner": owner}
        self._session: Session | None = None

    def take(self) -> bool:
        return self._run("take", _TAKE + _IF_FREE) == 1

    def seize(self) -> None:
        """Take it from whoever has it: the organizer wants another server to lead."""
        self._run("seize", _TAKE)

    def renew(self) -> bool:
        return self._run("renew", _RENEW) == 1

    def release(self) -> None:
        try:
            self._run("release", _RELEASE)
        finally:
            if self._session is not None:
                self._session.close()
                self._session = None

    def _run(self, verb: str, statement: str) -> int:
        with failing(f"{verb} the lease of {self._names['game']}", self._url):
            try:
                if self._session is None or self._session.closed:
                    self._session = connect(self._url)
                    self._session.patience_s = LEASE_S  # an answer after that is of no use
                return self._session.execute(statement, self._names).rowcount
            except psycopg.OperationalError:
                if self._session is not None:
                    self._session.close()
                raise
