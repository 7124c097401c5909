"""Whose page a request comes from. Only browsers say; programs have no page."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import ORIGIN_NOT_ALLOWED


def assert_own_origin(headers: Mapping[bytes, bytes]) -> None:
    """Refuse a request of a page that this address did not serve."""
    origin = headers.get(b"origin")
    if origin is None:
        return
    host = urlsplit(origin.decode("latin-1")).netloc
    if host != headers.get(b"host", b"").decode("latin-1"):
        raise RefusedError(problem_of(ORIGIN_NOT_ALLOWED))
