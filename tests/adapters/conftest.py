"""A game in the PostgreSQL server of the tests, and its journal."""

from collections.abc import Iterator

import pytest
from tests.postgres_server import PostgresServer

from itg.adapters.postgres_journal import PostgresJournal


@pytest.fixture
def game(postgres: PostgresServer) -> str:
    return postgres.game()


@pytest.fixture
def journal(postgres: PostgresServer, game: str) -> Iterator[PostgresJournal]:
    journal = postgres.journal(game)
    yield journal
    journal.close()
