"""Refusals are values, faults of the outside world are exceptions, our own bugs are asserts."""

from msgspec import Struct


class RejectReason(Struct, frozen=True, gc=False, kw_only=True):
    """A stable code and what the sender can do about it; documented under `/problems/<code>`."""

    code: str
    hint: str
    status: int = 422  # the HTTP status a gateway answers with


class Refusal(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One refusal with its numbers, in the units of the field it names.

    `limit`, `current`, `requested` and `allowed` are contracts for quantity rules and price units
    for price rules; `field` names the offending field of the command.
    """

    code: str
    detail: str
    field: str | None = None
    limit: int | None = None
    current: int | None = None
    requested: int | None = None
    allowed: int | None = None
    retry_after_ms: int | None = None


class ItgError(Exception):
    """Root of every operational fault; the message names the operation and the id."""


class JournalError(ItgError):
    """The journal could not be read or written as its contract demands."""


class FencedError(JournalError):
    """Another writer owns the journal; this one must stop."""


class RecoveryError(ItgError):
    """Replay did not reproduce the recorded outputs, or the journal is damaged."""


class ConfigurationError(ItgError):
    """A setting, scenario or argument is wrong; the message names it and what would be right."""
