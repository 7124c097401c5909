"""A game's lease in PostgreSQL: one owner at a time, by the server's clock."""

import pytest
from tests.postgres_server import PostgresServer

from itg.adapters.postgres_journal import begin_game, forget_game
from itg.adapters.postgres_lease import PostgresLease
from itg.adapters.postgres_session import SCHEMA
from itg.kernel.errors import JournalError

LAPSE = f"UPDATE {SCHEMA}.lease SET ends_at = clock_timestamp() - interval '1 ms' WHERE game = "


def lapse(postgres: PostgresServer, game: str) -> None:
    postgres.run(f"{LAPSE}'{game}'", database=postgres.url.parts["dbname"])


def leases(postgres: PostgresServer, game: str) -> tuple[PostgresLease, PostgresLease]:
    return PostgresLease(postgres.url, game, "one"), PostgresLease(postgres.url, game, "two")


def test_one_holds_it_until_it_lapses_and_the_former_owner_sees_it(
    postgres: PostgresServer,
) -> None:
    one, two = leases(postgres, "lapsing")
    assert one.take()
    assert not two.take()
    assert not two.renew()
    lapse(postgres, "lapsing")
    assert one.renew(), "late, and nobody took it"
    assert not two.take()
    lapse(postgres, "lapsing")
    assert two.take()
    assert not one.renew()
    assert not one.take()
    one.release()
    assert two.renew(), "who does not hold it lets nothing go"
    two.release()
    assert one.take()
    one.release()


def test_games_have_leases_of_their_own_and_one_that_is_wanted_is_seized(
    postgres: PostgresServer,
) -> None:
    one, two = leases(postgres, "seized")
    other = PostgresLease(postgres.url, "another", "two")
    assert one.take()
    assert other.take()
    two.seize()
    assert not one.renew()
    assert two.renew()
    for lease in (one, two, other):
        lease.release()


def test_a_broken_session_is_a_fault_without_the_password_and_the_next_step_connects_again(
    postgres: PostgresServer,
) -> None:
    begin_game(postgres.url, "broken")
    lease, _ = leases(postgres, "broken")
    assert lease.take()
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'itg'"
    )
    with pytest.raises(JournalError, match="renew the lease of broken"):
        lease.renew()
    assert lease.renew()
    forget_game(postgres.url, "broken")
    assert not lease.renew(), "the game is gone, and its lease with it"
    lease.release()
