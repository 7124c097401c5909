"""The flood guard: far above the game's own rates, which are a rule of positions."""

from collections.abc import Callable
from enum import Enum, unique

from msgspec.structs import replace

from itg.gateway.buckets import Buckets
from itg.gateway.calls import Caller
from itg.gateway.directory import Directory
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.settings import GatewaySettings
from itg.positions.contract import RATE_LIMIT_EXCEEDED


@unique
class Metered(Enum):
    """What a request counts as."""

    ORDER = "orders"
    CANCEL = "cancels"
    QUERY = "queries"
    FREE = "free"  # mass cancel and quote pull: what gets a team out is never refused


class FloodGuard:
    """Buckets per team and class, and per key without a team; `now` in seconds of wall time."""

    def __init__(self, settings: GatewaySettings, now: Callable[[], float]) -> None:
        self._factor = settings.flood_factor
        self._now = now
        self._by_rate: dict[tuple[Metered, float], Buckets[str]] = {}
        rate = settings.queries_per_s
        self.queries = Buckets[str](rate, rate, now)
        self.login_tickets = Buckets[str](
            settings.login_tickets_per_s, settings.login_tickets_burst, now
        )
        self.anonymous = Buckets[str](settings.anonymous_per_s, settings.anonymous_per_s, now)

    def admit(self, caller: Caller, metered: Metered, directory: Directory) -> None:
        """Take a token of the caller's bucket; raise `RefusedError` if there is none.

        No bucket: lock step, the organizer, commands of a role without a rate rule.
        """
        budget_id = caller.budget_id
        if metered is Metered.FREE or directory.game.rules.lock_step or budget_id is None:
            return
        is_query = metered is Metered.QUERY
        buckets = self.queries if is_query else self._buckets(caller, metered, directory)
        if buckets is not None:
            refuse_empty(buckets, budget_id, metered.value)

    def _buckets(
        self, caller: Caller, metered: Metered, directory: Directory
    ) -> Buckets[str] | None:
        rule = None if caller.role is None else directory.order_rate_of(caller.role)
        if rule is None:
            return None
        per_s = rule.cancels_per_s if metered is Metered.CANCEL else rule.orders_per_s
        rate = per_s * self._factor * max(1.0, directory.game.rules.speed)
        if (metered, rate) not in self._by_rate:
            self._by_rate[metered, rate] = Buckets(rate, rate, self._now)
        return self._by_rate[metered, rate]


def refuse_empty(buckets: Buckets[str], key: str, kind: str) -> None:
    """Take a token or raise `RefusedError` with the wait."""
    retry_after_ms = buckets.take(key)
    if retry_after_ms is not None:
        detail = f"more than {buckets.per_s:g} {kind} a second"
        problem = problem_of(RATE_LIMIT_EXCEEDED, detail, retry_after_ms=retry_after_ms)
        raise RefusedError(replace(problem, limit=int(buckets.per_s)))
