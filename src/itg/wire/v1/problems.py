"""Errors: RFC 9457 problem details on REST, the same object inside WebSocket answers."""

from msgspec import Struct


class FieldError(Struct, frozen=True, gc=False, kw_only=True):
    """One field's fault; `pointer` is a JSON pointer into the request."""

    pointer: str
    detail: str


class Problem(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What went wrong and what would have been right.

    `type` links to the code's page. The numbers are in the unit of the field they speak of.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    request_id: str | None = None
    client_order_id: str | None = None
    limit: float | int | None = None
    current: float | int | None = None
    requested: float | int | None = None
    allowed: float | int | None = None
    retry_after_ms: int | None = None
    errors: list[FieldError] | None = None
