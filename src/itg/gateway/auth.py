"""Who a key belongs to. Keys are known by their SHA-256 alone."""

import asyncio
import secrets
from collections.abc import Callable
from hashlib import sha256

from msgspec import Struct

from itg.game.contract import AuthenticateKey, Principal, UnknownKey
from itg.gateway.buckets import Buckets
from itg.gateway.calls import Caller
from itg.gateway.problems import RefusedError, busy, problem_of
from itg.gateway.reasons import PROCESSING_TIMEOUT, UNAUTHENTICATED
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import Seq
from itg.kernel.messages import Reply
from itg.positions.contract import RATE_LIMIT_EXCEEDED
from itg.runtime.pump_port import PumpPort, PumpStoppedError
from itg.wire.v1.problems import Problem

KEY_PREFIX = "itg_"
_KEY_BYTES = 32
_KEY_CHARACTERS_MAX = 128
_BEARER = b"bearer "


class Credentials(Struct, frozen=True, gc=False):
    """What a request shows of itself; `address` is the peer's."""

    api_key: bytes
    address: str


class KeyRing:
    """Finds callers; remembers a key that was good, charges an address for one that was not."""

    def __init__(self, pump: PumpPort, settings: GatewaySettings, now: Callable[[], float]) -> None:
        self._pump = pump
        self._now = now
        self._good_s = settings.known_keys_s
        # Since when the game, which ends keys, does not answer; None: it does.
        self._alone_s: float | None = None
        self._deadline_s = settings.order_deadline_s
        self._known: dict[str, Caller] = {}
        self._forgotten = 0  # how often; what was asked for before is not to be kept
        self._failures = Buckets[str](settings.failed_keys_per_s, settings.failed_keys_burst, now)

    async def caller(self, shown: Credentials) -> Caller:
        """Return whose key was shown; raise `RefusedError`, 401 or 429 after too many bad keys."""
        if not shown.api_key:
            raise RefusedError(problem_of(UNAUTHENTICATED))
        digest = digest_of(shown.api_key)
        caller = self._known.get(digest)
        if self._alone_s is not None and self._now() - self._alone_s > self._good_s:
            raise RefusedError(busy())
        forgotten = -1
        while caller is None and forgotten != self._forgotten:
            if len(shown.api_key) > _KEY_CHARACTERS_MAX:
                break
            forgotten = self._forgotten
            caller = await self._find(digest)
            if forgotten != self._forgotten:
                caller = None
        if caller is None:
            # Looked up first: whoever shares an address with a guesser still gets in.
            raise RefusedError(self.problem_for(shown.address, "nobody has this key"))
        self._known[digest] = caller
        return caller

    def note_game(self, *, is_reached: bool) -> None:
        """Note whether the game answers: as long as it does, it says which keys end."""
        if is_reached:
            self._alone_s = None
        elif self._alone_s is None:
            self._alone_s = self._now()

    def forget(self) -> None:
        """Look every key up again: one may have ended, or its team have another role."""
        self._known.clear()
        self._forgotten += 1

    def problem_for(self, address: str, detail: str) -> Problem:
        """Charge an address for a secret that was not good, and say so, or that it is too many."""
        retry_after_ms = self._failures.take(address)
        if retry_after_ms is None:
            return problem_of(UNAUTHENTICATED, detail)
        return problem_of(RATE_LIMIT_EXCEEDED, "too many bad keys", retry_after_ms=retry_after_ms)

    async def _find(self, digest: str) -> Caller | None:
        found: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def settle(replies: tuple[Reply, ...], _: Seq) -> None:
            if not found.done():
                found.set_result(replies[0])

        queries = (AuthenticateKey(key_hash=digest),)
        try:
            self._pump.ask(queries, settle, deadline_s=self._deadline_s)
            async with asyncio.timeout(self._deadline_s):
                reply = await found
        except PumpStoppedError:
            raise RefusedError(busy()) from None
        except TimeoutError:
            detail = "your key could not be looked up in time"
            raise RefusedError(problem_of(PROCESSING_TIMEOUT, detail)) from None
        match reply:
            case Principal():
                return _caller_of(reply)
            case UnknownKey():
                return None
            case _:  # only the game's own word ends a key
                raise RefusedError(busy())


def _caller_of(principal: Principal) -> Caller:
    return Caller(
        scopes=frozenset(principal.scopes),
        team_id=principal.team_id,
        account_id=principal.account_id,
        role=principal.role,
        key_number=principal.key_number,
        key_name=principal.key_name,
    )


def digest_of(secret: bytes) -> str:
    """Return the SHA-256 under which the game knows a secret, in hexadecimal."""
    return sha256(secret).hexdigest()


def fresh_key() -> str:
    """Draw a key: 32 random bytes in URL-safe text."""
    return KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)


def key_of(api_key: bytes | None, authorization: bytes | None) -> bytes:
    """Return the key of a request's two headers, empty without one."""
    if api_key is not None:
        return api_key.strip()
    if authorization is not None and authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip()
    return b""
