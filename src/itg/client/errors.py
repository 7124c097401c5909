"""What can go wrong for a client, named by the caller's situation."""

from itg.wire.v1.problems import Problem


class ClientError(Exception):
    """Root of everything the SDK raises on purpose."""


class InvalidKeyError(ClientError):
    """The key has a character that no key has; it was not sent. The text does not show it."""


class RefusedError(ClientError):
    """The server answered with a problem; `problem` carries its code, numbers and field errors."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(_describe(problem))
        self.problem = problem

    @property
    def code(self) -> str:
        return self.problem.code


class InvalidRequestError(RefusedError):
    """The request could not be read; `problem.errors` names the fields."""


class AccessDeniedError(RefusedError):
    """The key is unknown, or its role or scope may not do this."""


class NotFoundError(RefusedError):
    """No such thing, or it belongs to another team."""


class ConflictError(RefusedError):
    """Used id with another body, stale revision, or an act that does not fit the present state."""


class RateLimitedError(RefusedError):
    """A rate budget is used up; `problem.retry_after_ms` says when to come back."""


class UnavailableError(RefusedError):
    """The server sheds load, recovers or stops; nothing was done."""


class OutcomeUnknownError(RefusedError):
    """No answer came in time: the request may or may not have been carried out.

    Ask by client order id, or read the account's state, which follows the server's.
    """


class OrderRejectedError(RefusedError):
    """A rule refused the order or quote; nothing changed."""


class WrongPhaseError(OrderRejectedError):
    """The market's phase does not take this."""


class LimitExceededError(OrderRejectedError):
    """A risk limit would be passed; `problem` says limit, current and requested."""


class ConnectionFailedError(ClientError):
    """No server could be reached at this address, or it is no server of this game."""


class SessionClosedError(ClientError):
    """The session was closed, by its owner or for good by the server."""


class LockStepError(ClientError):
    """The game runs in lock step, where only bots that answer every step can play."""


class BotFileError(ClientError):
    """A bot file cannot be used; the message says what it should contain."""


_BY_STATUS: dict[int, type[RefusedError]] = {
    400: InvalidRequestError,
    401: AccessDeniedError,
    403: AccessDeniedError,
    404: NotFoundError,
    405: InvalidRequestError,
    409: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    429: RateLimitedError,
    503: UnavailableError,
    504: OutcomeUnknownError,
}


def error_of(problem: Problem) -> RefusedError:
    """Return the exception for a problem, by its code first and its status second."""
    if problem.code == "WRONG_PHASE":
        return WrongPhaseError(problem)
    if problem.code.endswith("_LIMIT_EXCEEDED") and problem.status != 429:
        return LimitExceededError(problem)
    return _BY_STATUS.get(problem.status, OrderRejectedError)(problem)


def outcome_unknown(detail: str, client_order_id: str | None = None) -> Problem:
    """Build the problem of a request whose answer never came."""
    return Problem(
        type="/problems/PROCESSING_TIMEOUT",
        title="Outcome unknown",
        status=504,
        detail=detail,
        code="PROCESSING_TIMEOUT",
        client_order_id=client_order_id,
    )


def _describe(problem: Problem) -> str:
    # Where one field is at fault the detail says the same, and often names it.
    faults = [e for e in problem.errors or () if e.detail not in problem.detail]
    fields = "; ".join(f"{e.pointer}: {e.detail}" for e in faults)
    return f"{problem.code}: {problem.detail}" + (f" ({fields})" if fields else "")
