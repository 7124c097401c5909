"""Where a PostgreSQL database is, told without its password."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from itg.kernel.errors import ConfigurationError

_SCHEMES: Final = ("postgresql", "postgres")
_RIGHT: Final = "give postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_SECRETS: Final = ("password", "sslpassword")
# Those that say where and how to connect; times and what a session is like are the adapter's.
_OPTIONS: Final = frozenset(
    {
        *("host", "hostaddr", "port", "user", "password", "passfile", "dbname", "service"),
        *("sslmode", "sslnegotiation", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl"),
        *("ssl_min_protocol_version", "channel_binding", "require_auth", "gssencmode"),
        *("krbsrvname", "target_session_attrs", "load_balance_hosts"),
    }
)
_HIDDEN: Final = "***"


class PostgresUrl:
    """The parts of a PostgreSQL URL; as text it is without password and options.

    Raises `ConfigurationError`, which repeats nothing that might be part of a password. What the
    URL leaves out is libpq's to find: PGPASSFILE, PGPASSWORD, its service file.
    """

    __slots__ = ("_parts",)

    def __init__(self, text: str) -> None:
        scheme = text.partition("://")[0]
        if scheme not in _SCHEMES or "://" not in text:
            raise ConfigurationError(f"the PostgreSQL URL begins otherwise: {_RIGHT}")
        parts = _split(text)
        if parts is None:
            raise ConfigurationError(
                f"the PostgreSQL URL has a wrong host, port or option: {_RIGHT}, with every sign "
                "of the password that is no letter or digit as %XX"
            )
        self._parts = {name: value for name, value in parts.items() if value}

    @property
    def parts(self) -> Mapping[str, str]:
        """Return the connection's parameters as libpq names them, the password among them."""
        return self._parts

    def masked(self, text: str) -> str:
        """Return a text in which no secret of this URL stands."""
        for secret in (self._parts.get(name) for name in _SECRETS):
            if secret:
                text = text.replace(secret, _HIDDEN)
        return text

    def __str__(self) -> str:
        user, host, port = (self._parts.get(name, "") for name in ("user", "host", "port"))
        place = f"{user}@" * bool(user) + host + f":{port}" * bool(port)
        return self.masked(f"postgresql://{place}/{self._parts.get('dbname', '')}")

    def __repr__(self) -> str:
        return f"PostgresUrl({str(self)!r})"


def _split(text: str) -> dict[str, str] | None:
    try:
        split = urlsplit(text)
        port = split.port
        query = dict(parse_qsl(split.query, strict_parsing=bool(split.query)))
    except ValueError:
        # Its own words quote the text, and an unquoted @ puts half a password there.
        return None
    name = split.path.removeprefix("/")
    # A / ? or # of a password, not written as %XX, ends the part it stands in.
    if "/" in name or "@" in name + split.query or split.fragment or not query.keys() <= _OPTIONS:
        return None
    return {
        "user": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "host": unquote(split.hostname or ""),
        "port": "" if port is None else str(port),
        "dbname": unquote(name),
        **query,
    }
