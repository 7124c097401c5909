"""Problems: what a refused request is told, over REST and over the socket alike (RFC 9457)."""

from msgspec.structs import replace

from itg.gateway import reasons
from itg.kernel.errors import ItgError, Refusal, RejectReason
from itg.translate.numbers import UnfitFieldError
from itg.translate.refusals import CONTRACT_REASONS, numbers_of, pointer_to, reasons_of
from itg.wire.v1.problems import FieldError, Problem

# Every code a request can be refused with.
REASONS: dict[str, RejectReason] = reasons_of((reasons,)) | CONTRACT_REASONS
_BUSY_RETRY_MS = 1_000


class RefusedError(ItgError):
    """A request ends here; carries what its sender is told."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


def problem_of(
    reason: RejectReason,
    detail: str = "",
    *,
    errors: list[FieldError] | None = None,
    retry_after_ms: int | None = None,
) -> Problem:
    """Return a problem; without a detail it is the reason's hint."""
    return Problem(
        type=f"/problems/{reason.code}",
        title=title_of(reason.code),
        status=reason.status,
        detail=detail or reason.hint,
        code=reason.code,
        errors=errors,
        retry_after_ms=retry_after_ms,
    )


def problem_of_refusal(refusal: Refusal, client_order_id: str | None = None) -> Problem:
    """Return a service's refusal as a problem with its numbers."""
    reason = REASONS[refusal.code]
    limit, current, requested, allowed = numbers_of(refusal)
    errors = None
    if refusal.field is not None:
        errors = [FieldError(pointer=pointer_to(refusal.field), detail=refusal.detail)]
    return Problem(
        type=f"/problems/{refusal.code}",
        title=title_of(refusal.code),
        status=reason.status,
        detail=refusal.detail or reason.hint,
        code=refusal.code,
        client_order_id=client_order_id,
        limit=limit,
        current=current,
        requested=requested,
        allowed=allowed,
        retry_after_ms=refusal.retry_after_ms,
        errors=errors,
    )


def problem_of_field(error: UnfitFieldError, client_order_id: str | None = None) -> Problem:
    """Return a field that cannot mean anything as a problem that names it."""
    errors = [FieldError(pointer=error.pointer, detail=error.detail)]
    problem = problem_of(error.reason, f"{error.pointer}: {error.detail}", errors=errors)
    return replace(problem, client_order_id=client_order_id)


def busy(retry_after_ms: int = _BUSY_RETRY_MS) -> Problem:
    """Return the problem of a request that was not taken."""
    return problem_of(reasons.SERVICE_UNAVAILABLE, retry_after_ms=max(retry_after_ms, 1))


def within(problem: Problem, pointer: str) -> Problem:
    """Return a problem whose field errors stand below `pointer`."""
    if problem.errors is None:
        return problem
    errors = [FieldError(pointer=pointer + e.pointer, detail=e.detail) for e in problem.errors]
    return replace(problem, errors=errors)


def title_of(code: str) -> str:
    """Return a code as words."""
    return code.replace("_", " ").capitalize()
