"""A database's URL is told to everybody but for its password."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itg.adapters.postgres_url import PostgresUrl
from itg.kernel.errors import ConfigurationError

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(user=WORDS, password=WORDS)
def test_every_part_comes_through_and_the_password_is_in_no_text(user: str, password: str) -> None:
    secret = f"!{password}!"
    url = PostgresUrl(f"postgresql://{quote(user, '')}:{quote(secret, '')}@db.example:5433/games")
    assert url.parts == {
        "user": user,
        "password": secret,
        "host": "db.example",
        "port": "5433",
        "dbname": "games",
    }
    assert str(url) == f"postgresql://{user}@db.example:5433/games"
    assert secret not in repr(url)
    assert secret not in url.masked(f"connection to {secret} failed: {secret}")


def test_options_are_connection_parameters_and_their_secrets_are_masked() -> None:
    url = PostgresUrl("postgresql:///games?host=/run/db&sslpassword=hidden&password=hush")
    assert url.parts["host"] == "/run/db"
    assert str(url) == "postgresql:///run/db/games"
    assert url.masked("hidden hush") == "*** ***"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret-word",
        "mysql://u:secret-word@host/db",
        "postgresql:secret-word",
        "postgresql://u:p@secret-word:12/34@host:no-port/db",
        "postgresql://u:p@host:secret-word/db",
        "postgresql://u:secret-word@host:99999/db",
        "postgresql://u:p@host/db?secret-word",
        "postgresql://u:12?sslmode=secret-word@host/db?x=y",
        "postgresql://u:12#secret-word@host/db",
        "postgresql://u:p@host/db?connect_timeout=secret-word",
        "postgresql://u:p@[secret-word/db",
    ],
)
def test_a_wrong_url_is_refused_in_words_that_repeat_nothing_of_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://USER:PASSWORD@HOST") as error:
        PostgresUrl(text)
    assert "secret-word" not in str(error.value)
    assert error.value.__cause__ is None
