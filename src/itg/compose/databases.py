"""The database of journals: its tables made and changed, its games listed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from itg.adapters.postgres_url import PostgresUrl
from itg.compose.journals import EXTRA_MISSING
from itg.kernel.errors import ConfigurationError

if TYPE_CHECKING:
    from itg.adapters.postgres_schema import Standing

    Act = Callable[[PostgresUrl, str], Standing]

# The extra is loaded when it is used.
# ruff: noqa: PLC0415


def upgraded(url: PostgresUrl, revision: str) -> "Standing":
    """Bring the tables up to a revision, `head` being the newest."""
    from itg.adapters.postgres_schema import upgrade

    return upgrade(url, revision)


def downgraded(url: PostgresUrl, revision: str) -> "Standing":
    """Bring the tables down to a revision, `base` being none; refused where a game would go."""
    from itg.adapters.postgres_schema import downgrade

    return downgrade(url, revision)


def removed(url: PostgresUrl, game: str) -> "Standing":
    """Remove a game and all its rows; `ConfigurationError` where there is none of the name."""
    from itg.adapters.postgres_journal import forget_game
    from itg.adapters.postgres_schema import standing

    there = [each.game for each in standing(url).games]
    if game not in there:
        raise ConfigurationError(
            f"{url} holds no game {game}; it holds {', '.join(there) or 'none'}"
        )
    forget_game(url, game)
    return standing(url)


def looked_at(url: PostgresUrl, _: str) -> "Standing":
    """Return the revision and the games."""
    from itg.adapters.postgres_schema import standing

    return standing(url)


def with_extra(act: "Act", url: PostgresUrl, subject: str) -> "Standing":
    """Do one of these; `ConfigurationError` where the extra is not installed."""
    try:
        return act(url, subject)
    except ImportError as error:
        raise ConfigurationError(EXTRA_MISSING) from error
